package controllers

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// primer sees to it that a new leader decides nothing on a cache that is older than its leadership: the leader before
// it may have recorded writes that the cache does not show yet.
type primer struct {
	mu    sync.Mutex
	since time.Time // since when this process leads
	done  bool
}

const (
	primePoll = 20 * time.Millisecond
	primePage = 500
)

// prime lists every object once, live, and waits until the cache holds each at that resource version or newer.
func (r *Reconciler) prime(ctx context.Context) error {
	r.primer.mu.Lock()
	defer r.primer.mu.Unlock()
	if r.primer.done {
		return nil
	}
	r.primer.since = r.Clock.Now()
	namespaces := r.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	for _, namespace := range namespaces {
		if err := r.primeNamespace(ctx, namespace); err != nil {
			return fmt.Errorf("bringing the cache up to date: %w", err)
		}
	}
	r.primer.done = true
	return nil
}

func (r *Reconciler) primeNamespace(ctx context.Context, namespace string) error {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CredentialAssignmentList"))
	options := &client.ListOptions{Namespace: namespace, LabelSelector: r.Selector, Limit: primePage}
	for {
		if err := r.Live.List(ctx, list, options); err != nil {
			return err
		}
		for i := range list.Items {
			if err := r.await(ctx, &list.Items[i]); err != nil {
				return err
			}
		}
		if list.Continue == "" {
			return nil
		}
		options.Continue = list.Continue
	}
}

// await waits until the cache holds the listed object at its resource version or newer, or the object is gone.
func (r *Reconciler) await(ctx context.Context, listed *metav1.PartialObjectMetadata) error {
	key := client.ObjectKeyFromObject(listed)
	return wait.PollUntilContextCancel(ctx, primePoll, true, func(ctx context.Context) (bool, error) {
		var cached v1alpha1.CredentialAssignment
		err := r.Client.Get(ctx, key, &cached)
		switch {
		case apierrors.IsNotFound(err):
			return r.isGone(ctx, key)
		case err != nil:
			return false, err
		}
		order, err := resourceversion.CompareResourceVersion(cached.ResourceVersion, listed.ResourceVersion)
		return order >= 0, err
	})
}

func (r *Reconciler) isGone(ctx context.Context, key client.ObjectKey) (bool, error) {
	live := &metav1.PartialObjectMetadata{}
	live.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CredentialAssignment"))
	err := r.Live.Get(ctx, key, live)
	if err == nil && r.Selector != nil && !r.Selector.Matches(labels.Set(live.Labels)) {
		return true, nil // gone from what this operator handles
	}
	return apierrors.IsNotFound(err), client.IgnoreNotFound(err)
}
