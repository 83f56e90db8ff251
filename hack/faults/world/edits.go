package world

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// Object is what the worlds are about.
type Object = v1alpha1.CredentialAssignment

// Change alters an object before it is sent.
type Change func(*Object)

// ForUser declares an ACS user, and ForIdentity a user identity.
func ForUser(id string) Change {
	return func(o *Object) { o.Spec.ACSUserID, o.Spec.UserIdentityID = id, "" }
}

// ForIdentity declares a user identity.
func ForIdentity(id string) Change {
	return func(o *Object) { o.Spec.ACSUserID, o.Spec.UserIdentityID = "", id }
}

// Declare creates an object that gives the credential to Alice unless the changes say otherwise.
func (w *World) Declare(namespace, name string, changes ...Change) error {
	o := &Object{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: Credential, ACSUserID: Alice, APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
		},
	}
	for _, change := range changes {
		change(o)
	}
	if err := w.API.Create(w.ctx, o); err != nil {
		return fmt.Errorf("declaring %s: %w", name, err)
	}
	return nil
}

// Edit changes an object as a person does, again if somebody else changes it meanwhile. One that is gone stays so.
func (w *World) Edit(namespace, name string, changes ...Change) error {
	return w.update(namespace, name, func(o *Object) error { return w.API.Update(w.ctx, o) }, changes)
}

// EditStatus changes the status of an object as nobody should.
func (w *World) EditStatus(namespace, name string, changes ...Change) error {
	return w.update(namespace, name, func(o *Object) error { return w.API.Status().Update(w.ctx, o) }, changes)
}

// update reads, changes and sends an object until nobody else has changed it meanwhile.
func (w *World) update(namespace, name string, send func(*Object) error, changes []Change) error {
	for {
		o := &Object{}
		if err := w.API.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: name}, o); err != nil {
			return client.IgnoreNotFound(err)
		}
		for _, change := range changes {
			change(o)
		}
		if err := send(o); !apierrors.IsConflict(err) {
			return client.IgnoreNotFound(err)
		}
	}
}

// Delete deletes an object.
func (w *World) Delete(namespace, name string) error {
	return client.IgnoreNotFound(w.API.Delete(w.ctx, &Object{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}))
}

// DeleteNamespace deletes a namespace and, as its controller does, all that is in it.
func (w *World) DeleteNamespace(namespace string) error {
	for _, o := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "seam"}},
	} {
		if err := w.API.Delete(w.ctx, o); err != nil {
			return err
		}
	}
	return w.API.DeleteAllOf(w.ctx, &Object{}, client.InNamespace(namespace))
}

// PutSecret puts an API key into a Secret.
func (w *World) PutSecret(namespace, name, key string) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	err := w.API.Get(w.ctx, client.ObjectKeyFromObject(secret), secret)
	secret.StringData = map[string]string{v1alpha1.DefaultSecretKey: key}
	if apierrors.IsNotFound(err) {
		return w.API.Create(w.ctx, secret)
	}
	if err != nil {
		return err
	}
	return w.API.Update(w.ctx, secret)
}

// HandByConsole gives the credential to an ACS user, or to nobody, as somebody does in Seam's console.
func (w *World) HandByConsole(id string) {
	w.Seam.UpdateCredential(Credential, func(c *fakeseam.Credential) { c.ACSUserID, c.UserIdentityID = id, "" })
	at := w.moment()
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	w.history.byHand = append(w.history.byHand, invariants.ChangeByHand{At: at, CredentialID: Credential})
}
