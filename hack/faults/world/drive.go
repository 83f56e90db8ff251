package world

import (
	"fmt"
	"slices"
	"time"
)

const (
	// idle is how long nothing passes, in real time, until the operator counts as waiting for a time to come. It has to be
	// longer before a large step of time, by which what it has in hand would become too old, and longest when nobody waits
	// for a time: then it is rather about to do something.
	idle      = 12 * time.Millisecond
	longIdle  = 40 * time.Millisecond
	doubtful  = 250 * time.Millisecond
	large     = 4 * time.Second
	heartbeat = 2 * time.Millisecond
	longWait  = 2 * time.Second
)

// lateRequest is what happens later than it was asked for.
type lateRequest struct {
	due time.Time
	do  func()
}

// Step lets the operator do all that it can, and then time go on to the next moment at which something is due, at most so far.
// isBusy says that the operator has something to do, so that somebody should be waiting for a time. It returns how far time
// went on.
func (w *World) Step(most time.Duration, isBusy bool) (time.Duration, error) {
	for {
		if err := w.quiet(idle); err != nil {
			return 0, err
		}
		d := w.untilDue(most)
		switch {
		case d == most && isBusy:
			if err := w.quiet(doubtful); err != nil {
				return 0, err
			}
		case d >= large:
			if err := w.quiet(longIdle); err != nil {
				return 0, err
			}
		}
		d = w.untilDue(most)
		if w.traffic.restsSince() == 0 {
			continue // it has begun something since, by the time as it is
		}
		w.advance(d)
		return d, w.Err()
	}
}

// quiet returns when nothing has passed for so long. That is counted in heartbeats, of which a machine that is too busy to let
// this goroutine have its turn lets go by fewer: the operator's have not had theirs either. On one that stays so, waiting has
// an end.
func (w *World) quiet(enough time.Duration) error {
	began := time.Now()
	last := began
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for beats := 0; ; {
		select {
		case <-tick.C:
		case <-w.ctx.Done():
			return w.ctx.Err()
		}
		now, rests := time.Now(), w.traffic.restsSince()
		if beats++; rests < now.Sub(last) {
			beats = 0
		}
		last = now
		switch waited := now.Sub(began); {
		case beats >= int(enough/heartbeat), rests >= enough && waited >= longWait:
			return nil
		case waited > patience:
			return fmt.Errorf("the operator has not come to rest for %s", patience)
		}
	}
}

// untilDue returns how long it is until somebody waits for the time.
func (w *World) untilDue(most time.Duration) time.Duration {
	for _, p := range w.running() { // not under the mutex: their clocks ask what time it is
		if d, ok := p.clock.next(); ok {
			most = min(most, d)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.late {
		most = min(most, r.due.Sub(w.now))
	}
	for _, due := range w.due {
		if d := due.Sub(w.now); d > 0 {
			most = min(most, d)
		}
	}
	return max(most, time.Millisecond)
}

// advance lets time go on, and what is late happen that is due then.
func (w *World) advance(d time.Duration) {
	w.mu.Lock()
	w.now = w.now.Add(d)
	now, processes := w.now, slices.Clone(w.processes)
	var due []lateRequest
	w.late = slices.DeleteFunc(w.late, func(r lateRequest) bool {
		if r.due.After(now) {
			return false
		}
		due = append(due, r)
		return true
	})
	w.mu.Unlock()
	w.Seam.Behaviour() // to look at it lets land what is late, at its time rather than with the next call
	for _, r := range due {
		r.do()
	}
	w.traffic.touch()
	for _, p := range processes {
		p.clock.Step(d)
	}
}

// After lets something happen when so much time has gone by.
func (w *World) After(by time.Duration, do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.late = append(w.late, lateRequest{w.now.Add(by), do})
}

// dueAt keeps in mind that something lands at Seam later.
func (w *World) dueAt(by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.due = append(w.due, w.now.Add(by))
}

// IsAllLanded reports whether nothing that is late is still to come.
func (w *World) IsAllLanded() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.late) == 0 && !slices.ContainsFunc(w.due, func(due time.Time) bool { return due.After(w.now) })
}
