package main

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// patch changes the object as it was last answered, and takes over the answer.
func (b *bareClient) patch(ctx context.Context, obj *v1alpha1.CredentialAssignment, change map[string]any) error {
	content, err := encoded(obj, change)
	if err != nil {
		return err
	}
	return b.api.Patch(ctx, obj, client.RawPatch(types.MergePatchType, content))
}

func (b *bareClient) patchStatus(ctx context.Context, obj *v1alpha1.CredentialAssignment, status map[string]any) error {
	content, err := encoded(obj, map[string]any{"metadata": map[string]any{}, "status": status})
	if err != nil {
		return err
	}
	return b.api.Status().Patch(ctx, obj, client.RawPatch(types.MergePatchType, content))
}

// encoded adds the precondition that the object is still the version that was answered last; a deleted one was not answered.
func encoded(obj *v1alpha1.CredentialAssignment, change map[string]any) ([]byte, error) {
	if obj.ResourceVersion != "" {
		change["metadata"].(map[string]any)["resourceVersion"] = obj.ResourceVersion
	}
	return json.Marshal(change)
}

func pending(obj *v1alpha1.CredentialAssignment, operation v1alpha1.Operation) map[string]any {
	return map[string]any{"pendingWrites": []v1alpha1.PendingWrite{{
		UID: string(obj.UID), Operation: operation, ACSUserID: obj.Spec.ACSUserID, UserIdentityID: obj.Spec.UserIdentityID,
		StartedAt: metav1.Now(),
	}}}
}

// result is as large as what the operator reports.
func result(obj *v1alpha1.CredentialAssignment, shown *seam.Credential) map[string]any {
	now := metav1.Now()
	condition := func(kind, reason, message string) metav1.Condition {
		return metav1.Condition{
			Type: kind, Status: metav1.ConditionTrue, Reason: reason, Message: message, ObservedGeneration: obj.Generation, LastTransitionTime: now,
		}
	}
	return map[string]any{
		"observedGeneration": obj.Generation, "acsUserID": shown.ACSUserID, "lastAssignedTime": now, "pendingWrites": nil,
		"assignedTo": v1alpha1.AssignedTo{
			UID: string(obj.UID), ACSUserID: obj.Spec.ACSUserID, UserIdentityID: obj.Spec.UserIdentityID, WorkspaceID: shown.WorkspaceID, Since: &now,
		},
		"credential": v1alpha1.CredentialStatus{ACSSystemID: shown.ACSSystemID, AccessMethod: shown.AccessMethod, IsIssued: shown.IsIssued},
		"conditions": []metav1.Condition{
			condition(v1alpha1.ConditionReady, v1alpha1.ReasonAssigned, "Seam shows the declared person as the holder"),
			condition(v1alpha1.ConditionProviderSynced, "Synced", "Seam has pushed the assignment to the access system"),
		},
	}
}

func eventOf(obj *v1alpha1.CredentialAssignment, reason, note string) *eventsv1.Event {
	now := metav1.NowMicro()
	return &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: obj.Namespace, Name: fmt.Sprintf("%s.%x", obj.Name, now.UnixNano())},
		EventTime:  now,
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: "CredentialAssignment", Namespace: obj.Namespace, Name: obj.Name, UID: obj.UID,
		},
		ReportingController: "bare-client", ReportingInstance: "bare-client", Type: corev1.EventTypeNormal,
		Reason: reason, Action: "Reconcile", Note: note,
	}
}
