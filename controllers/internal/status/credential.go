package status

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Credential takes from a credential what is for everybody: codes and dates, never texts.
func Credential(c seam.Credential) *v1alpha1.CredentialStatus {
	status := &v1alpha1.CredentialStatus{
		AccessMethod: c.AccessMethod,
		IsIssued:     c.IsIssued,
		StartsAt:     date(c.StartsAt),
		EndsAt:       date(c.EndsAt),
		Warnings:     codes(c.Warnings),
		Errors:       codes(c.Errors),
	}
	if seam.IsID(c.ACSSystemID) {
		status.ACSSystemID = strings.ToLower(c.ACSSystemID)
	}
	return status
}

// codes returns the codes in order, each once, so that Seam's order makes no difference.
func codes(of []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(of)))
}

// date leaves out what cannot be stored as Kubernetes stores times: zero, which reads as unset, and years that have not
// four digits in UTC.
func date(text string) *metav1.Time {
	t, err := time.Parse(time.RFC3339, text)
	if t = t.UTC(); err != nil || t.Truncate(time.Second).IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return nil
	}
	return Time(t)
}
