package world

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// processClock is the clock of one process of the operator, which tells when the process wants to be woken next. What time it
// is it knows from the world, so that the two never differ by more than the offset, not even while timers go off; the fake
// clock is there for the timers alone.
type processClock struct {
	*clocktesting.FakeClock
	world  *World
	offset time.Duration

	mu     sync.Mutex
	timers map[*timer]time.Time
}

func newProcessClock(w *World, offset time.Duration) *processClock {
	return &processClock{
		FakeClock: clocktesting.NewFakeClock(w.Now().Add(offset)), world: w, offset: offset, timers: map[*timer]time.Time{},
	}
}

// Now is the time of the process.
func (c *processClock) Now() time.Time { return c.world.Now().Add(c.offset) }

// Since returns how long ago a time of the process was.
func (c *processClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// timer is a timer whose time is known.
type timer struct {
	clock.Timer
	clock *processClock
}

// NewTimer returns a timer that the clock keeps in mind until it fires or is stopped. Tickers are not kept in mind: they
// only check whether something is due.
func (c *processClock) NewTimer(d time.Duration) clock.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{c.FakeClock.NewTimer(d), c}
	c.timers[t] = c.Now().Add(d)
	return t
}

// Stop stops the timer: nobody waits for its time any more.
func (t *timer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	delete(t.clock.timers, t)
	return t.Timer.Stop()
}

// next returns how long it is until the first timer fires; ok is false when there is none.
func (c *processClock) next() (d time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Now()
	for t, at := range c.timers {
		switch left := at.Sub(now); {
		case left <= 0:
			delete(c.timers, t) // it has fired
		case !ok || left < d:
			d, ok = left, true
		}
	}
	return d, ok
}
