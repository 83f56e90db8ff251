package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// dispatcher finds out which objects of a credential are due and hands them to those who work at them: the object that has
// the claim to one queue, all others to another, so that no look at them keeps it waiting. Once the cache has caught up with what stood when this process began to
// lead, it performs no I/O.
type dispatcher struct {
	*Reconciler
	owners *inbox[objectID]
	looks  *inbox[objectID]
}

// Reconcile brings what is known of a credential up to date and hands over the objects that are due.
func (d *dispatcher) Reconcile(ctx context.Context, id CredentialID) (ctrl.Result, error) {
	if _, err := d.Cache.CatchUp(ctx); err != nil {
		return ctrl.Result{}, err
	}
	cached, err := d.objectsOf(ctx, id)
	if err != nil {
		return ctrl.Result{}, err
	}
	secrets, err := d.secretVersions(ctx, cached)
	if err != nil {
		return ctrl.Result{}, err
	}
	next := d.dispatch(id, cached, secrets)
	if next.IsZero() {
		d.memory.forget(id)
		return ctrl.Result{}, nil
	}
	return ctrl.Result{RequeueAfter: max(next.Sub(d.Clock.Now()), time.Millisecond)}, nil
}

// dispatch returns when the first object is due that is not handed over now; zero for never.
func (d *dispatcher) dispatch(id CredentialID, cached []v1alpha1.CredentialAssignment, secrets map[client.ObjectKey]string) (next time.Time) {
	c, now := d.memory.of(id), d.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh(cached, &d.Options, now)
	r := rankingOf(c.peers)
	for i := range c.peers {
		uid := types.UID(c.peers[i].UID)
		state := c.objects[uid]
		// A look at a version that the cache has not caught up with would decide by the past. Its end, or the version that was
		// written, wakes the credential again.
		if state.activity == busy || state.isAhead {
			continue
		}
		state.schedule.wanted = triggerOf(state.obj, secrets[secretOf(state.obj)], c.claimTriggerOf(i, r, state))
		due := state.schedule.due(now, d.MinRetryDelay)
		if state.mayGoOn() {
			due = now
		}
		item := objectID{id, state.obj.Namespace, state.obj.Name, uid}
		switch {
		case due.IsZero() || due.After(now):
		case i == r.first:
			due = d.enqueueOwner(c, i, item, now)
		default:
			due = d.enqueueLook(c, item, now)
		}
		next = assignment.Earlier(next, due)
	}
	return assignment.Earlier(next, c.remembersUntil(d.SeamTimeout, now))
}

// enqueueOwner queues the peer of index first, which has the claim and is due, once; or returns when to come again. It may wait
// among those that only look, from before it had the claim: then it is in both queues, and the worker of the other one finds
// that it is not its own any more.
func (d *dispatcher) enqueueOwner(c *credentialState, first int, id objectID, now time.Time) (again time.Time) {
	if until := c.awaitFirstLooks(first, now); !until.IsZero() {
		return until
	}
	return c.objects[id.uid].enqueue(d.owners, queuedAsOwner, id, now)
}

// enqueueLook queues an object that is due and does not have the claim, once; or returns when to come again.
func (d *dispatcher) enqueueLook(c *credentialState, id objectID, now time.Time) (again time.Time) {
	state := c.objects[id.uid]
	if state.activity != queuedForLook && !c.mayLook(state, now) {
		return now.Add(time.Second / looksPerSecond)
	}
	return state.enqueue(d.looks, queuedForLook, id, now)
}

const (
	// routinePriority lets everything else go first, as controller-runtime does with what it lists when it starts.
	routinePriority = handler.LowPriority
	// routinePatience is how long that may go on.
	routinePatience = 30 * time.Second
)

// enqueue queues an object, once; one that is queued already and has become urgent, or has waited for long, overtakes others.
// It returns when to come again for that.
func (o *objectState) enqueue(queue *inbox[objectID], as activity, id objectID, now time.Time) (again time.Time) {
	switch {
	case o.activity != as && o.isRoutine():
		o.activity, o.givesWayUntil = as, now.Add(routinePatience)
		queue.addWith(routinePriority, id)
	case o.activity != as:
		o.activity, o.givesWayUntil = as, time.Time{}
		queue.add(id)
	case !o.givesWayUntil.IsZero() && (!now.Before(o.givesWayUntil) || !o.isRoutine()):
		o.givesWayUntil = time.Time{}
		queue.add(id)
	}
	return o.givesWayUntil
}

// mayLook bounds how often objects without the claim are looked at again. First looks, deletions and what others wait for
// are not bounded.
func (c *credentialState) mayLook(o *objectState, now time.Time) bool {
	return !o.isTried || o.deletion != nil || o.schedule.isAwaited || c.looks.AllowN(now, 1)
}
