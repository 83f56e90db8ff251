package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// limit is how long anything may take that has to happen.
const limit = time.Minute

// newCredential adds a free credential to Seam.
func (on *stage) newCredential() string {
	return on.AddCredential(fakeseam.Credential{SystemID: system}).ID
}

func (on *stage) object(name string) *v1alpha1.CredentialAssignment {
	return &v1alpha1.CredentialAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: on.namespace, Name: name}}
}

// declare creates an object that gives the credential to a person.
func (on *stage) declare(ctx context.Context, name, credential, person string) error {
	on.declared[credential] = append(on.declared[credential], person)
	obj := on.object(name)
	obj.Spec = v1alpha1.CredentialAssignmentSpec{
		ACSCredentialID: credential,
		ACSUserID:       person,
		APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
	}
	return on.api.Create(ctx, obj)
}

// declareReady returns once the operator has made it so.
func (on *stage) declareReady(ctx context.Context, name, credential, person string) error {
	if err := on.declare(ctx, name, credential, person); err != nil {
		return err
	}
	return on.ready(ctx, name)
}

// move declares somebody else in an object.
func (on *stage) move(ctx context.Context, name, credential, person string) error {
	// Noted before it is sent: a call may reach Seam before the patch is answered.
	on.declared[credential] = append(on.declared[credential], person)
	return on.patch(ctx, name, `{"spec":{"acsUserID":"`+person+`"}}`)
}

func (on *stage) patch(ctx context.Context, name, patch string) error {
	return on.api.Patch(ctx, on.object(name), client.RawPatch(types.MergePatchType, []byte(patch)))
}

// remove deletes an object and returns when it is gone.
func (on *stage) remove(ctx context.Context, name string) error {
	if err := on.api.Delete(ctx, on.object(name)); err != nil {
		return err
	}
	return on.gone(ctx, name)
}

// gone returns when the object is no more; an API server that does not answer proves nothing.
func (on *stage) gone(ctx context.Context, name string) error {
	err := process.Until(ctx, limit, func() bool {
		obj := on.object(name)
		err := on.api.Get(ctx, client.ObjectKeyFromObject(obj), obj)
		return err != nil && client.IgnoreNotFound(err) == nil
	})
	if err != nil {
		return fmt.Errorf("waiting until %s is gone: %w", name, err)
	}
	return nil
}

// ready returns when status says, of what is declared now, that the person holds the credential.
func (on *stage) ready(ctx context.Context, name string) error {
	return on.is(ctx, name, metav1.ConditionTrue, v1alpha1.ReasonAssigned)
}

// is returns when Ready is so, for this reason, of what is declared now.
func (on *stage) is(ctx context.Context, name string, ready metav1.ConditionStatus, reason string) error {
	var last metav1.Condition
	err := process.Until(ctx, limit, func() bool {
		obj := on.object(name)
		if on.api.Get(ctx, client.ObjectKeyFromObject(obj), obj) != nil {
			return false
		}
		found := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionReady)
		if found == nil {
			return false
		}
		last = *found
		return found.Status == ready && found.Reason == reason && obj.Status.ObservedGeneration == obj.Generation
	})
	if err != nil {
		return fmt.Errorf("waiting until %s is Ready=%s for %s (it is Ready=%s for %s): %w", name, ready, reason, last.Status, last.Reason, err)
	}
	return nil
}

// ask asks the operator for a look now.
func (on *stage) ask(ctx context.Context, name, asked string) error {
	return on.patch(ctx, name, `{"metadata":{"annotations":{"`+v1alpha1.AnnotationRequestedAt+`":"`+asked+`"}}}`)
}

// handled returns when the operator has seen what is declared now.
func (on *stage) handled(ctx context.Context, name string) error {
	err := process.Until(ctx, limit, func() bool {
		obj := on.object(name)
		return on.api.Get(ctx, client.ObjectKeyFromObject(obj), obj) == nil && obj.Status.ObservedGeneration == obj.Generation
	})
	if err != nil {
		return fmt.Errorf("waiting until the operator has seen %s: %w", name, err)
	}
	return nil
}
