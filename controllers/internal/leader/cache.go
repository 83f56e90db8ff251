package leader

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

const (
	// Once in the life of a leader, for as long as its cache is behind: a watch of its own would cost more.
	pollEvery = 20 * time.Millisecond
	pageSize  = 500
)

// Cache is the cache that a leader decides on. The leader before it may have recorded writes that the cache does not
// show yet.
type Cache struct {
	Live   client.Reader // reads from the API server
	Cached client.Reader // reads from the cache, whose CredentialAssignments are whole objects

	// Namespaces and Selector are what the cache was made with; all when there are none.
	Namespaces []string
	Selector   labels.Selector

	Clock clock.PassiveClock

	caughtUp  atomic.Pointer[time.Time] // what CatchUp returns; nil until it succeeded
	makeTurn  sync.Once
	turn      chan struct{} // full while a call brings the cache up to date
	firstCall time.Time     // of whoever has the turn
}

// CatchUp returns once the cache shows everything that stood when this process began to lead: the time of its first
// call, which is what it returns. The first call lists every CredentialAssignment, live, and waits until the cache shows
// each at that resource version or newer, or the object is gone; others wait for it. A call that fails, with an error of
// a reader or of its context, leaves the work to the next one. Once it succeeded, it costs nothing.
func (c *Cache) CatchUp(ctx context.Context) (since time.Time, err error) {
	if began := c.caughtUp.Load(); began != nil {
		return *began, nil
	}
	c.makeTurn.Do(func() { c.turn = make(chan struct{}, 1) })
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("waiting for a cache that is up to date: %w", ctx.Err())
	}
	if began := c.caughtUp.Load(); began != nil {
		return *began, nil
	}
	if c.firstCall.IsZero() {
		c.firstCall = c.Clock.Now()
	}
	if err := c.awaitAll(ctx); err != nil {
		return time.Time{}, fmt.Errorf("bringing the cache up to date: %w", err)
	}
	began := c.firstCall
	c.caughtUp.Store(&began)
	return began, nil
}

func (c *Cache) awaitAll(ctx context.Context) error {
	namespaces := c.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	for _, namespace := range namespaces {
		if err := c.awaitNamespace(ctx, namespace); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cache) awaitNamespace(ctx context.Context, namespace string) error {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CredentialAssignmentList"))
	options := &client.ListOptions{Namespace: namespace, LabelSelector: c.Selector, Limit: pageSize}
	for {
		if err := c.Live.List(ctx, list, options); err != nil {
			return fmt.Errorf("listing CredentialAssignments: %w", err)
		}
		for i := range list.Items {
			if err := c.await(ctx, &list.Items[i]); err != nil {
				return fmt.Errorf("waiting for CredentialAssignment %s: %w", client.ObjectKeyFromObject(&list.Items[i]), err)
			}
		}
		if list.Continue == "" {
			return nil
		}
		options.Continue = list.Continue
	}
}

// await waits until the cache shows the listed object at its resource version or newer, or the object is gone.
func (c *Cache) await(ctx context.Context, listed *metav1.PartialObjectMetadata) error {
	key := client.ObjectKeyFromObject(listed)
	return wait.PollUntilContextCancel(ctx, pollEvery, true, func(ctx context.Context) (bool, error) {
		var cached v1alpha1.CredentialAssignment // by metadata it would be read from a cache of its own
		err := c.Cached.Get(ctx, key, &cached)
		switch {
		case apierrors.IsNotFound(err):
			return c.isGone(ctx, key)
		case err != nil:
			return false, err
		}
		order, err := resourceversion.CompareResourceVersion(cached.ResourceVersion, listed.ResourceVersion)
		return order >= 0, err
	})
}

// isGone reports whether the object is gone from the cluster, or from what the cache selects.
func (c *Cache) isGone(ctx context.Context, key client.ObjectKey) (bool, error) {
	live := &metav1.PartialObjectMetadata{}
	live.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CredentialAssignment"))
	err := c.Live.Get(ctx, key, live)
	switch {
	case apierrors.IsNotFound(err):
		return true, nil
	case err != nil:
		return false, err
	}
	return c.Selector != nil && !c.Selector.Matches(labels.Set(live.Labels)), nil
}
