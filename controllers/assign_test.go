package controllers_test

import (
	"strings"
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

func TestWhoHoldsItAlreadyIsOnlyMarked(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.handByConsole(alice)
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
	s.Expect(o.Status.AssignedTo).To(HaveValue(HaveField("ACSUserID", alice)))
	s.Expect(s.traffic.seen()).To(HaveLen(2))
	s.Expect(o.Status.LastAssignedTime).To(BeNil())
	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ConsistOf("Normal AlreadyAssigned"))
}

func TestTenMinutesOfNothingCostNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")

	s.rests()
	s.quiet(10 * time.Minute)
}

func TestAResyncReadsAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.seam.ResetCalls()
	before := s.get("alice-mobile-key").ResourceVersion

	s.later(66 * time.Minute)

	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpGetCredential)).To(Succeed())
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
			s := newStory(t)
			s.seam.SetBehaviour(behaviour)
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
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{VoidAnswers: true, ReadLag: 20 * time.Second})
	s.operate()
	s.declare("alice-mobile-key")

	s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	s.until(func() bool { return s.isReady("alice-mobile-key") })

	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestDriftIsHealedAtTheResync(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.handByConsole("")

	s.later(66 * time.Minute)

	s.Expect(s.seam.AwaitCalls(s.ctx, 2, fakeseam.OpAssignCredential)).To(Succeed())
	s.Eventually(s.holder).Should(Equal(user(alice)))
	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ConsistOf("Normal Assigned", "Normal DriftCorrected"))
}

// writes lists what the operator wrote to the API server about objects since the last call.
func (s *story) writes(done int) []string {
	var kinds []string
	for _, write := range s.traffic.seen()[done:] {
		kind := "metadata"
		if strings.HasSuffix(write, "/status") {
			kind = "status"
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

func TestWhatEachChangeCostsTheAPIServer(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()

	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.Expect(s.writes(0)).To(Equal([]string{"metadata", "status", "status"}), "a new assignment: finalizer, record, result")

	done := len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.Expect(len(s.writes(done))).To(BeNumerically("<=", 4), "a move: %v", s.writes(done))

	done = len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
	s.Expect(s.writes(done)).To(Equal([]string{"status", "metadata"}), "a deletion: record, finalizer")

	done = len(s.traffic.seen())
	s.clock.Step(time.Minute)
	s.declare("retained", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.assigned("retained")
	s.Expect(s.writes(done)).To(Equal([]string{"status", "status"}), "with Retain: record, result")
}

func TestStatusTellsWhatIsSentBeforeItIsSent(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential, false)

	pending := s.get("front-desk-key").Status.PendingWrites
	s.Expect(pending).To(HaveLen(1))
	s.Expect(pending[0]).To(And(HaveField("Operation", v1alpha1.OperationAssign), HaveField("ACSUserID", alice)))
	s.Expect(pending[0].StartedAt.Time).To(BeTemporally("~", s.clock.Now(), time.Second))

	release()
	o := s.assigned("front-desk-key")
	s.Expect(o.Status.PendingWrites).To(BeEmpty())
	s.Expect(o.Status.AssignedTo).To(HaveValue(HaveField("ACSUserID", alice)))
}
