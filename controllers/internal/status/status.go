package status

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Outcome is what a look at an object came to.
type Outcome struct {
	Verdict assignment.Verdict
	Record  assignment.Record
	// Looked says that Seam told what the verdict says.
	Looked bool
	// Credential is what the object's own key read in the right workspace; nil when it read nothing there.
	Credential *seam.Credential
	// WorkspaceID is the workspace in which that was.
	WorkspaceID string
	// Holder is who holds the credential, with the identity that its ACS user is linked to when that was read.
	Holder assignment.Holder
	// AssignedAt is when the assign was sent whose effect was seen; zero when none was.
	AssignedAt time.Time
	// WayOut is appended to the message of a deleted object that waits for a person; see Message.
	WayOut WayOut
}

// Apply puts the outcome into the object's status.
func Apply(obj *v1alpha1.CredentialAssignment, out Outcome, now time.Time) {
	// The record is never kept back, whatever the conditions say: it is what must not be forgotten.
	PutRecord(obj, out.Record)
	if !out.AssignedAt.IsZero() {
		obj.Status.LastAssignedTime = Time(out.AssignedAt)
	}
	switch {
	case obj.Spec.Suspend && obj.DeletionTimestamp.IsZero():
		applySuspended(obj, out, now)
	case !out.Verdict.Keep:
		applyLook(obj, out, now)
	}
}

func applyLook(obj *v1alpha1.CredentialAssignment, out Outcome, now time.Time) {
	obj.Status.ObservedGeneration = obj.Generation
	if at := RequestedAt(obj); at != "" && (out.Looked || out.Verdict.Progress == assignment.Stalled) {
		obj.Status.LastHandledReconcileAt = at
	}
	applyCredential(obj, out)
	// One message for Ready and for whose move it is: kubectl, Argo CD and Flux show the one or the other.
	message := Message(obj, out)
	setCondition(obj, v1alpha1.ConditionReady, metav1.ConditionStatus(out.Verdict.Ready), out.Verdict.Reason, message, now)
	if out.Looked || obj.Status.Credential == nil {
		setProviderSynced(obj, out, now)
	}
	setProgress(obj, out.Verdict, message, now)
}

// applyCredential shows who holds the credential, and what else Seam tells of it, while the present key reads it. What was
// seen before an outage stays.
func applyCredential(obj *v1alpha1.CredentialAssignment, out Outcome) {
	status := &obj.Status
	if out.Credential != nil && !isKept(obj, out.Record) {
		status.WorkspaceID = out.WorkspaceID
	}
	switch {
	case out.Credential != nil:
		status.ACSUserID, status.UserIdentityID = out.Holder.ACSUserID, out.Holder.UserIdentityID
		status.Credential = Credential(*out.Credential)
	case out.Verdict.Progress != assignment.Reconciling || out.Looked || out.Verdict.Reason == v1alpha1.ReasonSecretNotFound:
		status.ACSUserID, status.UserIdentityID, status.Credential = "", "", nil
	}
}

// isKept reports whether the workspace that status names stays: it is where something may have to be cleaned up.
func isKept(obj *v1alpha1.CredentialAssignment, record assignment.Record) bool {
	return obj.Status.WorkspaceID != "" && (HasFinalizer(obj) || !record.IsEmpty())
}

// applySuspended leaves Ready as it was, unless it speaks of something else than is declared.
func applySuspended(obj *v1alpha1.CredentialAssignment, out Outcome, now time.Time) {
	obj.Status.ObservedGeneration = obj.Generation
	if !out.Verdict.Keep {
		setCondition(obj, v1alpha1.ConditionReady, metav1.ConditionStatus(out.Verdict.Ready), out.Verdict.Reason, out.Verdict.Message, now)
		setProviderSynced(obj, out, now)
	}
	setProgress(obj, assignment.Verdict{}, "", now)
}

// setProgress makes Reconciling and Stalled say whose move it is; neither is present while it is nobody's.
func setProgress(obj *v1alpha1.CredentialAssignment, v assignment.Verdict, message string, now time.Time) {
	for _, progress := range []assignment.Progress{assignment.Reconciling, assignment.Stalled} {
		if v.Progress == progress {
			setCondition(obj, string(progress), metav1.ConditionTrue, v.Reason, message, now)
		} else {
			meta.RemoveStatusCondition(&obj.Status.Conditions, string(progress))
		}
	}
}

// setProviderSynced says whether Seam has pushed the assignment to the access system.
func setProviderSynced(obj *v1alpha1.CredentialAssignment, out Outcome, now time.Time) {
	status, reason, message := providerSynced(out)
	setCondition(obj, v1alpha1.ConditionProviderSynced, status, reason, message, now)
}

func providerSynced(out Outcome) (metav1.ConditionStatus, string, string) {
	c := out.Credential
	switch {
	case out.Verdict.Reason != v1alpha1.ReasonAssigned || c == nil:
		return metav1.ConditionUnknown, v1alpha1.ReasonNotReported, "the declared person is not seen to hold the credential"
	case len(c.Errors) > 0:
		return metav1.ConditionFalse, v1alpha1.ReasonProviderError, "Seam reports errors about the credential: see status.credential.errors"
	case c.SyncedWithProvider == nil:
		return metav1.ConditionUnknown, v1alpha1.ReasonNotReported, "Seam does not say whether the access system has the assignment"
	case *c.SyncedWithProvider:
		return metav1.ConditionTrue, v1alpha1.ReasonSynced, "the access system has the assignment"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonPending, "Seam has not pushed the assignment to the access system yet"
	}
}

func setCondition(obj *v1alpha1.CredentialAssignment, name string, status metav1.ConditionStatus, reason, message string, now time.Time) {
	meta.SetStatusCondition(&obj.Status.Conditions, metav1.Condition{
		Type:               name,
		Status:             status,
		ObservedGeneration: obj.Generation,
		LastTransitionTime: *Time(now),
		Reason:             reason,
		Message:            message,
	})
}
