package main

import (
	"context"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// assign begins with no object, and leaves all of them Ready.
func (r *recording) assign(ctx context.Context) error {
	return r.with(ctx, func(o *operator) (err error) {
		if r.out.IdleBytes, err = o.PeakMemory(); err != nil {
			return err
		}
		p, err := crowd{world: r.world, operator: o, doors: r.doors()}.assign(ctx, report.Assign)
		return r.add(p, err)
	}, unlimited)
}

// restart measures an operator that finds all objects Ready, with its own limits, and then has nothing to do.
func (r *recording) restart(ctx context.Context) error {
	o, p, err := r.world.restart(ctx, r.binary, r.doors())
	if err := r.add(p, err); err != nil {
		return err
	}
	defer o.Stop()
	p, err = r.world.rest(ctx, o, r.doors(), r.rest)
	return r.add(p, err)
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
