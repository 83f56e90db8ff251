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
	s := newStory(t, behaving(fakeseam.Behaviour{ReadLag: 10 * time.Second, OnHeld: fakeseam.HeldRefuses}))
	s.operate()
	s.declare("alice-mobile-key")
	s.until(s.isReady("alice-mobile-key"))
	s.clock.Step(time.Minute)

	s.edit("alice-mobile-key", forUser(bob))

	s.until(s.isHeldBy(bob))
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestALaggingReadIsNotDrift(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{ReadLag: 20 * time.Second, ProviderSync: fakeseam.SyncPending}))
	s.assignToAlice()
	version := s.get("alice-mobile-key").ResourceVersion

	s.passes(2 * time.Minute)

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(version), "Ready does not flap")
}

func TestALookOnDemandWhileReadsLagRepeatsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{ReadLag: 20 * time.Second, OnRepeat: fakeseam.RepeatRefuses}))
	s.assignToAlice()

	s.edit("alice-mobile-key", requested("now"))

	s.until(s.hasAnswered("alice-mobile-key", "now"))
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

// ignoresAssigns lets Seam accept every assign and do nothing.
func (s *story) ignoresAssigns() {
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 200, Body: "{}", ContentType: "application/json"})
}

func TestAnAssignmentThatSeamAcceptsAndIgnoresIsSentLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.ignoresAssigns()
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)

	s.passesBy(5*time.Second, 30*time.Minute)

	s.Expect(len(s.wrote())).To(And(BeNumerically(">=", 4), BeNumerically("<=", 11)))
	o := s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	s.Expect(o.Status.LastAssignedTime).To(BeNil(), "Seam never showed it")
}

func TestReadyIsNotTrueWhileADriftedCredentialStaysFree(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.handByConsole("")
	s.ignoresAssigns()
	s.edit("alice-mobile-key", requested("now"))
	s.Eventually(func() int { return len(s.wrote()) }).Should(Equal(2))
	s.passes(5 * time.Minute)
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.isReady("alice-mobile-key")()).To(BeFalse(), "nobody holds the credential at Seam, for five minutes")
}
