package controllers_test

import (
	"encoding/json"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestANewAssignmentCostsOneCallAndTwoWrites(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.traffic.seen()).To(Equal([]string{
		"PATCH credentialassignments/alice-mobile-key",
		"PATCH credentialassignments/alice-mobile-key/status",
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

	var record map[string]string
	s.Expect(json.Unmarshal([]byte(o.Annotations["acs.seam.co/assigned-to"]), &record)).To(Succeed())
	s.Expect(record).To(HaveKeyWithValue("uid", string(o.UID)))
	s.Expect(record).To(HaveKeyWithValue("workspaceID", workspace))
	s.Expect(record).To(HaveKeyWithValue("acsUserID", alice))
	s.Expect(record).To(HaveKeyWithValue("write", "assign"))
	s.Expect(record).To(HaveKey("at"))
	s.Expect(record).To(HaveLen(5))
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
	s.Expect(o.Annotations).To(HaveKey("acs.seam.co/assigned-to"))
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
			s.Expect(s.traffic.seen()).To(HaveLen(2))
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

// recordedAt returns when the object's record says that the write went out.
func recordedAt(o *object) time.Time {
	var record struct{ At time.Time }
	must(json.Unmarshal([]byte(o.Annotations[v1alpha1.AnnotationAssignedTo]), &record))
	return record.At
}
