package controllers

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
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
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler is what all who work at CredentialAssignments share.
type Reconciler struct {
	Options
	Client client.Client // reads from the cache, writes under the operator's field manager
	Live   client.Reader // reads from the API server
	Cache  *leader.Cache
	Keys   *keys.Ring

	memory     memory
	secretKeys secretKeys
	wake       *inbox[CredentialID]
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

// The indexes of the cache. The first is a selectable field of the CRD too, by which the API server itself is asked for rivals.
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
		wake: &inbox[CredentialID]{},
	}
	r.Keys = keys.NewRing(api, options.Limits, options.Clock, keys.Hooks{Throttled: countThrottled, Recovered: r.goOn})
	for field, value := range indexes {
		if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.CredentialAssignment{}, field, value); err != nil {
			return fmt.Errorf("indexing CredentialAssignments by %s: %w", field, err)
		}
	}
	// Three controllers, so that each queue has its own metrics: events wake credentials, credentials hand over objects.
	d := &dispatcher{Reconciler: r, owners: &inbox[objectID]{}, looks: &inbox[objectID]{}}
	objects := source.TypedKind(mgr.GetCache(), &v1alpha1.CredentialAssignment{},
		handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, obj *v1alpha1.CredentialAssignment) []CredentialID {
			return []CredentialID{CredentialID(obj.Spec.ACSCredentialID)}
		}))
	secrets := source.TypedKind(mgr.GetCache(), client.Object(secretMetadata()),
		handler.TypedEnqueueRequestsFromMapFunc(r.credentialsOfSecret))
	return errors.Join(
		register(mgr, options, "credentialassignment", d, delaying[CredentialID](options.Clock), objects, secrets, r.wake.source()),
		register(mgr, options, "credentialassignment-owner", &worker{Reconciler: r, takes: queuedAsOwner}, prioritizing[objectID], d.owners.source()),
		register(mgr, options, "credentialassignment-look", &worker{Reconciler: r, takes: queuedForLook}, prioritizing[objectID], d.looks.source()),
	)
}

// newQueue makes the queue of a controller.
type newQueue[T comparable] func(string, workqueue.TypedRateLimiter[T]) workqueue.TypedRateLimitingInterface[T]

// delaying returns queues whose delays go by the operator's clock, so that they can be tested.
func delaying[T comparable](now clock.WithTicker) newQueue[T] {
	return func(name string, limiter workqueue.TypedRateLimiter[T]) workqueue.TypedRateLimitingInterface[T] {
		return workqueue.NewTypedRateLimitingQueueWithConfig(limiter, workqueue.TypedRateLimitingQueueConfig[T]{Name: name, Clock: now})
	}
}

// prioritizing makes a queue in which what is urgent overtakes the rest. It delays nothing but what the API server refused.
func prioritizing[T comparable](name string, limiter workqueue.TypedRateLimiter[T]) workqueue.TypedRateLimitingInterface[T] {
	return priorityqueue.New(name, func(o *priorityqueue.Opts[T]) { o.RateLimiter = limiter })
}

// register adds a controller with a queue of its own. Its rate limiter serves only errors of the API server, which are returned
// to it: everything else is scheduled by the operator.
func register[T comparable](mgr ctrl.Manager, options Options, name string, reconciler reconcile.TypedReconciler[T], queue newQueue[T], sources ...source.TypedSource[T]) error {
	b := builder.TypedControllerManagedBy[T](mgr).Named(name)
	for _, s := range sources {
		b = b.WatchesRawSource(s)
	}
	return b.WithOptions(controller.TypedOptions[T]{
		MaxConcurrentReconciles: options.Concurrency,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[T](options.MinRetryDelay, options.MaxRetryDelay),
		NewQueue:                queue,
		SkipNameValidation:      ptr.To(true),
	}).Complete(reconciler)
}

// credentialsOfSecret maps a Secret to the credentials of the objects that read it.
func (r *Reconciler) credentialsOfSecret(ctx context.Context, secret client.Object) []CredentialID {
	r.secretKeys.forget(client.ObjectKeyFromObject(secret))
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

// objectsOf lists the objects of a credential as the cache has them. They are not copied: nobody may change them.
func (r *Reconciler) objectsOf(ctx context.Context, id CredentialID) ([]v1alpha1.CredentialAssignment, error) {
	var list v1alpha1.CredentialAssignmentList
	if err := r.Client.List(ctx, &list, client.MatchingFields{credentialIndex: string(id)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing the CredentialAssignments of credential %s: %w", id, err)
	}
	return list.Items, nil
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
