package main

import (
	"context"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
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
	return 5*time.Minute + time.Duration(s.objects)*(100*time.Millisecond+2*s.latency)
}

// Where the numbers of doors begin.
const (
	ownDoors = iota * 1_000_000
	newDoors
	variantDoors
	templateDoors
	floorDoors
)

// run tells one scenario.
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
	w.seam.slow(s.latency)
	r := &recording{setup: s, world: w, out: &out}
	if r.bare, err = newBareClient(w, s.keys); err != nil {
		return out, err
	}
	for _, step := range r.told() {
		if err := step(ctx); err != nil {
			return out, err
		}
	}
	return out, nil
}

// recording is a scenario that is being told.
type recording struct {
	setup
	world *world
	bare  *bareClient
	laps  int // of the bare client, so far
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
