package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/leader"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// The RBAC of the operator: least privilege, no wildcard.
//
// +kubebuilder:rbac:groups=acs.seam.co,resources=credentialassignments,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=acs.seam.co,resources=credentialassignments/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

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

// Reconciler is what all who work at CredentialAssignments share.
type Reconciler struct {
	Options
	Client   client.Client // reads from the cache, writes under the operator's field manager
	Live     client.Reader // reads from the API server
	Cache    *leader.Cache
	Recorder events.EventRecorder
	Keys     *keys.Ring

	memory memory
	wake   *inbox[CredentialID]
}

// CredentialID is the ID of a credential at Seam.
type CredentialID string

// objectID names one object of a credential. An object of the same name that was created anew is another one.
type objectID struct {
	credential CredentialID
	namespace  string
	name       string
	uid        types.UID
}

func keyOfObject(id CredentialID, obj *v1alpha1.CredentialAssignment) objectID {
	return objectID{credential: id, namespace: obj.Namespace, name: obj.Name, uid: obj.UID}
}

// The indexes of the cache.
const (
	credentialIndex = "spec.acsCredentialID"
	secretIndex     = "spec.apiKeySecretRef.name"
)

var indexes = map[string]client.IndexerFunc{
	credentialIndex: func(obj client.Object) []string {
		return []string{obj.(*v1alpha1.CredentialAssignment).Spec.ACSCredentialID}
	},
	secretIndex: func(obj client.Object) []string {
		return []string{obj.(*v1alpha1.CredentialAssignment).Spec.APIKeySecretRef.Name}
	},
}

// CacheOptions returns what the operator's cache holds: the objects that match the selector, in the namespaces or in
// all when there are none, and their Secrets by metadata.
func CacheOptions(namespaces []string, selector labels.Selector) cache.Options {
	options := cache.Options{ByObject: map[client.Object]cache.ByObject{
		&v1alpha1.CredentialAssignment{}: {Label: selector, Transform: withoutBallast},
	}}
	secret, held := secretCache()
	options.ByObject[secret] = held
	for _, namespace := range namespaces {
		if options.DefaultNamespaces == nil {
			options.DefaultNamespaces = map[string]cache.Config{}
		}
		options.DefaultNamespaces[namespace] = cache.Config{}
	}
	return options
}

// withoutBallast takes off what the operator does not read, and what others may make large.
func withoutBallast(in any) (any, error) {
	if obj, ok := in.(*v1alpha1.CredentialAssignment); ok {
		stripBallast(obj)
	}
	return in, nil
}

// longestRequest is the longest annotation value that the operator reads, in bytes.
const longestRequest = 256

func stripBallast(obj *v1alpha1.CredentialAssignment) {
	obj.ManagedFields, obj.Labels, obj.OwnerReferences = nil, nil, nil
	for name, value := range obj.Annotations {
		switch name {
		case v1alpha1.AnnotationRequestedAt, v1alpha1.AnnotationFluxRequestedAt, v1alpha1.AnnotationAbandon:
			if len(value) <= longestRequest {
				continue
			}
		}
		delete(obj.Annotations, name)
	}
}

// Add registers the operator with a manager whose cache has CacheOptions: it watches the objects themselves, and their
// Secrets by metadata. Each event wakes the credential that the object names; those of its objects that are due are handed
// to two pools of workers.
func Add(ctx context.Context, mgr ctrl.Manager, api *seam.API, options Options) error {
	r := &Reconciler{
		Options: options,
		Client:  client.WithFieldOwner(mgr.GetClient(), v1alpha1.FieldManager),
		Live:    mgr.GetAPIReader(),
		Cache: &leader.Cache{
			Live: mgr.GetAPIReader(), Cached: mgr.GetClient(), Namespaces: options.Namespaces, Selector: options.Selector, Clock: options.Clock,
		},
		Recorder: mgr.GetEventRecorder(v1alpha1.FieldManager),
		Keys:     keys.NewRing(api, options.Limits, options.Clock, countThrottled),
		wake:     &inbox[CredentialID]{},
	}
	for field, value := range indexes {
		if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.CredentialAssignment{}, field, value); err != nil {
			return fmt.Errorf("indexing CredentialAssignments by %s: %w", field, err)
		}
	}
	d := &dispatcher{Reconciler: r, owners: &inbox[objectID]{}, lookers: &inbox[objectID]{}}
	objects := source.TypedKind(mgr.GetCache(), &v1alpha1.CredentialAssignment{},
		handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, obj *v1alpha1.CredentialAssignment) []CredentialID {
			return []CredentialID{CredentialID(obj.Spec.ACSCredentialID)}
		}))
	secrets := source.TypedKind(mgr.GetCache(), client.Object(secretMetadata()),
		handler.TypedEnqueueRequestsFromMapFunc(r.credentialsOfSecret))
	return errors.Join(
		register(mgr, options, "credentialassignment", d, objects, secrets, r.wake.source()),
		register(mgr, options, "credentialassignment-owner", &worker{Reconciler: r, hasClaim: true}, d.owners.source()),
		register(mgr, options, "credentialassignment-look", &worker{Reconciler: r}, d.lookers.source()),
	)
}

// register adds a controller with a queue of its own.
func register[T comparable](mgr ctrl.Manager, options Options, name string, reconciler reconcile.TypedReconciler[T], sources ...source.TypedSource[T]) error {
	b := builder.TypedControllerManagedBy[T](mgr).Named(name)
	for _, s := range sources {
		b = b.WatchesRawSource(s)
	}
	return b.WithOptions(controller.TypedOptions[T]{
		MaxConcurrentReconciles: options.Concurrency,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[T](options.MinRetryDelay, options.MaxRetryDelay),
		NewQueue: func(name string, limiter workqueue.TypedRateLimiter[T]) workqueue.TypedRateLimitingInterface[T] {
			return workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[T]{Name: name, Clock: options.Clock})
		},
		SkipNameValidation: ptr.To(true),
	}).Complete(reconciler)
}

// credentialsOfSecret maps a Secret to the credentials of the objects that read it.
func (r *Reconciler) credentialsOfSecret(ctx context.Context, secret client.Object) []CredentialID {
	var list v1alpha1.CredentialAssignmentList
	err := r.Client.List(ctx, &list, client.InNamespace(secret.GetNamespace()),
		client.MatchingFields{secretIndex: secret.GetName()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "listing the CredentialAssignments of a Secret", "secret", client.ObjectKeyFromObject(secret))
		return nil
	}
	credentials := make([]CredentialID, 0, len(list.Items))
	for i := range list.Items {
		credentials = append(credentials, CredentialID(list.Items[i].Spec.ACSCredentialID))
	}
	return credentials
}

// outlive returns a context for what is under way when the operator is asked to stop: it ends StopGrace after stop, or
// at once with Lifetime.
func (r *Reconciler) outlive(stop context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(stop))
	dropGrace := context.AfterFunc(stop, func() { time.AfterFunc(r.StopGrace, cancel) })
	dropLifetime := context.AfterFunc(r.Lifetime, cancel)
	return ctx, func() {
		dropGrace()
		dropLifetime()
		cancel()
	}
}
