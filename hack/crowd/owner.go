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
)

// handOverGrace is the operator's own, by default.
const handOverGrace = 2 * time.Second

// owner is the object that has the claim to the credential.
type owner struct {
	*world
	credential string
}

func (o *owner) object() *v1alpha1.CredentialAssignment {
	return &v1alpha1.CredentialAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: ownersNamespace, Name: "alice-mobile-key"}}
}

// declare gives the credential to Alice, and returns once that is reported.
func (o *owner) declare(ctx context.Context) error {
	obj := o.object()
	obj.Spec = v1alpha1.CredentialAssignmentSpec{
		ACSCredentialID: o.credential,
		ACSUserID:       alice,
		APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
	}
	if err := o.api.Create(ctx, obj); err != nil {
		return err
	}
	return o.reported(ctx)
}

func (o *owner) reported(ctx context.Context) error {
	err := process.Until(ctx, 2*time.Minute, func() bool {
		obj := o.object()
		return o.api.Get(ctx, client.ObjectKeyFromObject(obj), obj) == nil && obj.Status.ObservedGeneration == obj.Generation &&
			meta.IsStatusConditionTrue(obj.Status.Conditions, v1alpha1.ConditionReady)
	})
	if err != nil {
		return fmt.Errorf("waiting until the owner is Ready: %w", err)
	}
	return nil
}

// move gives the credential to somebody else, and returns how long it took until Seam had it so.
func (o *owner) move(ctx context.Context, to string) (time.Duration, error) {
	began := time.Now()
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"acsUserID":"`+to+`"}}`))
	if err := o.api.Patch(ctx, o.object(), patch); err != nil {
		return 0, err
	}
	return o.awaitHolder(ctx, began, to)
}

// revoke deletes the owner, and returns how long it took beyond the grace until nobody had the credential by it.
func (o *owner) revoke(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	if err := o.api.Delete(ctx, o.object()); err != nil {
		return 0, err
	}
	took, err := o.awaitHolder(ctx, began, "")
	if err != nil {
		return 0, err
	}
	return took - handOverGrace, process.Until(ctx, 2*time.Minute, func() bool { return o.isGone(ctx) })
}

func (o *owner) isGone(ctx context.Context) bool {
	obj := o.object()
	err := o.api.Get(ctx, client.ObjectKeyFromObject(obj), obj)
	return err != nil && client.IgnoreNotFound(err) == nil
}

// awaitHolder waits until Seam has the credential held by somebody; by nobody, or one of the crowd, for "".
func (o *owner) awaitHolder(ctx context.Context, began time.Time, who string) (time.Duration, error) {
	err := process.Until(ctx, 2*time.Minute, func() bool {
		credential, _ := o.seam.Credential(o.credential)
		held := credential.ACSUserID
		return held == who || who == "" && held != alice && held != bob
	})
	if err != nil {
		return 0, fmt.Errorf("waiting until Seam shows %q as the holder: %w", who, err)
	}
	return time.Since(began), nil
}
