package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories Seam's answer to a write shows it, and reads right after do not.

func TestAMoveSurvivesReadsThatLagBehindTheAnswers(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{ReadLag: 10 * time.Second, OnHeld: fakeseam.HeldRefuses})
	s.operate()
	s.declare("front-desk-key")
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.clock.Step(time.Minute)

	s.edit("front-desk-key", forUser(bob))

	s.until(func() bool { return s.holder() == user(bob) })
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestALaggingReadIsNotDrift(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{ReadLag: 20 * time.Second, ProviderSync: fakeseam.SyncPending})
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	version := s.get("alice-mobile-key").ResourceVersion
	began := s.clock.Now()

	s.until(func() bool { return s.clock.Since(began) > 2*time.Minute })

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(version), "Ready does not flap")
}

func TestALookOnDemandWhileReadsLagRepeatsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{ReadLag: 20 * time.Second, OnRepeat: fakeseam.RepeatRefuses})
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.until(func() bool { return s.get("alice-mobile-key").Status.LastHandledReconcileAt == "now" })
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnAssignmentThatSeamAcceptsAndIgnoresIsSentLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 200, Body: "{}", ContentType: "application/json"})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	began := s.clock.Now()

	s.untilBy(5*time.Second, func() bool { return s.clock.Since(began) > 30*time.Minute })

	s.Expect(len(s.wrote())).To(And(BeNumerically(">=", 4), BeNumerically("<=", 11)))
	o := s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	s.Expect(o.Status.LastAssignedTime).To(BeNil(), "Seam never showed it")
}

func TestReadyIsNotTrueWhileADriftedCredentialStaysFree(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.handByConsole("")
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 200, Body: "{}", ContentType: "application/json"})
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.Eventually(func() int { return len(s.wrote()) }).Should(Equal(2))
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 5*time.Minute })
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.isReady("alice-mobile-key")).To(BeFalse(), "nobody holds the credential at Seam, for five minutes")
}
