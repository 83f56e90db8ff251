package controllers_test

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
	clocktesting "k8s.io/utils/clock/testing"
)

// timedClock is a story's clock as one operator has it: it knows whether that operator waits for a time to come. The fake
// clock itself counts tickers too, and the timers of operators that have ended.
type timedClock struct {
	*clocktesting.FakeClock

	mu    sync.Mutex
	ends  map[int]time.Time // of the timers that were not stopped
	count int
}

// isWaiting reports whether a timer runs.
func (c *timedClock) isWaiting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range c.ends {
		if end.After(c.Now()) {
			return true
		}
	}
	return false
}

func (c *timedClock) NewTimer(d time.Duration) clock.Timer {
	t := c.FakeClock.NewTimer(d)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.count++
	if c.ends == nil {
		c.ends = map[int]time.Time{}
	}
	c.ends[c.count] = c.Now().Add(d)
	return timer{Timer: t, clock: c, number: c.count}
}

// timer tells its clock when it was stopped.
type timer struct {
	clock.Timer
	clock  *timedClock
	number int
}

func (t timer) Stop() bool {
	t.clock.mu.Lock()
	delete(t.clock.ends, t.number)
	t.clock.mu.Unlock()
	return t.Timer.Stop()
}
