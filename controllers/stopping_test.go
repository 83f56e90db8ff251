package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

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
	s.leaderElect = true
	release := s.hold(fakeseam.OpAssignCredential)
	s.declareAndAwaitHeld(fakeseam.OpAssignCredential)
	s.Expect(s.leaseHolder()).NotTo(BeEmpty())

	s.endsAfter(func() {
		s.Consistently(s.leaseHolder, "300ms").ShouldNot(BeEmpty(), "the lease is kept while a call is in flight")
		release()
	})

	s.Expect(s.leaseHolder()).To(BeEmpty())
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNoNewCallStartsAfterSIGTERM(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential)

	s.endsAfter(release)

	s.Expect(s.seam.Calls()).To(HaveLen(1))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestACallThatHangsIsGivenUpAfterTheGrace(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.StopGrace = 300 * time.Millisecond
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour})
	s.operate()
	s.declare("alice-mobile-key")
	s.called(1, fakeseam.OpAssignCredential)

	began := time.Now()
	s.stop()

	s.Expect(time.Since(began)).To(And(BeNumerically(">=", 300*time.Millisecond), BeNumerically("<", 10*time.Second)))
}

func TestWhenTheLeaseIsLostEverythingEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.leaderElect = true
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour})
	s.expectEnd = "leader election lost"
	s.operate()
	s.declare("alice-mobile-key")
	s.called(1, fakeseam.OpAssignCredential)

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
