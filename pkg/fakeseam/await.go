package fakeseam

import (
	"context"
	"fmt"
)

// AwaitCalls returns when at least n calls of an operation ("" for any) have
// arrived since the start or ResetCalls; a call that a Fault holds has arrived.
// Its error is the context's.
func (s *Server) AwaitCalls(ctx context.Context, n int, operation string) error {
	return s.await(ctx, "arrived", n, func() int { return countOf(s.journal.calls, operation) })
}

// AwaitHeld returns when at least n calls of an operation ("" for any) are held by
// a Gate: with Fault.After their change is done by then. Its error is the context's.
func (s *Server) AwaitHeld(ctx context.Context, n int, operation string) error {
	return s.await(ctx, "held", n, func() int { return countOf(s.journal.held, operation) })
}

func (s *Server) await(ctx context.Context, what string, n int, count func() int) error {
	for {
		seen, news := s.look(count)
		if seen >= n {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return fmt.Errorf("awaiting %d calls, %d %s: %w", n, seen, what, context.Cause(ctx))
		}
	}
}

func (s *Server) look(count func() int) (int, <-chan struct{}) {
	defer s.enter()()
	return count(), s.journal.news
}
