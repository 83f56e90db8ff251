package controllers

import (
	"context"
	"fmt"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// dispatcher finds out which objects of a credential are due and hands them to those who work at them: the object that has
// the claim to one queue, all others to another, so that no look at them keeps it waiting. It performs no I/O.
type dispatcher struct {
	*Reconciler
	owners  *inbox[objectID]
	lookers *inbox[objectID]
}

// queueTime is how long an object that was handed over may wait for a look before it is handed over again.
const queueTime = time.Minute

// Reconcile brings what is known of a credential up to date and hands over the objects that are due.
func (d *dispatcher) Reconcile(ctx context.Context, id CredentialID) (ctrl.Result, error) {
	if _, err := d.Cache.CatchUp(ctx); err != nil {
		return ctrl.Result{}, err
	}
	cached, err := d.objectsOf(ctx, id)
	if err != nil {
		return ctrl.Result{}, err
	}
	next, err := d.dispatch(ctx, id, cached)
	switch {
	case err != nil:
		return ctrl.Result{}, err
	case next.IsZero():
		d.memory.forget(id)
		return ctrl.Result{}, nil
	default:
		return ctrl.Result{RequeueAfter: max(next.Sub(d.Clock.Now()), time.Millisecond)}, nil
	}
}

// dispatch returns when the first object is due that is not handed over now; zero for never.
func (d *dispatcher) dispatch(ctx context.Context, id CredentialID, cached []v1alpha1.CredentialAssignment) (time.Time, error) {
	c, now := d.memory.of(id), d.Clock.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	objects := c.update(cached, &d.Options, now)
	first := assignment.Judge(c.peers)
	isHeldBack := c.awaitsFirstLook(first, now)
	successors := assignment.Successors(c.peers)
	var next time.Time
	if isHeldBack {
		next = c.awaitsSince.Add(assignment.FirstLooksWait)
	}
	for i, obj := range objects {
		state := c.objects[obj.UID]
		if state.isBusy || state.latest != nil || i == first && isHeldBack {
			continue // its end, or the version that was written, wakes the credential again
		}
		secret, err := d.secretVersion(ctx, obj)
		if err != nil {
			return time.Time{}, err
		}
		claim := c.claimTriggerOf(assignment.ClaimOf(c.peers, i, first), state, i == first, successors)
		due := state.schedule.due(triggerOf(obj, c.peers[i].Record, secret, claim), now, d.MinRetryDelay)
		switch {
		case due.IsZero():
		case due.After(now):
			next = earlier(next, due)
		case i == first:
			d.owners.add(keyOfObject(id, obj))
		case now.Before(state.queuedAt.Add(queueTime)):
		case c.mayLook(state, now):
			state.queuedAt = now
			d.lookers.add(keyOfObject(id, obj))
		default:
			next = earlier(next, now.Add(time.Second/looksPerSecond))
		}
	}
	return earlier(next, c.remembersUntil(d.SeamTimeout, now)), nil
}

// mayLook bounds how often objects without the claim are looked at again. First looks, deletions and what others wait for
// are not bounded.
func (c *credentialState) mayLook(o *objectState, now time.Time) bool {
	return !o.isTried || !o.deletionSeen.IsZero() || o.schedule.isAwaited || c.looks.AllowN(now, 1)
}

// awaitsFirstLook reports whether the claim of the first peer waits for a first look at older rivals. It does so for a
// limited time, whoever comes meanwhile.
func (c *credentialState) awaitsFirstLook(first int, now time.Time) bool {
	if !assignment.AwaitsFirstLook(c.peers, first) {
		return false
	}
	if uid := c.peers[first].UID; c.awaiting != uid {
		c.awaiting, c.awaitsSince = uid, now
	}
	return now.Before(c.awaitsSince.Add(assignment.FirstLooksWait))
}

// successor returns the UID of the object that took over since this one was deleted; empty when there is none. Of several it
// is always the same one: the cache lists them in any order.
func (o *objectState) successor(peers []assignment.Peer, successors []int) string {
	if o.deletionSeen.IsZero() {
		return ""
	}
	lowest := ""
	for _, i := range successors {
		if p := &peers[i]; !p.LastRead.At.Before(o.deletionSeen) && (lowest == "" || p.UID < lowest) {
			lowest = p.UID
		}
	}
	return lowest
}

// objectsOf lists the objects of a credential as the cache has them. They are not copied: nobody may change them.
func (r *Reconciler) objectsOf(ctx context.Context, id CredentialID) ([]v1alpha1.CredentialAssignment, error) {
	var list v1alpha1.CredentialAssignmentList
	if err := r.Client.List(ctx, &list, client.MatchingFields{credentialIndex: string(id)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the CredentialAssignments of credential %s: %w", id, err)
	}
	return list.Items, nil
}
