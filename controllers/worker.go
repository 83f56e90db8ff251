package controllers

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// worker looks at one object at a time, and does what is decided.
type worker struct {
	*Reconciler
	// hasClaim says that its objects have the claim to their credential.
	hasClaim bool
}

// conflictDelay is how soon an object is looked at again that changed while it was handled. Mostly its event comes first.
const conflictDelay = 200 * time.Millisecond

// Reconcile makes one attempt at an object. It may be stopped after any line and started again.
func (w *worker) Reconcile(stop context.Context, id objectID) (ctrl.Result, error) {
	ctx, end := w.outlive(stop)
	defer end()
	leading, err := w.Cache.CatchUp(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	a, err := w.begin(ctx, id, leading)
	if a == nil || err != nil {
		return ctrl.Result{}, err
	}
	a.stop, a.hasClaim = stop, w.hasClaim
	err = errUnfinished
	defer func() { w.end(a, err) }() // whatever happens: it must not stay busy
	if err = a.run(ctx); isChanged(err) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, err
}

// errUnfinished stands for an attempt that panicked.
var errUnfinished = errors.New("the attempt was not finished")

// begin takes an object up; nil when there is nothing to do at it, or somebody else works at it.
func (w *worker) begin(ctx context.Context, id objectID, leading time.Time) (*attempt, error) {
	var cached v1alpha1.CredentialAssignment
	err := w.Client.Get(ctx, client.ObjectKey{Namespace: id.namespace, Name: id.name}, &cached)
	if err != nil || cached.UID != id.uid {
		return nil, client.IgnoreNotFound(err)
	}
	secret, err := w.secretVersion(ctx, &cached)
	if err != nil {
		return nil, err
	}
	c := w.memory.of(id.credential)
	c.mu.Lock()
	defer c.mu.Unlock()
	return w.take(c, &cached, secret, leading), nil
}

// take makes the object the worker's own if it is due; nil when it is not. The caller holds the credential's mutex.
func (w *worker) take(c *credentialState, obj *v1alpha1.CredentialAssignment, secret string, leading time.Time) *attempt {
	state, i, first := c.objects[obj.UID], indexOf(c.peers, obj.UID), assignment.Judge(c.peers)
	if state == nil {
		return nil
	}
	if !w.hasClaim {
		state.queuedAt = time.Time{}
	}
	now := w.Clock.Now()
	if i < 0 || !state.isFree(obj) || w.hasClaim != (i == first) || w.hasClaim && c.awaitsFirstLook(first, now) {
		return nil
	}
	claim := assignment.ClaimOf(c.peers, i, first)
	successors := assignment.Successors(c.peers)
	t := triggerOf(obj, state.recordOf(obj, now), secret, c.claimTriggerOf(claim, state, w.hasClaim, successors))
	if due := state.schedule.due(t, now, w.MinRetryDelay); due.IsZero() || due.After(now) {
		return nil
	}
	isAwaited := state.schedule.isAwaited
	if state.schedule.begin(t) {
		state.own.sends = sends{}
	}
	state.isBusy = true
	a := newAttempt(w.Reconciler, c, state, obj, claim, leading)
	a.isUrgent = w.hasClaim || isAwaited || a.in.Object.Deletion != nil || claim.Winner != nil && claim.Winner.Deleting
	return a
}

// end lets the object go, and wakes its credential.
func (w *worker) end(a *attempt, err error) {
	a.closeKey()
	now := w.Clock.Now()
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	s := &a.state.schedule
	a.state.isBusy, a.state.isTried = false, a.state.isTried || !a.isPutOff
	s.ended, s.next = now, a.next
	s.trigger = triggerOf(a.obj, status.RecordOf(a.obj), s.trigger.secret, s.trigger.claim) // what it did itself is no news
	switch {
	case isChanged(err):
		s.next = now.Add(s.retry(conflictDelay, w.MaxRetryDelay))
	case err != nil:
		s.next = now.Add(s.retry(w.MinRetryDelay, w.MaxRetryDelay))
	}
	w.wake.add(CredentialID(a.obj.Spec.ACSCredentialID))
}

// isChanged reports whether an error says that the object changed or went while it was handled.
func isChanged(err error) bool { return apierrors.IsConflict(err) || apierrors.IsNotFound(err) }
