package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

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
	trouble time.Time // until when the front desk's calls to Seam fail
	pending []next
	isDone  func(*run) bool // nil for what tells nothing
}

// request is what has to be done with the process, by the driver since it cannot be done while a request waits.
type request struct {
	restart, replace bool
	offset           time.Duration
}

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

// err returns what went wrong with deeds that nobody waited for.
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
	r.Intercept(nil) // what comes now is nothing that the scenario asks for
	var rest invariants.Moment
	if err == nil {
		rest = r.Moment()
		err = r.rest()
	}
	out := r.judge(began, rest)
	out.boundaries = boundaries
	return out, err
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
	isTroubled := req.ToSeam && req.Token == world.FrontDeskKey && r.Now().Before(r.trouble)
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
		r.calmFrom(max(becomes.LateBy, becomes.AnswerAfter))
	case struck > 0 && f.after != nil:
		if becomes = f.after(r, req.Number-struck, req); becomes != unharmed {
			r.calmFrom(max(becomes.LateBy, becomes.AnswerAfter))
		}
	}
	if isTroubled && becomes == unharmed {
		return world.Interference{Answer: http.StatusInternalServerError}
	}
	return becomes
}
