package main

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

const (
	// settled is how long everything has to stay as it is until it counts as settled: whatever is late has landed by then,
	// and what waits for a person was looked at once more.
	settled = 6 * time.Minute
	// usualPatience is how long that may take from the beginning.
	usualPatience = 20 * time.Minute
	// retryTime is how long it may take after the last fault: what is late lands in two time-outs, and the longest delay of a
	// retry is jittered.
	retryTime   = 2*world.SeamTimeout + world.MaxRetryDelay*11/10 + 30*time.Second
	restWatched = 70 * time.Minute
)

// drive lets time go on until everything is settled.
func (r *run) drive(patience time.Duration) error {
	began := r.Now()
	since := began
	isSettled := false
	for {
		if err := r.attend(); err != nil {
			return err
		}
		most := longest(patience)
		if calm := r.calmAt(); isSettled && r.Now().Before(calm) {
			most = min(most, calm.Sub(r.Now())+time.Second)
		} else if isSettled {
			most = settled - r.Now().Sub(since) + time.Second
		}
		if _, err := r.Step(most, !isSettled); err != nil {
			return err
		}
		if err := r.err(); err != nil {
			return err
		}
		isSettled = r.isSettled()
		switch now := r.Now(); {
		case !isSettled || now.Before(r.calmAt()): // what hides trouble, such as a forged status, does not end it
			since = now
			if now.Sub(began) > patience {
				return fmt.Errorf("nothing is settled after %s", patience)
			}
		case now.Sub(since) >= settled:
			return nil
		}
	}
}

// longest returns how far time may go on at once.
func longest(patience time.Duration) time.Duration {
	if patience > usualPatience {
		return 10 * time.Minute
	}
	return 30 * time.Second
}

// rest lets time go by while nothing changes.
func (r *run) rest() error {
	began := r.Now()
	for r.Now().Sub(began) < restWatched {
		if _, err := r.Step(restWatched, false); err != nil {
			return err
		}
	}
	_, err := r.Step(time.Second, false)
	return err
}

// attend does what was asked for while a request waited, and what somebody does next.
func (r *run) attend() error {
	r.mu.Lock()
	asked := r.asked
	r.asked = request{}
	r.mu.Unlock()
	if r.thawIn.Load() > 0 && r.thawIn.Add(-1) == 0 {
		r.process.Thaw()
	}
	if asked.restart || asked.replace {
		r.restarted = true
		if asked.restart {
			r.process.Kill()
		} else {
			r.process.Stop()
		}
		var err error
		if r.process, err = r.Start(asked.offset); err != nil {
			return err
		}
	}
	if len(r.pending) > 0 && r.pending[0].when(r) {
		do := r.pending[0].do
		r.pending = r.pending[1:]
		r.calmFrom(0)
		return do(r)
	}
	return nil
}

// isSettled reports whether nobody has anything left to do.
func (r *run) isSettled() bool {
	r.mu.Lock()
	asked := r.asked
	r.mu.Unlock()
	if asked.restart || asked.replace || !r.IsAllLanded() || r.thawIn.Load() > 0 {
		return false
	}
	isDone := len(r.pending) == 0 && (r.isDone == nil || r.isDone(r))
	if !isDone && !r.isStoppedSafely() {
		return false
	}
	return r.allRest() && r.CatchUp() == nil && r.allRest()
}

// isStoppedSafely reports whether the scenario may not come to its end because its object waits for a person: the plan took
// away what the operator had put down.
func (r *run) isStoppedSafely() bool {
	o := r.object(key)
	return r.plan.boundary > 0 && r.plan.fault().destroys && o != nil && meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionStalled)
}

// allRest reports whether every object rests, as far as the watch has told.
func (r *run) allRest() bool {
	for _, v := range r.Latest() {
		if !v.IsGone && !rests(&v.Object) {
			return false
		}
	}
	return true
}

// rests reports whether an object waits for nothing but time or a person.
func rests(o *world.Object) bool {
	is := func(name string) bool { return meta.IsStatusConditionTrue(o.Status.Conditions, name) }
	switch {
	case is(v1alpha1.ConditionStalled) && o.Status.ObservedGeneration == o.Generation:
		return true
	case !o.DeletionTimestamp.IsZero():
		return false
	case o.Status.ObservedGeneration != o.Generation || len(o.Status.PendingWrites) > 0 || is(v1alpha1.ConditionReconciling):
		return false
	default:
		return is(v1alpha1.ConditionReady) || o.Spec.Suspend
	}
}
