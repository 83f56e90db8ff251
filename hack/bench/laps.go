package main

import (
	"context"
	"fmt"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

// told are the steps of the scenario, in their order. The bare client works before the operator and after it, at what it is
// compared in: a machine that slows down slows both.
func (r *recording) told() []func(context.Context) error {
	switch r.steps {
	case throughput:
		return []func(context.Context) error{r.warmUp, r.besideBare(report.Assign, r.assign), r.besideBare(report.Delete, r.remove)}
	case short:
		return []func(context.Context) error{r.warmUp, r.besideBare(report.Assign, r.assign), r.restart, r.besideBare(report.Delete, r.remove)}
	case made:
		return []func(context.Context) error{r.makeAll, r.restart, r.resync}
	default:
		return []func(context.Context) error{
			r.warmUp, r.besideBare(report.Assign, r.assign), r.restart, r.resync, r.besideBare(report.Delete, r.remove), r.variant,
		}
	}
}

// warmUp lets an API server that has just started do everything once, so that it does not slow down the first who comes.
func (r *recording) warmUp(ctx context.Context) error {
	_, _, err := r.lap(ctx, 4*workers)
	return err
}

// lap lets the bare client assign and delete some objects.
func (r *recording) lap(ctx context.Context, many int) (assigned, removed report.Phase, err error) {
	c := crowd{world: r.world, bare: r.bare, doors: doors{
		name: fmt.Sprintf("bare-%d", r.laps), first: floorDoors + r.laps*r.objects, many: many, keys: r.keys,
	}}
	r.laps++
	if assigned, err = c.assign(ctx, report.FloorOf(report.Assign)); err != nil {
		return assigned, removed, err
	}
	removed, err = c.remove(ctx, report.FloorOf(report.Delete))
	return assigned, removed, err
}

// besideBare does something of the operator between two laps of the bare client, half as long each, and keeps of these what the
// operator is compared in.
func (r *recording) besideBare(name string, do func(context.Context) error) func(context.Context) error {
	bare := func(ctx context.Context) error {
		assigned, removed, err := r.lap(ctx, (r.objects+1)/2)
		if name == report.Assign {
			return r.add(assigned, err)
		}
		return r.add(removed, err)
	}
	return func(ctx context.Context) error {
		for _, step := range []func(context.Context) error{bare, do, bare} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
