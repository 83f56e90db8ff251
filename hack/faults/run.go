package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// run is one plan while it runs.
type run struct {
	*world.World
	plan      plan
	process   *world.Process
	restarted bool
	thawIn    atomic.Int32 // steps until watches go on

	mu      sync.Mutex
	asked   request
	begun   map[string]bool // of during
	struck  int             // the number of the request that the fault struck; zero before
	calm    time.Time       // when the last fault was over, and the last deed done
	errs    []error
	pending []next
	isDone  func(*run) bool // nil for what tells nothing
}

// request is what has to be done with the process, by the driver since it cannot be done while a request waits.
type request struct {
	restart, replace bool
	offset           time.Duration
}

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

// askToRestart kills the process; another one, whose clock is wrong by an offset, takes its place.
func (r *run) askToRestart(offset time.Duration) {
	r.process.Cut()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked.restart, r.asked.offset = true, offset
}

// askToReplace lets another process take over from one that is asked to stop.
func (r *run) askToReplace() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked.replace = true
}

// calmFrom notes that a fault, or what somebody does, is not over before so much time has gone by.
func (r *run) calmFrom(d time.Duration) {
	at := r.Now().Add(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	if at.After(r.calm) {
		r.calm = at
	}
}

func (r *run) calmAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.calm
}

// must keeps an error of a deed that nothing waits for.
func (r *run) must(err error) {
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.errs = append(r.errs, err)
	}
}

func (r *run) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.errs...)
}

// execute runs a plan and returns how it ended.
func execute(ctx context.Context, cluster *world.Cluster, p plan, name string) (*outcome, error) {
	w, err := world.New(ctx, cluster, name)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	r := &run{World: w, plan: p, begun: map[string]bool{}}
	out, err := r.tell()
	if out == nil {
		out = &outcome{}
	}
	out.log = w.Log()
	return out, errors.Join(err, r.err())
}

// tell runs the scenario from its beginning to its end.
func (r *run) tell() (*outcome, error) {
	s := r.plan.scenario()
	r.Seam.SetBehaviour(r.plan.profile().behaviour)
	var err error
	if r.process, err = r.Start(0); err != nil {
		return nil, err
	}
	if s.prepare != nil {
		if err := s.prepare(r); err != nil {
			return nil, err
		}
		if err := r.drive(usualPatience); err != nil {
			return nil, fmt.Errorf("preparing: %w", err)
		}
	}
	r.Intercept(r.intercept)
	began := r.Moment()
	r.calmFrom(0)
	r.pending, r.isDone = s.then, s.isDone
	if err := s.begin(r); err != nil {
		return nil, err
	}
	patience := max(s.patience, usualPatience)
	if r.plan.fault().healsAtResync {
		patience += restWatched
	}
	err = r.drive(patience)
	if err == nil && r.plan.boundary > 0 && r.plan.fault().healsAtResync {
		if err = r.rest(); err == nil {
			err = r.drive(usualPatience)
		}
	}
	boundaries := r.Boundaries()
	var rest invariants.Moment
	if err == nil {
		rest = r.Moment()
		err = r.rest()
	}
	out := r.judge(began, rest)
	out.boundaries = boundaries
	return out, err
}

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
		if isSettled {
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
		case !isSettled:
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

// intercept lets happen what the scenario and the plan want at a request.
func (r *run) intercept(req world.Request) world.Interference {
	r.mu.Lock()
	do := r.plan.scenario().during[req.What]
	if r.begun[req.What] {
		do = nil
	}
	r.begun[req.What] = true
	struck := r.struck
	if req.Number == r.plan.boundary {
		r.struck = req.Number
	}
	r.mu.Unlock()
	if do != nil {
		r.must(do(r))
		r.calmFrom(0)
	}
	becomes := unharmed
	switch f := r.plan.fault(); {
	case r.plan.boundary == 0:
	case req.Number == r.plan.boundary:
		becomes = f.strike(r, req)
		r.calmFrom(becomes.LateBy)
	case struck > 0 && f.after != nil:
		if becomes = f.after(r, req.Number-struck, req); becomes != unharmed {
			r.calmFrom(becomes.LateBy)
		}
	}
	return becomes
}
