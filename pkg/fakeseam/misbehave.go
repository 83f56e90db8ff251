package fakeseam

import (
	"context"
	"time"
)

// misbehave answers a call the way a fault wants it.
func (s *Server) misbehave(ctx context.Context, ex *exchange, f Fault) answer {
	var done answer
	switch {
	case f.LateBy > 0:
		s.postpone(ex, f.LateBy)
	case f.After:
		done = s.run(ex)
	}
	if !s.delay(ctx, f.Delay) || !s.hold(ex, f.Gate) {
		return answer{hangUp: true}
	}
	if own, ok := f.answer(); ok {
		return own
	}
	if !f.After {
		done = s.run(ex)
	}
	done.retryAfter = f.RetryAfter
	return done
}

// delay reports whether anybody still waits for the answer after d.
func (s *Server) delay(ctx context.Context, d time.Duration) bool {
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
	case <-s.closed:
		return false
	}
}

// hold reports whether the gate was opened, rather than the server closed.
func (s *Server) hold(ex *exchange, gate <-chan struct{}) bool {
	if gate == nil {
		return true
	}
	s.tell(func() { s.journal.hold(ex.call) })
	defer s.tell(func() { s.journal.release(ex.call) })
	select {
	case <-gate:
		return true
	case <-s.closed:
		return false
	}
}

func (s *Server) tell(note func()) {
	defer s.enter()()
	note()
}
