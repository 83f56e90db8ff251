package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestANewAssignmentCostsOneCallAndThreeWrites(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.traffic.seen()).To(Equal([]string{
		"PATCH credentialassignments/alice-mobile-key",        // the finalizer
		"PATCH credentialassignments/alice-mobile-key/status", // the record
		"PATCH credentialassignments/alice-mobile-key/status", // the result
	}))
	s.Expect(o.Finalizers).To(Equal([]string{"acs.seam.co/unassign"}))
	s.Expect(o.Status.ACSUserID).To(Equal(alice))
	s.Expect(o.Status.WorkspaceID).To(Equal(workspace))
	s.Expect(o.Status.LastAssignedTime.Time).To(BeTemporally("~", s.clock.Now(), time.Second))
	s.Expect(o.Status.Credential.ACSSystemID).To(Equal(system))
	s.Expect(o.Status.Credential.AccessMethod).To(Equal("mobile_key"))
	s.Expect(o).To(haveCondition(v1alpha1.ConditionProviderSynced, v1alpha1.ReasonSynced))
	s.Expect(o).To(haveCondition(v1alpha1.ConditionReconciling, "absent"))
	s.Expect(o).To(haveCondition(v1alpha1.ConditionStalled, "absent"))

	s.Expect(o.Status.AssignedTo).To(HaveValue(And(
		HaveField("UID", string(o.UID)), HaveField("ACSUserID", alice), HaveField("WorkspaceID", workspace))))
	s.Expect(o.Status.PendingWrites).To(BeEmpty())
}

func TestAnAssignmentByUserIdentityBelongsToThatPersonsACSUser(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity, EmailAddress: "alice@example.com"})
	s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.EmailAddress = "alice@example.com" })
	s.operate()
	s.declare("alice-mobile-key", forIdentity(aliceIdentity))

	o := s.assigned("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign identity " + aliceIdentity}))
	s.Expect(o.Status.ACSUserID).To(Equal(alice))
	s.Expect(o.Status.UserIdentityID).To(Equal(aliceIdentity))
}

func TestWhoHoldsItAlreadyIsOnlyRecorded(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(alice))
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
	s.Expect(o.Status.AssignedTo).To(HaveValue(HaveField("ACSUserID", alice)))
	s.Expect(s.traffic.seen()).To(HaveLen(2))
	s.Expect(o.Status.LastAssignedTime).To(BeNil())
	s.hasEvents("alice-mobile-key", "Normal AlreadyAssigned")
}

func TestTenMinutesOfNothingCostNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.rests()
	s.quiet(10 * time.Minute)
}

func TestAResyncReadsAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.ResetCalls()
	before := s.get("alice-mobile-key").ResourceVersion

	s.later(66 * time.Minute)

	s.called(1, fakeseam.OpGetCredential)
	s.quiet(10 * time.Minute)
	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(s.get("alice-mobile-key").ResourceVersion).To(Equal(before))
}

func TestAVoidAnswerIsVerifiedByARead(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]fakeseam.Behaviour{
		"an empty object": {VoidAnswers: true},
		"no body at all":  {EmptyAnswers: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, behaving(behaviour))
			s.operate()
			s.declare("alice-mobile-key")

			s.assigned("alice-mobile-key")

			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
			s.Expect(s.traffic.seen()).To(HaveLen(3))
		})
	}
}

func TestAnAcceptedAssignmentThatReadsDoNotShowYetIsNotSentAgain(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{VoidAnswers: true, ReadLag: 20 * time.Second}))
	s.operate()
	s.declare("alice-mobile-key")

	s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	s.until(s.isReady("alice-mobile-key"))

	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestDriftIsHealedAtTheResync(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.handByConsole("")

	s.later(66 * time.Minute)

	s.called(2, fakeseam.OpAssignCredential)
	s.Eventually(s.holder).Should(Equal(user(alice)))
	s.hasEvents("alice-mobile-key", "Normal Assigned", "Normal DriftCorrected")
}

func TestWhatEachChangeCostsTheAPIServer(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.Expect(s.writes(0)).To(Equal([]string{"metadata", "status", "status"}), "a new assignment: finalizer, record, result")

	done := len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.Expect(len(s.writes(done))).To(BeNumerically("<=", 4), "a move: %v", s.writes(done))

	done = len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.writes(done)).To(Equal([]string{"status", "metadata"}), "a deletion: record, finalizer")

	done = len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.declare("retained", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.assigned("retained")
	s.Expect(s.writes(done)).To(Equal([]string{"status", "status"}), "with Retain: record, result")
}
