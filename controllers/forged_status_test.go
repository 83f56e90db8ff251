package controllers_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// What somebody else writes into status is not true for long: the next look does not wait for the resync.
func TestAStatusThatSomebodyElseChangedIsMendedAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]change{
		"no conditions": func(o *object) { o.Status.Conditions = nil },
		"a forged condition": func(o *object) {
			meta.SetStatusCondition(&o.Status.Conditions, metav1.Condition{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonHeldByOther, ObservedGeneration: o.Generation,
			})
		},
		"a condition that does not go with the others": func(o *object) {
			meta.SetStatusCondition(&o.Status.Conditions, metav1.Condition{
				Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonUnauthorized, ObservedGeneration: o.Generation,
			})
		},
		"another holder":            func(o *object) { o.Status.ACSUserID = carol },
		"nothing of the credential": func(o *object) { o.Status.Credential = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			s.declare("front-desk-key")
			before := s.assigned("front-desk-key").Status
			s.rests()

			forged := s.get("front-desk-key")
			change(forged)
			s.Expect(s.api.Status().Update(s.ctx, forged)).To(Succeed())

			s.Eventually(func() v1alpha1.CredentialAssignmentStatus { return s.get("front-desk-key").Status }).
				Should(BeComparableTo(before))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}
