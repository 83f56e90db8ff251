package world

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// processClock is the clock of one process of the operator. It tells when the process wants to be woken next.
type processClock struct {
	*clocktesting.FakeClock

	mu     sync.Mutex
	timers map[*timer]time.Time
}

func newProcessClock(now time.Time) *processClock {
	return &processClock{FakeClock: clocktesting.NewFakeClock(now), timers: map[*timer]time.Time{}}
}

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
