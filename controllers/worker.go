package controllers

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// worker makes one attempt at a time at an object that was handed over to it.
type worker struct {
	*Reconciler
	// takes is how the objects were handed over: those that have the claim to their credential, or all others.
	takes activity
}

// conflictDelay is how soon an object is looked at again that changed while it was handled. Mostly its event comes first.
const conflictDelay = 200 * time.Millisecond

// errUnfinished stands for an attempt that panicked.
var errUnfinished = errors.New("the attempt was not finished")

// Reconcile makes one attempt at an object. It may be stopped after any line and started again.
func (w *worker) Reconcile(stop context.Context, id objectID) (ctrl.Result, error) {
	ctx, cancel := w.outlive(stop)
	defer cancel()
	leading, err := w.Cache.CatchUp(ctx)
	if err != nil {
		return ctrl.Result{}, err
	}
	a := w.begin(id, leading)
	if a == nil {
		w.wake.add(id.credential) // it changed since it was handed over
		return ctrl.Result{}, nil
	}
	a.stop = stop
	ctx = ctrl.LoggerInto(ctx, ctrl.LoggerFrom(ctx).WithValues("object", id.namespace+"/"+id.name))
	err = w.attempt(ctx, a)
	w.publish(ctx, a.events) // nobody waits for that any more
	if isChanged(err) {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, err
}

// attempt makes an attempt and ends it.
func (w *worker) attempt(ctx context.Context, a *attempt) (err error) {
	// controller-runtime recovers from a panic. An object that stayed busy after it would never be looked at again.
	err = errUnfinished
	defer func() { w.end(a, err) }() // whatever happens: it must not stay busy
	err = a.run(ctx)
	return err
}

// begin takes an object up as it was handed over; nil when it is not to be worked at here any more.
func (w *worker) begin(id objectID, leading time.Time) *attempt {
	c, now := w.memory.of(id.credential), w.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	state := c.objects[id.uid]
	if state == nil || state.activity != w.takes {
		return nil
	}
	// Since it was handed over, another object may have come that goes before it.
	state.activity = idle
	first, isOwner := assignment.Judge(c.peers), w.takes == queuedAsOwner
	i := indexOf(c.peers, id.uid)
	if state.obj == nil || i < 0 || isOwner != (i == first) || isOwner && !c.awaitFirstLooks(first, now).IsZero() {
		return nil
	}
	state.activity = busy
	isRoutine := state.isRoutine()
	s := w.standingOf(state, assignment.ClaimOf(c.peers, i, first).Winner)
	state.schedule.wanted = triggerOf(state.obj, state.schedule.wanted.secret, state.schedule.wanted.claim) // another look may have seen a newer version
	var unlessKeyChanged time.Time
	if isDone := !state.isPutOff && state.failing == nil; isDone && state.schedule.isBySecret(now) {
		unlessKeyChanged = state.schedule.next
	}
	if own := &state.own.key; !state.isPutOff {
		own.question.Patience = state.schedule.patience(now)
	}
	if state.schedule.begin() {
		state.own.sends = sends{}
	}
	a := newAttempt(w.Reconciler, c, state, s, leading)
	a.isRoutine, a.unlessKeyChanged = isRoutine, unlessKeyChanged
	return a
}

// standingOf returns how an object stands that is taken up, when another one may have the claim.
func (w *worker) standingOf(state *objectState, winner *assignment.Peer) standing {
	switch {
	case w.takes == queuedAsOwner:
		return hasClaim
	case state.schedule.isAwaited, state.deletion != nil, winner != nil && winner.Deleting:
		return looksUrgently
	default:
		return onlyLooks
	}
}

// end makes the object free for others, and wakes its credential.
func (w *worker) end(a *attempt, err error) {
	a.session.close()
	now, c := w.Clock.Now(), a.credential
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.state.activity == busy {
		a.state.activity = idle
	}
	a.state.isTried = a.state.isTried || !a.result.isPutOff
	if a.in.Object.Deletion != nil {
		a.state.deletion = a.in.Object.Deletion
	}
	s := &a.state.schedule
	s.ended, s.next = now, a.result.next
	s.trigger = triggerOf(a.obj, s.trigger.secret, s.trigger.claim) // what it did itself is no news
	a.state.isPutOff, a.state.failing = a.result.isPutOff, a.result.failing
	// An error is returned to controller-runtime too, for its metrics and its log. Which of the two comes back first is no matter.
	switch {
	case isChanged(err):
		s.next = now.Add(s.retry(conflictDelay, w.MaxRetryDelay))
	case err != nil:
		s.next = now.Add(s.retry(w.MinRetryDelay, w.MaxRetryDelay))
	}
	w.wake.add(CredentialID(a.obj.Spec.ACSCredentialID))
}

// goOn wakes all credentials with objects that went by what others with the key were told, now that it works again.
func (r *Reconciler) goOn(k *keys.Key) {
	for id, c := range r.memory.all() {
		if c.waitsFor(k) {
			r.wake.add(id)
		}
	}
}
