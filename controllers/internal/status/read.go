package status

import (
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// HasFinalizer reports whether the operator's finalizer is on the object.
func HasFinalizer(obj *v1alpha1.CredentialAssignment) bool {
	return controllerutil.ContainsFinalizer(obj, v1alpha1.Finalizer)
}

// RequestedAt returns the value of the annotation that asks for a reconcile now: the operator's own when set, else Flux's.
func RequestedAt(obj *v1alpha1.CredentialAssignment) string {
	if at := obj.Annotations[v1alpha1.AnnotationRequestedAt]; at != "" {
		return at
	}
	return obj.Annotations[v1alpha1.AnnotationFluxRequestedAt]
}

// Ready returns the object's Ready condition; empty when it has none.
func Ready(obj *v1alpha1.CredentialAssignment) metav1.Condition {
	return condition(obj, v1alpha1.ConditionReady)
}

func condition(obj *v1alpha1.CredentialAssignment, name string) metav1.Condition {
	if c := meta.FindStatusCondition(obj.Status.Conditions, name); c != nil {
		return *c
	}
	return metav1.Condition{}
}

// Peer returns what the status of an object tells the others that name the same credential.
func Peer(obj *v1alpha1.CredentialAssignment) assignment.PeerStatus {
	ready := Ready(obj)
	seen := assignment.PeerStatus{
		OtherWorkspace: ready.Reason == v1alpha1.ReasonWorkspaceMismatch && obj.Status.Credential == nil && !pinContradictsRecord(obj),
		Stalled:        condition(obj, v1alpha1.ConditionStalled).Reason,
	}
	if obj.Status.Credential != nil {
		seen.ReadsIn = obj.Status.WorkspaceID
	}
	seen.Unreached = seen.ReadsIn == "" && assignment.IsOutage(ready.Reason)
	return seen
}

// pinContradictsRecord reports whether spec names another workspace than the one in which the object dealt with the
// credential: then a mismatch proves nothing about the key.
func pinContradictsRecord(obj *v1alpha1.CredentialAssignment) bool {
	recorded := obj.Status.WorkspaceID
	if owner := obj.Status.AssignedTo; owner != nil && owner.WorkspaceID != "" {
		recorded = owner.WorkspaceID
	}
	return obj.Spec.WorkspaceID != "" && obj.Spec.WorkspaceID != recorded
}

// Reported returns what status says so far of the last look.
func Reported(obj *v1alpha1.CredentialAssignment) assignment.Reported {
	ready := Ready(obj)
	return assignment.Reported{
		Ready:     assignment.ReadyStatus(ready.Status),
		Reason:    ready.Reason,
		IsCurrent: ready.ObservedGeneration == obj.Generation,
	}
}

// ShowsAssigned reports whether status shows that the declared person holds the credential.
func ShowsAssigned(obj *v1alpha1.CredentialAssignment) bool {
	declared, shown := obj.Spec, obj.Status
	return Ready(obj).Status == metav1.ConditionTrue &&
		(declared.ACSUserID != "" && declared.ACSUserID == shown.ACSUserID ||
			declared.UserIdentityID != "" && declared.UserIdentityID == shown.UserIdentityID)
}
