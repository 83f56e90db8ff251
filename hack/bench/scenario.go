package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// setup says what a scenario measures.
type setup struct {
	binary  string
	objects int
	latency time.Duration // of each call to Seam
	keys    int
	rest    time.Duration
	steps   steps
}

// steps says how much of a scenario is told.
type steps int

const (
	throughput steps = iota // assign and delete
	short                   // the same, a rest and a restart
	all                     // everything
	made                    // everything that objects can do that were made Ready by hand
)

// patience is how long anything may take: much longer than it does, since machines are busy, and an operator that would never
// be done has to be noticed.
func (s setup) patience() time.Duration {
	return 2*time.Minute + time.Duration(s.objects)*(100*time.Millisecond+2*s.latency)
}

// Where the numbers of doors begin.
const (
	ownDoors = iota * 1_000_000
	newDoors
	variantDoors
	templateDoors
	warmUpDoors
	floorDoors
)

// run tells one scenario. The bare client works half before the operator and half after it, so that a machine that slows down
// slows both.
func (s setup) run(ctx context.Context) (out report.Scenario, err error) {
	say("%d objects, %s a call: starting etcd, kube-apiserver and a fake Seam …", s.objects, s.latency)
	out = report.Scenario{Objects: s.objects, Milliseconds: int(s.latency.Milliseconds()), Keys: s.keys, Machine: thisMachine()}
	w, err := newWorld(ctx, s)
	if err != nil {
		return out, err
	}
	defer w.stop()
	if out.Machine.Kubernetes, err = w.version(); err != nil {
		return out, err
	}
	r := &recording{setup: s, world: w, out: &out}
	if s.steps == made {
		return out, r.ofMade(ctx)
	}
	w.seam.slow(s.latency)
	if r.bare, err = newBareClient(w, s.keys); err != nil {
		return out, err
	}
	if err := r.warmUp(ctx); err != nil {
		return out, err
	}
	if err := r.floor(ctx, 0); err != nil {
		return out, err
	}
	if err := r.ofOperator(ctx); err != nil {
		return out, err
	}
	return out, r.floor(ctx, 1)
}

// recording is a scenario that is being told.
type recording struct {
	setup
	world *world
	bare  *bareClient
	out   *report.Scenario
}

func (r *recording) doors() doors {
	return doors{name: "door", first: ownDoors, many: r.objects, keys: r.keys}
}

// add keeps a phase, and prints it.
func (r *recording) add(p report.Phase, err error) error {
	if err != nil {
		return err
	}
	r.out.Merge(p)
	say("  %s", p)
	return nil
}

// warmUp lets an API server that has just started do everything once, so that it does not slow down the first who comes.
func (r *recording) warmUp(ctx context.Context) error {
	c := crowd{world: r.world, bare: r.bare, doors: doors{name: "warm-up", first: warmUpDoors, many: 4 * workers, keys: r.keys}}
	if _, err := c.assign(ctx, "warming up"); err != nil {
		return err
	}
	_, err := c.remove(ctx, "warming up")
	return err
}

// floor lets the bare client do one half of its work.
func (r *recording) floor(ctx context.Context, half int) error {
	each := (r.objects + 1) / 2
	c := crowd{world: r.world, bare: r.bare, doors: doors{name: fmt.Sprintf("bare-%d", half), first: floorDoors + half*each, many: each, keys: r.keys}}
	p, err := c.assign(ctx, report.FloorOf(report.Assign))
	if err := r.add(p, err); err != nil {
		return err
	}
	p, err = c.remove(ctx, report.FloorOf(report.Delete))
	return r.add(p, err)
}

// ofOperator tells what the operator does, from the first object to the last one.
func (r *recording) ofOperator(ctx context.Context) (err error) {
	if err := r.assign(ctx); err != nil {
		return err
	}
	if r.steps >= short {
		if err := r.restart(ctx); err != nil {
			return err
		}
	}
	if r.steps >= all {
		if err := r.resync(ctx); err != nil {
			return err
		}
	}
	if err := r.remove(ctx); err != nil || r.steps < all {
		return err
	}
	return r.variant(ctx)
}

// assign begins with no object, and leaves all of them Ready.
func (r *recording) assign(ctx context.Context) error {
	return r.with(ctx, func(o *operator) (err error) {
		if r.out.IdleBytes, err = o.PeakMemory(); err != nil {
			return err
		}
		p, err := crowd{world: r.world, operator: o, doors: r.doors()}.assign(ctx, report.Assign)
		if err := r.add(p, err); err != nil || r.steps < short {
			return err
		}
		p, err = r.world.rest(ctx, o, r.doors(), r.rest)
		return r.add(p, err)
	}, unlimited)
}

// restart is done with the operator's own limits.
func (r *recording) restart(ctx context.Context) error {
	o, p, err := r.world.restart(ctx, r.binary, r.doors())
	if err := r.add(p, err); err != nil {
		return err
	}
	o.Stop()
	return nil
}

// resync measures an operator that reads everything again every minute, and what else happens meanwhile. An hour's work in a
// minute is more than the limit of a key allows.
func (r *recording) resync(ctx context.Context) error {
	return r.with(ctx, func(o *operator) error {
		p, err := r.world.resync(ctx, o, r.doors())
		if err := r.add(p, err); err != nil {
			return err
		}
		if r.steps == made {
			return nil
		}
		p, err = r.world.drift(ctx, o, r.doors())
		if err := r.add(p, err); err != nil {
			return err
		}
		p, err = r.world.beside(ctx, o, r.keys)
		return r.add(p, err)
	}, unlimited, everyMinute)
}

// remove leaves nothing of the doors that were assigned first.
func (r *recording) remove(ctx context.Context) error {
	return r.with(ctx, func(o *operator) error {
		p, err := crowd{world: r.world, operator: o, doors: r.doors()}.remove(ctx, report.Delete)
		return r.add(p, err)
	}, unlimited)
}

// variant measures as many new objects with deletionPolicy Retain, of a Seam that answers a change with nothing.
func (r *recording) variant(ctx context.Context) error {
	r.world.seam.SetBehaviour(fakeseam.Behaviour{VoidAnswers: true})
	defer r.world.seam.SetBehaviour(fakeseam.Behaviour{})
	return r.with(ctx, func(o *operator) error {
		d := doors{name: "retained", first: variantDoors, many: r.objects, keys: r.keys, policy: v1alpha1.DeletionPolicyRetain}
		p, err := crowd{world: r.world, operator: o, doors: d}.assign(ctx, report.Variant)
		return r.add(p, err)
	}, unlimited)
}

// with runs an operator that has caught up for as long as something is done.
func (r *recording) with(ctx context.Context, do func(*operator) error, args ...[]string) error {
	o, err := r.world.startOperator(ctx, r.binary, args...)
	if err != nil {
		return err
	}
	defer o.Stop()
	if _, err := r.world.caughtUp(ctx, o); err != nil {
		return err
	}
	return do(o)
}
