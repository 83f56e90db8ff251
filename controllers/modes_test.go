package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestAMoveReleasesBeforeItAcquires(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{OnHeld: fakeseam.HeldRefuses}))
	s.assignToAlice()

	s.edit("alice-mobile-key", forUser(bob))

	s.until(s.isHeldBy(bob))
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ContainElements("Normal Unassigned", "Normal Moved"))
}

func TestATypoInAMoveLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", forUser(nobody))

	s.stalled("alice-mobile-key", v1alpha1.ReasonAssigneeNotFound)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAChangeBetweenAPersonAndTheirIdentityWritesNothingToSeam(t *testing.T) {
	t.Parallel()
	s := newStory(t, linked)
	s.assignToAlice()

	s.edit("alice-mobile-key", forIdentity(aliceIdentity))
	s.assigned("alice-mobile-key")
	s.edit("alice-mobile-key", forUser(alice))
	s.assigned("alice-mobile-key")

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestModeAssignTakesNothingFromAnotherHolder(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(carol))
	s.operate()
	s.declare("alice-mobile-key")

	o := s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)

	s.Expect(message(o)).To(ContainSubstring(carol))
	s.Expect(o.Status.ACSUserID).To(Equal(carol))
	s.Expect(o.Finalizers).To(BeEmpty())
	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(s.holder()).To(Equal(user(carol)))
}

func TestModeEnforceTakesItFromAnyHolder(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(carol))
	s.operate()
	s.declare("alice-mobile-key", inMode(v1alpha1.ModeEnforce))

	s.until(s.isHeldBy(alice))
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"unassign " + carol, "assign " + alice}))

	s.handByConsole(bob)
	s.untilBy(time.Minute, s.isHeldBy(alice))
	s.Expect(s.wrote()).To(Equal([]string{"unassign " + carol, "assign " + alice, "unassign " + bob, "assign " + alice}))
}

func TestModeObserveOnlyLooks(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", inMode(v1alpha1.ModeObserve))
	s.stalled("alice-mobile-key", v1alpha1.ReasonDrifted)

	s.handByConsole(carol)
	s.edit("alice-mobile-key", requested("1"))
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.ACSUserID }).Should(Equal(carol))
	s.stalled("alice-mobile-key", v1alpha1.ReasonDrifted)

	s.handByConsole(alice)
	s.edit("alice-mobile-key", requested("2"))
	o := s.assigned("alice-mobile-key")

	s.Expect(o.Finalizers).To(BeEmpty())
	s.Expect(o.Status.AssignedTo).To(BeNil())
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestSwitchingToObserveTakesFinalizerAndRecordOff(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", inMode(v1alpha1.ModeObserve))

	o := s.assigned("alice-mobile-key")
	s.Expect(o.Finalizers).To(BeEmpty())
	s.Expect(o.Status.AssignedTo).To(BeNil())
}

func TestASuspendedObjectIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	before := s.get("alice-mobile-key")
	s.seam.ResetCalls()

	s.edit("alice-mobile-key", suspended(true))
	o := s.assigned("alice-mobile-key") // Ready stays as it was
	s.Expect(readyOf(o).ObservedGeneration).To(Equal(before.Generation))
	s.handByConsole("")
	s.quiet(3 * time.Hour)
	s.Expect(s.seam.Calls()).To(BeEmpty())

	s.edit("alice-mobile-key", forUser(bob))
	o = s.saysSuspended("alice-mobile-key")
	s.Expect(o).To(haveCondition(v1alpha1.ConditionStalled, "absent"))
	s.Expect(o).To(haveCondition(v1alpha1.ConditionReconciling, "absent"))

	s.edit("alice-mobile-key", suspended(false))
	s.assigned("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestAReconcileOnDemandIsAnsweredInStatus(t *testing.T) {
	t.Parallel()
	for _, annotation := range []string{"acs.seam.co/requestedAt", "reconcile.fluxcd.io/requestedAt"} {
		t.Run(annotation, func(t *testing.T) {
			s := assignedToAlice(t)
			s.clock.Step(30 * time.Second) // from now on a read that shows something else does not merely lag
			s.handByConsole("")

			s.edit("alice-mobile-key", annotated(annotation, "2026-01-02T03:04:05Z"))

			s.answered("alice-mobile-key", "2026-01-02T03:04:05Z")
			s.Expect(s.holder()).To(Equal(user(alice)))
		})
	}
}

func TestAMoveToSomebodyOfAnotherAccessSystemLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	stranger := s.seam.AddUser(fakeseam.User{SystemID: s.seam.AddSystem(fakeseam.System{WorkspaceID: workspace}).ID}).ID

	s.edit("alice-mobile-key", forUser(stranger))

	s.Expect(message(s.stalled("alice-mobile-key", v1alpha1.ReasonInvalidRequest))).To(And(ContainSubstring("another access system"), ContainSubstring(alice)))
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARefusedAssignmentSaysThatNobodyHoldsTheCredential(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 400})

	s.edit("alice-mobile-key", forUser(bob))

	s.until(s.says("alice-mobile-key", v1alpha1.ReasonInvalidRequest))
	s.Expect(message(s.get("alice-mobile-key"))).To(ContainSubstring("nobody holds the credential now"))
}
