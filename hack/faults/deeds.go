package main

import (
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// What people do in the scenarios.

// declared is the object that most scenarios begin with: the credential is Alice's.
func declared(r *run) error { return r.Declare(r.FrontDesk, key) }

func deleteKey(r *run) error { return r.Delete(r.FrontDesk, key) }

// moveTo edits that object, so that the credential belongs to somebody else.
func moveTo(person string) func(*run) error {
	return func(r *run) error { return r.Edit(r.FrontDesk, key, world.ForUser(person)) }
}

func suspend(yes bool) func(*run) error {
	return func(r *run) error {
		return r.Edit(r.FrontDesk, key, func(o *world.Object) { o.Spec.Suspend = yes })
	}
}

func inMode(mode v1alpha1.Mode) world.Change { return func(o *world.Object) { o.Spec.Mode = mode } }

func retained(o *world.Object) { o.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain }

func forCredential(id string) world.Change {
	return func(o *world.Object) { o.Spec.ACSCredentialID = id }
}

// ofTheNeighbour makes an object one of the other workspace.
func ofTheNeighbour(o *world.Object) {
	o.Spec.ACSCredentialID, o.Spec.APIKeySecretRef.Name = world.NeighbourCredential, neighbour
}

func wipeStatus(o *world.Object) { o.Status = v1alpha1.CredentialAssignmentStatus{} }

// When it is time for what comes next.

func keyIsGone(r *run) bool { return r.isGone(key) }

// renamedIsHandled reports whether the second object was looked at, and waits for nothing but a person.
func renamedIsHandled(r *run) bool {
	o := r.object(renamed)
	return o != nil && o.Status.ObservedGeneration == o.Generation &&
		!meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReconciling)
}

// isSuspended reports whether the operator has seen that the object is suspended.
func isSuspended(r *run) bool {
	o := r.object(key)
	return o != nil && o.Spec.Suspend && o.Status.ObservedGeneration == o.Generation
}

// object returns the newest version of an object of that name; nil when there is none.
func (r *run) object(name string) *world.Object {
	for k, v := range r.Latest() {
		if k.Name == name && !v.IsGone {
			return &v.Object
		}
	}
	return nil
}

// isGone reports whether an object of that name has been there, and is no more.
func (r *run) isGone(name string) bool {
	for k, v := range r.Latest() {
		if k.Name == name {
			return v.IsGone
		}
	}
	return false
}
