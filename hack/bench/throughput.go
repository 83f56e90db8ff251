package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// crowd is many objects to which one thing happens at once, and who does it: the operator, or the bare client.
type crowd struct {
	*world
	doors
	operator *operator // nil for the bare client
	bare     *bareClient
}

// assign creates the objects, and measures from the first creation until the last one is seen Ready.
func (c crowd) assign(ctx context.Context, name string) (report.Phase, error) {
	c.doors.seed(c.seam)
	create := func(ctx context.Context, i int) error { return c.bare.assign(ctx, c.doors, i) }
	if c.operator != nil {
		create = func(ctx context.Context, i int) error { return c.api.Create(ctx, c.object(i)) }
	}
	return c.measure(ctx, name, "are Ready", create, func(s *sightings) map[string]time.Time { return s.ready })
}

// remove deletes the objects, and measures from the first deletion until the last one is gone. The operator leaves a deleted
// object alone for a grace, which is not counted.
func (c crowd) remove(ctx context.Context, name string) (report.Phase, error) {
	remove := func(ctx context.Context, i int) error { return c.bare.remove(ctx, c.doors, i) }
	if c.operator != nil {
		remove = func(ctx context.Context, i int) error { return c.api.Delete(ctx, c.object(i)) }
	}
	p, err := c.measure(ctx, name, "are gone", remove, func(s *sightings) map[string]time.Time { return s.gone })
	if err != nil {
		return p, err
	}
	for i := range c.many {
		if !c.isFree(c.seam, i) {
			return p, fmt.Errorf("%s is gone, and Seam still shows somebody as the holder of its credential", c.nameOf(i))
		}
	}
	p.MedianSeconds, p.P99Seconds = 0, 0 // they say how long the queue was, and no more
	if c.operator != nil {
		p.Seconds -= handOverGrace.Seconds()
	}
	return p, nil
}

// handOverGrace is the operator's own, by default.
const handOverGrace = 2 * time.Second

// measure does something for each object, and waits until a watch shows what comes of it.
func (c crowd) measure(ctx context.Context, name, what string, do func(context.Context, int) error, seen func(*sightings) map[string]time.Time) (p report.Phase, err error) {
	shown, stop, err := c.watch(ctx, c.doors)
	if err != nil {
		return p, err
	}
	defer stop()
	m, err := c.begin(ctx, c.operator)
	if err != nil {
		return p, err
	}
	sent := make([]time.Time, c.many)
	err = each(ctx, c.many, func(ctx context.Context, i int) error {
		sent[i] = time.Now()
		return do(ctx, i)
	})
	if err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	if err := c.awaitAll(ctx, shown, what, seen); err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	stop() // nobody writes to what it saw any more
	took, last := durations(c.doors, sent, seen(shown))
	end := m.end
	if c.operator == nil {
		end = m.endNow // all that it asked for was answered
	}
	if p, err = end(ctx, name, c.many, last.Sub(m.began)); err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	p.SetTimes(took)
	return p, nil
}

// awaitAll waits until the watch has shown all objects so.
func (c crowd) awaitAll(ctx context.Context, shown *sightings, what string, seen func(*sightings) map[string]time.Time) error {
	count := 0
	var failed error
	complete := func() bool {
		count, failed = shown.count(seen)
		return failed != nil || count >= c.many
	}
	var err error
	if c.operator != nil {
		err = c.until(ctx, c.operator, fmt.Sprintf("%d objects %s", c.many, what), complete)
	} else {
		err = process.Until(ctx, c.patience, complete)
	}
	if failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("%w (%d of %d %s)", err, count, c.many, what)
	}
	return nil
}

// durations returns how long each took, and when the last one came.
func durations(d doors, sent []time.Time, seen map[string]time.Time) (took []time.Duration, last time.Time) {
	for i, began := range sent {
		came := seen[d.nameOf(i)]
		took = append(took, came.Sub(began))
		if came.After(last) {
			last = came
		}
	}
	return took, last
}
