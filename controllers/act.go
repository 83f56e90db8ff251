package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// The API server took a write and stored something else, as a mutating webhook makes it.
var (
	errFinalizerNotStored = errors.New("the API server did not store the finalizer " + v1alpha1.Finalizer + ": look for what strips it, such as a mutating webhook")
	errFinalizerKept      = errors.New("the API server kept the finalizer " + v1alpha1.Finalizer + ": look for what puts it back, such as a mutating webhook")
	errRecordNotStored    = errors.New("the API server did not store status.pendingWrites: look for what strips it, such as a mutating webhook; nothing was sent to Seam")
)

// otherWriteDelay is how soon an object looks again that wants to write while another one of its credential does.
const otherWriteDelay = time.Second

// sentWrite is a change at Seam that an attempt made.
type sentWrite struct {
	assignment.PendingWrite
	cause assignment.Cause
}

// reasonDuring is Ready's reason while the effect of a write does not show.
func reasonDuring(operation v1alpha1.Operation) string {
	if operation == v1alpha1.OperationUnassign {
		return v1alpha1.ReasonUnassigning
	}
	return v1alpha1.ReasonAssigning
}

// setFinalizer puts the finalizer on the object or takes it off, provided that the object is still the one that the
// decision went by.
func (a *attempt) setFinalizer(ctx context.Context, present bool) error {
	base := a.obj.DeepCopy()
	if present {
		controllerutil.AddFinalizer(a.obj, v1alpha1.Finalizer)
	} else {
		controllerutil.RemoveFinalizer(a.obj, v1alpha1.Finalizer)
	}
	err := a.Client.Patch(ctx, a.obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		a.obj = base
		return fmt.Errorf("changing the finalizer of %s/%s: %w", base.Namespace, base.Name, err)
	}
	a.noteVersion()
	a.in.Object.Finalizer = status.HasFinalizer(a.obj)
	switch {
	case present && !a.in.Object.Finalizer:
		return errFinalizerNotStored
	case !present && a.in.Object.Finalizer:
		return errFinalizerKept
	default:
		return nil
	}
}

// noteVersion notes the object as the API server answered a write: until the cache shows it, it counts.
func (a *attempt) noteVersion() {
	stripBallast(a.obj)
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	a.state.latest = a.obj.DeepCopy()
}

// removeFinalizer takes the finalizer off. A deleted object is gone then, and what it wrote is remembered without it.
func (a *attempt) removeFinalizer(ctx context.Context, d assignment.Decision) error {
	if a.in.Object.Deletion == nil {
		return a.setFinalizer(ctx, false)
	}
	if err := a.setFinalizer(ctx, false); client.IgnoreNotFound(err) != nil {
		return err
	}
	a.credential.mu.Lock()
	a.state.isGone = true
	a.credential.orphans = slices.Concat(a.credential.orphans, d.Record.Pending)
	a.state.sent = nil
	a.credential.mu.Unlock()
	a.tellGone(d)
	return nil
}

// write records the decided change and then asks Seam for it, in that order: no record, no call. While it lasts, no other
// object of the credential writes.
func (a *attempt) write(ctx context.Context, d assignment.Decision) error {
	if err := a.reserveWrite(); err != nil {
		return err
	}
	defer a.releaseWrite()
	if err := a.refreshPeers(ctx); err != nil {
		return err
	}
	if again := a.decide(); again.Action != d.Action || again.Person != d.Person {
		return nil // the others changed: the attempt goes on with what is decided now
	}
	if a.isReadOld() {
		a.seen.forget()
		return nil
	}
	w := a.newWrite(d)
	cause := assignment.CauseOf(a.in.Object)
	if err := a.putRecord(ctx, a.in.Object.Record.With(w, d.IsOwner)); err != nil {
		return err
	}
	a.written = &sentWrite{PendingWrite: w, cause: cause}
	result, err := a.send(ctx, w)
	return a.learn(d, result, err)
}

// reserveWrite keeps the other objects of the credential from writing, or says how long to wait for one that writes.
func (a *attempt) reserveWrite() error {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	if a.credential.isWriting {
		return &keys.BusyError{Wait: otherWriteDelay}
	}
	a.credential.isWriting = true
	a.beginEpoch()
	return nil
}

func (a *attempt) releaseWrite() {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	a.credential.isWriting = false
	a.beginEpoch()
}

// beginEpoch tells the other objects that something began or ended. What this one does is no news to itself.
func (a *attempt) beginEpoch() {
	if a.epoch == a.credential.epoch {
		a.epoch++
	}
	a.credential.epoch++
}

// isReadOld reports whether the credential was read too long ago to act on, or before another object's write ended.
func (a *attempt) isReadOld() bool {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	return a.Clock.Since(a.seen.answered) >= assignment.MaxReadAge || a.seen.writes != a.credential.writes
}

// newWrite returns the entry of the decided change. Its time in the record is in whole seconds, and told apart from others.
func (a *attempt) newWrite(d assignment.Decision) assignment.PendingWrite {
	now := a.Clock.Now()
	w := assignment.PendingWrite{
		Operation: d.Action.Operation(),
		Person:    d.Person,
		StartedAt: now.Truncate(time.Second),
		SentAt:    now,
	}
	for slices.ContainsFunc(a.in.Object.Record.Pending, w.Same) {
		w.StartedAt = w.StartedAt.Add(time.Second)
	}
	return w
}

