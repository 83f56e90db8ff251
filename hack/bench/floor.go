package main

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// bareClient does for each object what nobody can do without, and no more: no cache, no queue, no second look. What it reaches
// is the floor of the time that an operator needs.
type bareClient struct {
	api  client.Client
	keys []*seam.Client
}

func newBareClient(w *world, keys int) (*bareClient, error) {
	api, err := seam.New(seam.Options{Endpoint: w.seam.url, Concurrency: workers})
	if err != nil {
		return nil, err
	}
	b := &bareClient{api: client.WithFieldOwner(w.api, v1alpha1.FieldManager)}
	for key := range keys {
		token, err := seam.ParseToken(tokenOf(key))
		if err != nil {
			return nil, err
		}
		c, err := api.Client(token, "")
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, c)
	}
	return b, nil
}

// assign creates the i-th object and gives the credential to its person: finalizer, record, a look, the change, the result
// and one event.
func (b *bareClient) assign(ctx context.Context, d doors, i int) error {
	obj, key, change := d.object(i), b.keys[i%d.keys], d.assignment(i)
	if err := b.api.Create(ctx, obj); err != nil {
		return err
	}
	if err := b.patch(ctx, obj, map[string]any{"metadata": map[string]any{"finalizers": []string{v1alpha1.Finalizer}}}); err != nil {
		return err
	}
	shown, err := key.GetCredential(ctx, change.CredentialID)
	if err != nil {
		return err
	}
	record := pending(obj, v1alpha1.OperationAssign)
	record["workspaceID"] = shown.WorkspaceID
	if err := b.patchStatus(ctx, obj, record); err != nil {
		return err
	}
	answer, err := key.AssignCredential(ctx, change)
	if err != nil {
		return err
	}
	if answer.Credential == nil {
		return fmt.Errorf("assigning credential %s: the answer does not show it", change.CredentialID)
	}
	if err := b.patchStatus(ctx, obj, result(obj, answer.Credential)); err != nil {
		return err
	}
	return b.api.Create(ctx, eventOf(obj, "Assigned", "assigned credential "+change.CredentialID))
}

// remove deletes the i-th object and takes the credential away: record, the change, a look, the finalizer off and one event.
func (b *bareClient) remove(ctx context.Context, d doors, i int) error {
	obj, key, change := d.object(i), b.keys[i%d.keys], d.assignment(i)
	if err := b.api.Delete(ctx, obj); err != nil {
		return err
	}
	if err := b.patchStatus(ctx, obj, pending(obj, v1alpha1.OperationUnassign)); err != nil {
		return err
	}
	if _, err := key.UnassignCredential(ctx, change); err != nil {
		return err
	}
	shown, err := key.GetCredential(ctx, change.CredentialID)
	if err != nil {
		return err
	}
	if shown.ACSUserID != "" {
		return fmt.Errorf("credential %s is still held after it was unassigned", change.CredentialID)
	}
	if err := b.patch(ctx, obj, map[string]any{"metadata": map[string]any{"finalizers": nil}}); err != nil {
		return err
	}
	return b.api.Create(ctx, eventOf(obj, "Unassigned", "unassigned credential "+change.CredentialID))
}
