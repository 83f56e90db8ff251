package controllers

import (
	"context"
	"sync"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// inbox hands items to a controller's queue from within the operator. Events of the API server reach queues by informers; what
// one part of the operator has to say to another is no change of any object, so that it needs a way of its own.
// What comes before the controller has started waits.
type inbox[T comparable] struct {
	mu      sync.Mutex
	queue   workqueue.TypedRateLimitingInterface[T]
	waiting []prioritized[T]
}

// prioritized is an item, and before which others it goes: the higher the sooner.
type prioritized[T comparable] struct {
	item     T
	priority int
}

// source lets the inbox know the queue of the controller that it is given to.
func (b *inbox[T]) source() source.TypedSource[T] {
	return source.TypedFunc[T](func(_ context.Context, queue workqueue.TypedRateLimitingInterface[T]) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.queue = queue
		for _, p := range b.waiting {
			b.enqueue(p)
		}
		b.waiting = nil
		return nil
	})
}

func (b *inbox[T]) add(item T) { b.addWith(0, item) }

// addWith adds an item with a priority. One that is in the queue already keeps the higher one of both.
func (b *inbox[T]) addWith(priority int, item T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := prioritized[T]{item, priority}
	if b.queue == nil {
		b.waiting = append(b.waiting, p)
		return
	}
	b.enqueue(p)
}

func (b *inbox[T]) enqueue(p prioritized[T]) {
	if queue, knowsPriorities := b.queue.(priorityqueue.PriorityQueue[T]); knowsPriorities {
		queue.AddWithOpts(priorityqueue.AddOpts{Priority: &p.priority}, p.item)
		return
	}
	b.queue.Add(p.item)
}
