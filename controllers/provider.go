package controllers

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// describeProvider says whether Seam has pushed the assignment to the access system.
func (p *pass) describeProvider(out outcome) {
	status, reason, message := p.provider(out)
	p.setCondition(v1alpha1.ConditionProviderSynced, status, reason, message)
}

func (p *pass) provider(out outcome) (metav1.ConditionStatus, string, string) {
	switch {
	case out.reason != v1alpha1.ReasonAssigned || p.shown == nil:
		return metav1.ConditionUnknown, v1alpha1.ReasonNotReported, "the declared person is not seen to hold the credential"
	case len(p.shown.Errors) > 0:
		return metav1.ConditionFalse, v1alpha1.ReasonProviderError, "Seam reports errors about the credential: see status.credential.errors"
	case p.shown.SyncedWithProvider == nil:
		return metav1.ConditionUnknown, v1alpha1.ReasonNotReported, "Seam does not say whether the access system has the assignment"
	case *p.shown.SyncedWithProvider:
		return metav1.ConditionTrue, v1alpha1.ReasonSynced, "the access system has the assignment"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonPending, "Seam has not pushed the assignment to the access system yet"
	}
}

// providerPending reports whether the access system is worth another look soon.
func (p *pass) providerPending() bool {
	return p.shown != nil && len(p.shown.Errors) == 0 && p.shown.SyncedWithProvider != nil && !*p.shown.SyncedWithProvider
}

// credentialStatus takes from a credential what is for everybody: codes and dates, never texts.
func credentialStatus(c seam.Credential) *v1alpha1.CredentialStatus {
	status := &v1alpha1.CredentialStatus{
		AccessMethod: c.AccessMethod,
		IsIssued:     c.IsIssued,
		StartsAt:     date(c.StartsAt),
		EndsAt:       date(c.EndsAt),
		Warnings:     codes(c.Warnings),
		Errors:       codes(c.Errors),
	}
	if isID(c.ACSSystemID) {
		status.ACSSystemID = strings.ToLower(c.ACSSystemID)
	}
	return status
}

// isID reports whether the text is an ID of Seam's, or says that there is none.
func isID(text string) bool {
	return text == "" || seam.IsID(text)
}

// codes returns the codes in order, each once, so that Seam's order makes no difference.
func codes(of []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(of)))
}

func date(text string) *metav1.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return timeOf(t.UTC())
}
