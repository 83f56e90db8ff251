package fakeseam

import (
	"context"
	"fmt"
)

// AwaitCalls returns when at least n calls of an operation ("" for any) have
// arrived since the start or ResetCalls; a call that a Fault holds has arrived.
// Its error is the context's.
func (j *Journal) AwaitCalls(ctx context.Context, n int, operation string) error {
	return j.await(ctx, "arrived", n, func() int { return countOf(j.calls, operation) })
}

// AwaitHeld returns when at least n calls of an operation ("" for any) are held by
// a Gate: with Fault.After their change is done by then. Its error is the context's.
func (j *Journal) AwaitHeld(ctx context.Context, n int, operation string) error {
	return j.await(ctx, "held", n, func() int { return countOf(j.held, operation) })
}

func (j *Journal) await(ctx context.Context, what string, n int, count func() int) error {
	for {
		seen, news := j.look(count)
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

func (j *Journal) look(count func() int) (seen int, news <-chan struct{}) {
	defer j.shared.enter()()
	return count(), j.news
}

func countOf(calls []*Call, operation string) int {
	n := 0
	for _, c := range calls {
		if matches(operation, c.Operation) {
			n++
		}
	}
	return n
}
