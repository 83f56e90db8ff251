package main

import (
	"context"
	"sync"
	"sync/atomic"
)

// workers is how many requests this program has under way at once: as many objects as the operator works at, by default.
const workers = 32

// each does something for each number below many, and returns the first error.
func each(ctx context.Context, many int, do func(ctx context.Context, i int) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(workers, many) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= many {
					return
				}
				if err := do(ctx, i); err != nil {
					fail(err)
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}
