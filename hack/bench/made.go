package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// makeAll makes objects that are Ready before an operator that handles them starts, however many: as it would leave them.
func (r *recording) makeAll(ctx context.Context) error {
	templates, err := r.templates(ctx)
	if err != nil {
		return err
	}
	say("  making %d Ready objects …", r.objects)
	d := r.doors()
	d.seed(r.world.seam)
	err = each(ctx, d.many, func(ctx context.Context, i int) error { return r.makeReady(ctx, d, i, templates[i%2]) })
	if err != nil {
		return fmt.Errorf("making Ready objects: %w", err)
	}
	return nil
}

// templates returns an object of each kind of person as the operator leaves it.
func (r *recording) templates(ctx context.Context) (templates [2]v1alpha1.CredentialAssignment, err error) {
	d := doors{name: "template", first: templateDoors, many: len(templates), keys: r.keys}
	err = r.with(ctx, func(o *operator) error {
		if _, err := (crowd{world: r.world, operator: o, doors: d}).assign(ctx, "templates"); err != nil {
			return err
		}
		for i := range templates {
			if err := r.world.api.Get(ctx, client.ObjectKey{Namespace: namespace, Name: d.nameOf(i)}, &templates[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return templates, err
}

// makeReady creates one object with the finalizer and the status of a template, and lets its person hold the credential.
func (r *recording) makeReady(ctx context.Context, d doors, i int, template v1alpha1.CredentialAssignment) error {
	obj, n := d.object(i), d.first+i
	r.world.seam.UpdateCredential(idOf(credentials, n), func(c *fakeseam.Credential) { c.ACSUserID = userOf(n) })
	obj.Finalizers = template.Finalizers
	if err := r.world.api.Create(ctx, obj); err != nil {
		return err
	}
	template.Status.DeepCopyInto(&obj.Status)
	s := &obj.Status
	s.AssignedTo.UID, s.AssignedTo.ACSUserID, s.AssignedTo.UserIdentityID = string(obj.UID), obj.Spec.ACSUserID, obj.Spec.UserIdentityID
	s.ACSUserID = userOf(n)
	if s.UserIdentityID != "" {
		s.UserIdentityID = obj.Spec.UserIdentityID
	}
	s.WorkspaceID, s.AssignedTo.WorkspaceID = idOf(workspaces, i%d.keys), idOf(workspaces, i%d.keys)
	if s.Credential != nil {
		s.Credential.ACSSystemID = idOf(systems, i%d.keys)
	}
	content, err := encoded(obj, map[string]any{"metadata": map[string]any{}, "status": s})
	if err != nil {
		return err
	}
	return r.world.api.Status().Patch(ctx, obj, client.RawPatch(types.MergePatchType, content))
}
