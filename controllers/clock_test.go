package controllers_test

import (
	"time"

	. "github.com/onsi/gomega"
)

// condition is what a story waits for.
type condition func() bool

// until lets time go on, second by second, until all conditions hold, and returns how long that took.
func (s *story) until(conditions ...condition) (took time.Duration) {
	s.t.Helper()
	return s.untilBy(time.Second, conditions...)
}

// untilBy lets time go on in steps: small ones leave others time to do something. Large ones leave the operator half a second
// each to do what is due: what it read would be too old to act on otherwise.
func (s *story) untilBy(step time.Duration, conditions ...condition) (took time.Duration) {
	s.t.Helper()
	began, busy := s.clock.Now(), 0
	s.Eventually(func() bool {
		if busy++; step < 10*time.Second || s.timers.isWaiting() || busy > 50 {
			busy = 0
			s.clock.Step(step)
		}
		return all(conditions)
	}).Should(BeTrue())
	return s.clock.Since(began)
}

func all(conditions []condition) bool {
	for _, holds := range conditions {
		if !holds() {
			return false
		}
	}
	return true
}

// passes lets more than so much time go by, second by second.
func (s *story) passes(d time.Duration) {
	s.t.Helper()
	s.passesBy(time.Second, d)
}

// passesBy lets more than so much time go by in steps.
func (s *story) passesBy(step, d time.Duration) {
	s.t.Helper()
	began := s.clock.Now()
	s.untilBy(step, func() bool { return s.clock.Since(began) > d })
}

// settles lets enough time go by for everything late to land and to be looked at.
func (s *story) settles() {
	s.t.Helper()
	s.passes(3 * time.Minute)
}

// atRealPace lets time go on as fast as it does outside.
func (s *story) atRealPace(conditions ...condition) (took time.Duration) {
	s.t.Helper()
	began, last := s.clock.Now(), time.Now()
	s.Eventually(func() bool {
		now := time.Now()
		s.clock.Step(now.Sub(last))
		last = now
		return all(conditions)
	}).WithTimeout(time.Minute).Should(BeTrue())
	return s.clock.Since(began)
}

// rests waits until the operator has nothing to do before a time that is to come.
func (s *story) rests() {
	s.t.Helper()
	s.Eventually(s.timers.isWaiting).Should(BeTrue())
}

// later lets time go on at once, when the operator has nothing to do before.
func (s *story) later(d time.Duration) {
	s.t.Helper()
	s.rests()
	s.clock.Step(d)
}

// quiet lets a time go by at once, and sees that the operator does nothing.
func (s *story) quiet(d time.Duration) {
	s.t.Helper()
	s.idleWhile(func() { s.clock.Step(d) })
}

// idleWhile sees that the operator neither calls Seam nor writes to the API server while something happens, and for a moment
// afterwards.
func (s *story) idleWhile(happens func()) {
	s.t.Helper()
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())
	happens()
	s.Consistently(func() []int {
		return []int{len(s.seam.Calls()) - calls, len(s.traffic.seen()) - writes}
	}, "500ms").Should(Equal([]int{0, 0}), "calls to Seam, writes to the API server")
}

// ages waits until whatever is created next counts as younger: the API server stores whole seconds.
func (s *story) ages(name string) {
	s.t.Helper()
	created := s.get(name).CreationTimestamp.Time
	s.Eventually(func() time.Duration { return time.Since(created) }).Should(BeNumerically(">=", 1100*time.Millisecond))
}
