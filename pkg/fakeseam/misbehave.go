package fakeseam

import (
	"context"
	"time"
)

// misbehave answers a call the way a fault wants it.
func (fs *Faults) misbehave(ctx context.Context, ex *exchange, f Fault) answer {
	var done answer
	switch {
	case f.LateBy > 0:
		fs.postpone(ex, f.LateBy)
	case f.After:
		done = fs.operations.run(ex)
	}
	if !fs.delay(ctx, f.Delay) || !fs.hold(ex, f.Gate) {
		return answer{hangUp: true}
	}
	if own, ok := f.answer(); ok {
		return own
	}
	if !f.After {
		done = fs.operations.run(ex)
	}
	done.retryAfter = f.RetryAfter
	return done
}

// delay reports whether anybody still waits for the answer after d.
func (fs *Faults) delay(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-fs.closed:
		return false
	}
}

// hold reports whether the gate was opened, rather than the server closed.
func (fs *Faults) hold(ex *exchange, gate <-chan struct{}) bool {
	if gate == nil {
		return true
	}
	fs.note(fs.journal.hold, ex.call)
	defer fs.note(fs.journal.release, ex.call)
	select {
	case <-gate:
		return true
	case <-fs.closed:
		return false
	}
}

func (fs *Faults) note(what func(*Call), c *Call) {
	defer fs.shared.enter()()
	what(c)
}

// Close lets go of every call that a Fault holds, now and later; such a call
// ends without an answer, and without its change if that was still to come.
// Call it before httptest.Server.Close, which waits for calls in flight.
func (fs *Faults) Close() {
	fs.closeOnce.Do(func() { close(fs.closed) })
}
