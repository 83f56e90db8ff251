package controllers_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// hold makes the next call of an operation wait, and returns how to let it go on; after the change is made, if so asked.
func (s *story) hold(operation string, after bool) (release func()) {
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Operation: operation, Gate: gate, After: after, Times: 1})
	return func() { close(gate) }
}

func (s *story) held(operation string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitHeld(ctx, 1, operation)).To(Succeed())
}

// declaredAndHeld is a story in which front-desk-key is new, and the first call of the operation waits.
func declaredAndHeld(t *testing.T, operation string, after bool) (s *story, release func()) {
	t.Helper()
	s = newStory(t)
	release = s.hold(operation, after)
	s.operate()
	s.declare("front-desk-key")
	s.held(operation)
	return s, release
}

// quietAtLast lets enough time go by for everything late to land and to be looked at.
func (s *story) quietAtLast() {
	s.t.Helper()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 3*time.Minute })
}

// ages waits until whatever is created next counts as younger: the API server stores whole seconds.
func (s *story) ages(name string) {
	s.t.Helper()
	created := s.get(name).CreationTimestamp.Time
	s.Eventually(func() time.Duration { return time.Since(created) }).Should(BeNumerically(">=", 1100*time.Millisecond))
}

// recorded waits until the object has its finalizer, and status says whom it assigned.
func (s *story) recorded(name string) {
	s.t.Helper()
	s.Eventually(func(g Gomega) {
		o := s.get(name)
		g.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
		g.Expect(o.Status.AssignedTo).NotTo(BeNil())
	}).Should(Succeed())
}
