package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
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

// subject is the object that an attempt is about, and all that the operator writes to it.
type subject struct {
	client     client.Client
	credential *credentialState
	state      *objectState
	obj        *v1alpha1.CredentialAssignment // the version that the attempt goes by, which nobody may change
}

// ifUnchanged makes a patch that the API server takes only while the object is still the version that was decided on.
func (s *subject) ifUnchanged() client.Patch {
	return client.MergeFromWithOptions(s.obj, client.MergeFromWithOptimisticLock{})
}

// stored takes over the object as the API server answered a write: until the cache shows it, it counts. controller-runtime's
// own way to read what one wrote makes readers wait for the cache; here nobody waits, and the object is looked at when it shows.
func (s *subject) stored(obj *v1alpha1.CredentialAssignment) {
	stripBallast(obj)
	s.obj = obj
	s.credential.update(func() { s.state.obj, s.state.isAhead = obj, true })
}

// setFinalizer puts the finalizer on the object or takes it off.
func (s *subject) setFinalizer(ctx context.Context, present bool) error {
	obj := s.obj.DeepCopy()
	if present {
		controllerutil.AddFinalizer(obj, v1alpha1.Finalizer)
	} else {
		controllerutil.RemoveFinalizer(obj, v1alpha1.Finalizer)
	}
	if err := s.client.Patch(ctx, obj, s.ifUnchanged()); err != nil {
		return fmt.Errorf("changing the finalizer of %s/%s: %w", obj.Namespace, obj.Name, err)
	}
	s.stored(obj)
	switch isThere := status.HasFinalizer(obj); {
	case present && !isThere:
		return errFinalizerNotStored
	case !present && isThere:
		return errFinalizerKept
	default:
		return nil
	}
}

// letGo takes the finalizer off a deleted object. It is gone then, and what it wrote is remembered without it.
func (s *subject) letGo(ctx context.Context, pending []assignment.PendingWrite) error {
	if err := s.setFinalizer(ctx, false); client.IgnoreNotFound(err) != nil {
		return err
	}
	s.credential.update(func() {
		s.state.obj, s.state.isAhead, s.state.activity, s.state.sent = nil, false, letGone, nil
		s.credential.writes.orphans = append(s.credential.writes.orphans, pending...)
	})
	return nil
}

// putRecord writes the record into status, and sees that it was stored. The workspace is put there too when status names
// none: a lost answer must not leave it unknown.
func (s *subject) putRecord(ctx context.Context, record assignment.Record, workspaceID string) error {
	obj := s.obj.DeepCopy()
	status.PutRecord(obj, record)
	obj.Status.WorkspaceID = cmp.Or(obj.Status.WorkspaceID, workspaceID)
	before := status.RecordOf(s.obj).Pending
	// Others must know of the call before the API server does: the cache may show them the record before the answer comes.
	s.remember(record.Pending)
	if err := s.client.Status().Patch(ctx, obj, s.ifUnchanged()); err != nil {
		if isChanged(err) { // refused: it is not sent
			s.credential.update(func() { s.state.forgetSettled(before) })
		}
		return fmt.Errorf("recording a change of %s/%s: %w", obj.Namespace, obj.Name, err)
	}
	s.remember(record.Pending) // what was forgotten meanwhile, when the cache showed the object without it
	s.stored(obj)
	if got := status.RecordOf(obj).Pending; !slices.EqualFunc(got, record.Pending, assignment.PendingWrite.Same) {
		return errRecordNotStored
	}
	return nil
}

// remember keeps pending writes as this process's own clock dates them.
func (s *subject) remember(writes []assignment.PendingWrite) {
	s.credential.update(func() {
		for _, w := range writes {
			s.state.remember(w)
		}
	})
}

// putOutcome writes what a look came to into status, if that changes something.
func (s *subject) putOutcome(ctx context.Context, out status.Outcome, now time.Time) error {
	obj := s.obj.DeepCopy()
	status.Apply(obj, out, now)
	if equality.Semantic.DeepEqual(s.obj.Status, obj.Status) {
		return nil
	}
	if err := s.client.Status().Patch(ctx, obj, s.ifUnchanged()); err != nil {
		return fmt.Errorf("reporting on %s/%s: %w", obj.Namespace, obj.Name, err)
	}
	s.stored(obj)
	return nil
}

// isChanged reports whether an error says that the object changed or went while it was handled.
func isChanged(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
