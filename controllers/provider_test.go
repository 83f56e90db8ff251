package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/ptr"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestWhatTheAccessSystemHasIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		behaviour fakeseam.Behaviour
		change    func(*fakeseam.Credential)
		reason    string
	}{
		"synced":          {fakeseam.Behaviour{}, func(*fakeseam.Credential) {}, v1alpha1.ReasonSynced},
		"pending":         {fakeseam.Behaviour{ProviderSync: fakeseam.SyncPending}, func(*fakeseam.Credential) {}, v1alpha1.ReasonPending},
		"not reported":    {fakeseam.Behaviour{ProviderSync: fakeseam.SyncNotReported}, func(*fakeseam.Credential) {}, v1alpha1.ReasonNotReported},
		"null":            {fakeseam.Behaviour{ProviderSync: fakeseam.SyncNull}, func(*fakeseam.Credential) {}, v1alpha1.ReasonNotReported},
		"provider errors": {fakeseam.Behaviour{}, func(c *fakeseam.Credential) { c.Errors = []string{"failed_to_issue"} }, v1alpha1.ReasonProviderError},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, behaving(c.behaviour))
			s.seam.UpdateCredential(theCredential, c.change)
			s.operate()
			s.declare("alice-mobile-key")

			s.Expect(s.assigned("alice-mobile-key")).To(haveCondition(v1alpha1.ConditionProviderSynced, c.reason))
		})
	}
}

func TestAPendingAccessSystemIsLookedAtLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{ProviderSync: fakeseam.SyncPending}))
	s.assignToAlice()
	s.seam.ResetCalls()
	s.rests()
	s.quiet(4 * time.Second)
	s.later(2 * time.Second)
	s.called(1, fakeseam.OpGetCredential)

	s.passesBy(5*time.Second, 25*time.Minute)

	calls := s.seam.Calls()
	s.Expect(len(calls)).To(And(BeNumerically(">=", 5), BeNumerically("<=", 13)))
	s.Expect(calls[len(calls)-1].Time.Sub(calls[len(calls)-2].Time)).To(BeNumerically(">", 4*time.Minute))
	s.Expect(s.traffic.seen()).To(HaveLen(3), "nothing is written while nothing changes")

	s.seam.MarkSynced(theCredential)
	s.untilBy(5*time.Second, func() bool {
		return conditionReason(s.get("alice-mobile-key"), v1alpha1.ConditionProviderSynced) == v1alpha1.ReasonSynced
	})
}

func TestStatusShowsWhatSeamTellsOfTheCredential(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) {
		c.AccessMethod, c.IsIssued, c.StartsAt, c.EndsAt = "card", true, "2026-01-02T03:04:05.678Z", "2027-01-02T03:04:05Z"
		c.Warnings, c.Errors = []string{"waiting_to_be_issued", "schedule_modified", "schedule_modified"}, []string{"some_error"}
	})
	s.operate()
	s.declare("alice-card")

	o := s.assigned("alice-card")

	c := o.Status.Credential
	s.Expect(c.AccessMethod).To(Equal("card"))
	s.Expect(c.IsIssued).To(Equal(ptr.To(true)))
	s.Expect(c.StartsAt.UTC().Format(time.RFC3339)).To(Equal("2026-01-02T03:04:05Z"))
	s.Expect(c.EndsAt.UTC().Format(time.RFC3339)).To(Equal("2027-01-02T03:04:05Z"))
	s.Expect(c.Warnings).To(Equal([]string{"schedule_modified", "waiting_to_be_issued"}))
	s.Expect(c.Errors).To(Equal([]string{"some_error"}))
}

func TestStatusShowsNoCredentialThatThePresentKeyDoesNotRead(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.putSecret("seam", "seam_test2revoked")

	o := s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	s.Expect(o.Status.Credential).To(BeNil())
	s.Expect(o.Status.ACSUserID).To(BeEmpty())
	s.Expect(o.Status.WorkspaceID).To(Equal(workspace))
}
