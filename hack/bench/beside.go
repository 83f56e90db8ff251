package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

const (
	// besidePerSecond is how many objects are created a second beside those that are being resynced.
	besidePerSecond = 50
	besideLength    = time.Minute
)

// beside measures how long new objects take to be Ready that come one after the other while all others are being resynced.
func (w *world) beside(ctx context.Context, o *operator, keys int) (p report.Phase, err error) {
	c := crowd{world: w, operator: o, doors: doors{name: "new", first: newDoors, many: int(besidePerSecond * besideLength.Seconds()), keys: keys}}
	c.seed(w.seam)
	shown, stop, err := w.watch(ctx, c.doors)
	if err != nil {
		return p, err
	}
	defer stop()
	m, err := w.begin(ctx, o)
	if err != nil {
		return p, err
	}
	sent, err := c.createInTime(ctx)
	if err != nil {
		return p, err
	}
	ready := func(s *sightings) map[string]time.Time { return s.ready }
	if err := c.awaitAll(ctx, shown, "are Ready", ready); err != nil {
		return p, err
	}
	stop() // nobody writes to what it saw any more
	took, last := durations(c.doors, sent, shown.ready)
	p, err = m.endNow(ctx, report.Beside, c.many, last.Sub(m.began))
	p.SetTimes(took)
	return p, err
}

// createInTime creates each object when its time has come, however long the ones before it take.
func (c crowd) createInTime(ctx context.Context) (sent []time.Time, err error) {
	sent = make([]time.Time, c.many)
	failed := make(chan error, c.many)
	tick := time.NewTicker(time.Second / besidePerSecond)
	defer tick.Stop()
	var wait sync.WaitGroup
	defer wait.Wait()
	for i := range c.many {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case err := <-failed:
			return nil, err
		}
		sent[i] = time.Now()
		wait.Go(func() {
			if err := c.api.Create(ctx, c.object(i)); err != nil {
				failed <- fmt.Errorf("creating %s: %w", c.nameOf(i), err)
			}
		})
	}
	wait.Wait()
	close(failed)
	return sent, <-failed
}
