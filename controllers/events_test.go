package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestEventsTellEachWriteAndEachChangeOfReasonOnce(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	events := []string{"Normal Assigned"}
	s.hasEvents("alice-mobile-key", events...)
	for _, step := range []struct {
		what string
		do   func()
		ends []condition
		adds []string
	}{
		{"a move", func() { s.edit("alice-mobile-key", forUser(bob)) },
			[]condition{s.isHeldBy(bob), s.isReady("alice-mobile-key")},
			[]string{"Normal Unassigned", "Normal Assigning", "Normal Moved"}},
		{"drift", func() { s.clock.Step(time.Minute); s.handByConsole(""); s.edit("alice-mobile-key", requested("drift")) },
			[]condition{s.isHeldBy(bob), s.isReady("alice-mobile-key")},
			[]string{"Normal DriftCorrected"}},
		{"another holder", func() {
			s.clock.Step(time.Minute)
			s.handByConsole(carol)
			s.edit("alice-mobile-key", requested("another"))
		},
			[]condition{s.says("alice-mobile-key", v1alpha1.ReasonHeldByOther)},
			[]string{"Warning HeldByOther"}},
		{"the same again", func() { s.edit("alice-mobile-key", requested("again")) },
			[]condition{s.hasAnswered("alice-mobile-key", "again")},
			nil},
		{"and back", func() { s.handByConsole(bob); s.edit("alice-mobile-key", requested("back")) },
			[]condition{s.isReady("alice-mobile-key")},
			[]string{"Normal Assigned"}},
	} {
		step.do()
		s.until(step.ends...)
		events = append(events, step.adds...)
		s.Eventually(s.events).WithArguments("alice-mobile-key").Should(ConsistOf(events), step.what)
	}
	for _, call := range s.seam.Writes() {
		s.Expect(s.eventTexts()).To(ContainElement(ContainSubstring(call.RequestID)), "the request ID of each write")
	}
}

func TestLooksAtASeamThatIsDownGetRarer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.outage()
	s.operate()
	s.declare("alice-mobile-key")
	version := s.reconciling("alice-mobile-key", v1alpha1.ReasonSeamUnavailable).ResourceVersion

	const step = 2 * time.Second
	s.Eventually(func() int {
		if s.timers.isWaiting() {
			s.clock.Step(step)
		}
		return len(s.seam.Calls())
	}, "60s").Should(BeNumerically(">=", 12))

	want := time.Second
	for i, call := range s.seam.Calls()[1:12] {
		gap := call.Time.Sub(s.seam.Calls()[i].Time)
		s.Expect(gap).To(And(BeNumerically(">=", want*9/10), BeNumerically("<=", want*11/10+5*step)), "look %d, give or take some steps of the clock", i+2)
		want = min(2*want, 5*time.Minute)
	}
	s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(version), "and each says the same")
}

func TestAStalledObjectIsReadAgainAfterTheLongestDelay(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(carol))
	s.operate()
	s.declare("alice-mobile-key")
	version := s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther).ResourceVersion
	s.rests()

	s.quiet(4*time.Minute + 29*time.Second) // five minutes less a tenth
	reads := len(s.seam.Calls())
	s.clock.Step(62 * time.Second)
	s.called(reads+1, "")
	s.rests()
	s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(version))

	s.handByConsole("")
	s.clock.Step(331 * time.Second)
	s.assigned("alice-mobile-key")
}

func TestTheRecordTellsTheTimeOfTheCall(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.01, 1
	s.operate()
	s.declare("first")
	s.assigned("first")
	declared := s.clock.Now()

	s.declare("second", forCredential(s.another()))
	s.until(s.isReady("second"))

	call := s.seam.Writes()[1]
	s.Expect(call.Time.Sub(declared)).To(BeNumerically(">", time.Minute), "it had to wait for its turn")
	s.Expect(s.get("second").Status.LastAssignedTime.Time).To(BeTemporally("~", call.Time, 20*time.Second), "the clock goes on while the call is on its way")
}

func TestAMoveOverAThirdHolderIsNoDrift(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, inMode(v1alpha1.ModeEnforce))
	s.clock.Step(time.Minute)
	s.handByConsole(carol)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.hasEvent("alice-mobile-key", "Normal Unassigned")
	s.hasEvent("alice-mobile-key", "Normal Moved")
}
