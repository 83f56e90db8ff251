package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// The API server took a write and stored something else, as a mutating webhook makes it.
var (
	errFinalizerNotStored = errors.New("the API server did not store the finalizer " + v1alpha1.Finalizer + ": look for what strips it, such as a mutating webhook")
	errFinalizerKept      = errors.New("the API server kept the finalizer " + v1alpha1.Finalizer + ": look for what puts it back, such as a mutating webhook")
	errRecordNotStored    = errors.New("the API server did not store status.pendingWrites: look for what strips it, such as a mutating webhook; nothing was sent to Seam")
)

// ifUnchanged makes a patch that the API server takes only while the object is still the version that was decided on.
func (a *attempt) ifUnchanged() client.Patch {
	return client.MergeFromWithOptions(a.obj, client.MergeFromWithOptimisticLock{})
}

// stored takes over the object as the API server answered a write: until the cache shows it, it counts.
func (a *attempt) stored(obj *v1alpha1.CredentialAssignment) {
	stripBallast(obj)
	a.obj = obj
	a.credential.update(func() { a.state.obj, a.state.isAhead = obj, true })
}

// setFinalizer puts the finalizer on the object or takes it off.
func (a *attempt) setFinalizer(ctx context.Context, present bool) error {
	obj := a.obj.DeepCopy()
	if present {
		controllerutil.AddFinalizer(obj, v1alpha1.Finalizer)
	} else {
		controllerutil.RemoveFinalizer(obj, v1alpha1.Finalizer)
	}
	if err := a.Client.Patch(ctx, obj, a.ifUnchanged()); err != nil {
		return fmt.Errorf("changing the finalizer of %s/%s: %w", obj.Namespace, obj.Name, err)
	}
	a.stored(obj)
	a.in.Object.Finalizer = status.HasFinalizer(obj)
	switch {
	case present && !a.in.Object.Finalizer:
		return errFinalizerNotStored
	case !present && a.in.Object.Finalizer:
		return errFinalizerKept
	default:
		return nil
	}
}

// removeFinalizer takes the finalizer off. A deleted object is gone then, and what it wrote is remembered without it.
func (a *attempt) removeFinalizer(ctx context.Context, d assignment.Decision) error {
	if a.in.Object.Deletion == nil {
		return a.setFinalizer(ctx, false)
	}
	if err := a.setFinalizer(ctx, false); client.IgnoreNotFound(err) != nil {
		return err
	}
	a.credential.update(func() {
		a.state.obj, a.state.isAhead, a.state.activity, a.state.sent = nil, false, letGone, nil
		a.credential.writes.orphans = append(a.credential.writes.orphans, d.Record.Pending...)
	})
	a.emitGone(ctx, d)
	return nil
}

// putRecord writes the record into status, and sees that it was stored.
func (a *attempt) putRecord(ctx context.Context, record assignment.Record) error {
	obj := a.obj.DeepCopy()
	status.PutRecord(obj, record)
	if obj.Status.WorkspaceID == "" {
		obj.Status.WorkspaceID = a.session.seen.WorkspaceID // a lost answer must not leave it unknown
	}
	a.remember(record.Pending)
	if err := a.Client.Status().Patch(ctx, obj, a.ifUnchanged()); err != nil {
		if isChanged(err) { // refused: it is not sent
			a.credential.update(func() { a.state.forgetSettled(a.in.Object.Record.Pending) })
		}
		return fmt.Errorf("recording a change of %s/%s: %w", obj.Namespace, obj.Name, err)
	}
	a.remember(record.Pending) // what was forgotten meanwhile, when the cache showed the object without it
	a.stored(obj)
	if stored := status.RecordOf(obj); !slices.EqualFunc(stored.Pending, record.Pending, assignment.PendingWrite.Same) {
		return errRecordNotStored
	}
	a.in.Object.Record, a.in.Object.WorkspaceID = record, obj.Status.WorkspaceID
	return nil
}

// remember keeps pending writes as this process's own clock dates them.
func (a *attempt) remember(writes []assignment.PendingWrite) {
	a.credential.update(func() {
		for _, w := range writes {
			a.state.remember(w)
		}
	})
}

// isChanged reports whether an error says that the object changed or went while it was handled.
func isChanged(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
