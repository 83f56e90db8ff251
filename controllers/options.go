package controllers

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/leader"
)

// Options are the operator's defaults, delays and bounds.
type Options struct {
	ResyncInterval time.Duration // how often a settled object is looked at again
	MinRetryDelay  time.Duration // the first delay of a retry, doubling
	MaxRetryDelay  time.Duration // the longest one, and how often a stalled object is looked at again
	SeamTimeout    time.Duration // how long a call to Seam may be under way
	HandOverGrace  time.Duration // how long a deleted object waits for another one to take over
	StopGrace      time.Duration // how long calls in flight may go on after the operator was asked to stop
	DeletionPolicy v1alpha1.DeletionPolicy
	// Concurrency is how many objects that have the claim to their credential are worked at the same time; as many others
	// are looked at beside them.
	Concurrency int
	Limits      keys.Limits

	// Namespaces and Selector are what the cache was made with; see CacheOptions.
	Namespaces []string
	Selector   labels.Selector

	Clock clock.WithTicker
	// Lease tells whether this process still leads; nil without leader election.
	Lease *Lease
	// Lifetime ends when calls in flight have to end at once, because the lease is lost or the process goes.
	Lifetime context.Context
}

// Limits bound what is asked of Seam with one API key.
type Limits = keys.Limits

// Lease is the lock of leader election, and knows when this process last renewed it.
type Lease = leader.Lease

// NewLease returns a lease that lasts so long from each renewal of the lock: the renew deadline.
func NewLease(lock resourcelock.Interface, lasts time.Duration) *Lease {
	return leader.NewLease(lock, lasts)
}
