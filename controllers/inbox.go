package controllers

import (
	"context"
	"sync"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// inbox hands items to a controller's queue from within the operator. Events of the API server reach queues by informers; what
// one part of the operator has to say to another is no change of any object, so that it needs a way of its own.
// What comes before the controller has started waits.
type inbox[T comparable] struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[T]
	waiting []T
}

// source lets the inbox know the queue of the controller that it is given to.
func (b *inbox[T]) source() source.TypedSource[T] {
	return source.TypedFunc[T](func(_ context.Context, queue workqueue.TypedRateLimitingInterface[T]) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.queue = queue
		for _, item := range b.waiting {
			queue.Add(item)
		}
		b.waiting = nil
		return nil
	})
}

func (b *inbox[T]) add(item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.queue == nil {
		b.waiting = append(b.waiting, item)
		return
	}
	b.queue.Add(item)
}
