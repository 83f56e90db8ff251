package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// withLease makes the story's operators elect a leader.
func (s *story) withLease() {
	s.leaderElect = true
}

func (s *story) leaseHolder() string {
	var lease coordinationv1.Lease
	if err := s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "seam-operator"}, &lease); err != nil || lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func TestACallInFlightEndsAndIsRecordedBeforeTheLeaseIsReleased(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.withLease()
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Gate: gate, Times: 1})
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.Expect(s.seam.AwaitHeld(s.ctx, 1, fakeseam.OpAssignCredential)).To(Succeed())
	s.Expect(s.leaseHolder()).NotTo(BeEmpty())

	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	s.Consistently(s.leaseHolder, "300ms").ShouldNot(BeEmpty(), "the lease is kept while a call is in flight")
	close(gate)
	s.Eventually(stopped).Should(BeClosed())

	s.Expect(s.leaseHolder()).To(BeEmpty())
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNoNewCallStartsAfterSIGTERM(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Gate: gate, Times: 1})
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.Expect(s.seam.AwaitHeld(s.ctx, 1, fakeseam.OpGetCredential)).To(Succeed())

	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	s.Eventually(s.stopping).Should(BeClosed())
	close(gate)
	s.Eventually(stopped).Should(BeClosed())

	s.Expect(s.seam.Calls()).To(HaveLen(1))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestACallThatHangsIsGivenUpAfterTheGrace(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.StopGrace = 300 * time.Millisecond
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour})
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpAssignCredential)).To(Succeed())

	began := time.Now()
	stop()

	s.Expect(time.Since(began)).To(And(BeNumerically(">=", 300*time.Millisecond), BeNumerically("<", 10*time.Second)))
}

func TestWhenTheLeaseIsLostEverythingEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.withLease()
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour})
	s.expectEnd = "leader election lost"
	s.operate()
	s.declare("alice-mobile-key")
	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpAssignCredential)).To(Succeed())

	s.Eventually(func() error {
		var lease coordinationv1.Lease
		if err := s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "seam-operator"}, &lease); err != nil {
			return err
		}
		thief := "somebody-else"
		lease.Spec.HolderIdentity = &thief
		return s.api.Update(s.ctx, &lease)
	}).Should(Succeed())

	s.Eventually(s.ended).Should(BeClosed())
	s.Expect(s.traffic.seen()).To(HaveLen(2), "the finalizer and the record: nobody's leader writes nothing")
}