// putRecord writes the record into status, provided that the object is still the one that the decision went by, and sees
// that it was stored.
func (a *attempt) putRecord(ctx context.Context, record assignment.Record) error {
	base := a.obj.DeepCopy()
	status.PutRecord(a.obj, record)
	if a.obj.Status.WorkspaceID == "" {
		a.obj.Status.WorkspaceID = a.seen.WorkspaceID // a lost answer must not leave it unknown
	}
	a.remember(record.Pending...)
	if err := a.Client.Status().Patch(ctx, a.obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		a.obj = base
		if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
			a.forgetUnrecorded()
		}
		return fmt.Errorf("recording a change of %s/%s: %w", base.Namespace, base.Name, err)
	}
	a.remember(record.Pending...)
	a.noteVersion()
	stored := status.RecordOf(a.obj)
	if !slices.EqualFunc(stored.Pending, record.Pending, assignment.PendingWrite.Same) {
		return errRecordNotStored
	}
	a.in.Object.Record, a.in.Object.WorkspaceID = record, a.obj.Status.WorkspaceID
	return nil
}

// remember keeps pending writes as this process's own clock dates them.
func (a *attempt) remember(writes ...assignment.PendingWrite) {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	for _, w := range writes {
		a.state.remember(w)
	}
}

// forgetUnrecorded drops the write whose record the API server refused: it is not sent.
func (a *attempt) forgetUnrecorded() {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	a.state.forgetSettled(a.in.Object.Record)
}

// send asks Seam for the recorded change. The call ends, whatever happens, a time-out after its record was sent.
func (a *attempt) send(ctx context.Context, w assignment.PendingWrite) (seam.WriteResult, error) {
	ctx, cancel := context.WithTimeout(ctx, a.SeamTimeout-a.Clock.Since(w.SentAt))
	defer cancel()
	if a.isStopping() || a.isReadOld() {
		cancel() // nothing goes out any more, and the client says so
	}
	request := seam.Assignment{
		CredentialID:   a.obj.Spec.ACSCredentialID,
		ACSUserID:      w.Person.ACSUserID,
		UserIdentityID: w.Person.UserIdentityID,
	}
	if w.Operation == v1alpha1.OperationUnassign {
		return a.key.UnassignCredential(ctx, request)
	}
	return a.key.AssignCredential(ctx, request)
}

// learn takes over what the answer to a write says.
func (a *attempt) learn(d assignment.Decision, result seam.WriteResult, err error) error {
	w := a.written.PendingWrite
	a.countWrite()
	switch class := seam.ClassOf(err); {
	case err == nil:
		a.acknowledged(result)
		return nil
	case class == seam.OutcomeUnknown:
		a.seen.forget()
		a.state.own.sends.sent(w, a.SeamTimeout, a.MaxRetryDelay)
		return err
	}
	a.in.Object.Record = a.in.Object.Record.Without(w)
	a.written = nil
	a.seen.forget()
	switch class := seam.ClassOf(err); {
	case class == seam.NotFound || class == seam.Invalid || class == seam.Unauthorized:
		a.refuse(d, err)
		if class == seam.Unauthorized && a.in.Object.Deletion != nil {
			return err // perhaps another key may
		}
		return nil
	case !a.isStopping() && class == seam.Unavailable:
		return nil // it was not sent, because writing the record took long: the credential is read again
	default: // nothing went out, or Seam said to come later
		return err
	}
}

// countWrite notes that a write has ended, so that reads from before it are not acted on.
func (a *attempt) countWrite() {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	a.credential.writes++
	a.state.ownWrites++
}

// acknowledged takes over a change that Seam accepted. What is left to see is that reads show it.
func (a *attempt) acknowledged(result seam.WriteResult) {
	w := &a.written.PendingWrite
	w.Acknowledged = true
	a.key.Worked()
	a.remember(*w)
	a.credential.mu.Lock()
	a.credential.acknowledged = w
	a.credential.mu.Unlock()
	record := a.in.Object.Record.Without(*w)
	a.in.Object.Record = record.With(*w, false)
	a.in.Acknowledged = w

	own := &a.state.own
	own.key.lastWrote = a.key
	own.sends.Refused = nil
	own.sends.sent(*w, a.SeamTimeout, a.MaxRetryDelay)
	own.isWriteTold = true
	if deletion := a.in.Object.Deletion; deletion != nil {
		deletion.Unassigned, own.hasUnassigned = true, true
	}
	writes.WithLabelValues(w.Operation.Verb(), string(a.written.cause)).Inc()
	a.tellWrite(result.RequestID)
	a.seen.forget()
	if result.Credential != nil && a.in.Object.Deletion == nil && isReadable(*result.Credential) {
		a.seen.take(*result.Credential)
		a.noteAnswer()
	}
}

// noteAnswer lets the answer of a write count as a read.
func (a *attempt) noteAnswer() {
	a.credential.mu.Lock()
	a.seen.writes = a.credential.writes
	a.credential.mu.Unlock()
	a.noteRead()
}

// refuse remembers a refused write, so that it is not sent again before something that it depends on changes.
func (a *attempt) refuse(d assignment.Decision, err error) {
	reason, message := a.reasonOf(err)
	if seam.IsNotFound(err) {
		reason = v1alpha1.ReasonAssigneeNotFound
		message = fmt.Sprintf("Seam has no %s in this workspace: correct spec", d.Person)
		if d.Action == assignment.Unassign {
			message = fmt.Sprintf("Seam shows %s as the holder and says that there is nobody of that ID to unassign", d.Person)
		}
	}
	if d.Action == assignment.Assign && a.seen.Holder.IsFree() {
		message += "; nobody holds the credential now"
	}
	own := &a.state.own
	own.sends.Refused = &assignment.Refusal{Operation: d.Action.Operation(), Person: d.Person, Holder: a.seen.Holder, Reason: reason, Message: message}
	until := a.resyncInterval()
	if seam.IsUnauthorized(err) {
		until = min(until, a.MaxRetryDelay/2) // the key is at fault, not the request: it is tried again with the next look
	}
	own.sends.refusedUntil = a.Clock.Now().Add(until)
}
