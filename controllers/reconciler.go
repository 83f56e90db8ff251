package controllers

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
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
	Concurrency    int // credentials handled at the same time
	Limits         Limits

	// Namespaces and Selector are what the cache was made with; see CacheOptions.
	Namespaces []string
	Selector   labels.Selector

	Clock clock.PassiveClock
	// Lease tells whether this process still leads; nil without leader election.
	Lease *Lease
	// Lifetime ends when calls in flight have to end at once, because the lease is lost or the process goes.
	Lifetime context.Context
	// NewQueue replaces controller-runtime's queue; nil for its own.
	NewQueue func(name string, limiter workqueue.TypedRateLimiter[Credential]) workqueue.TypedRateLimitingInterface[Credential]
}

// Reconciler makes Seam agree with the CredentialAssignments of a cluster. One reconcile handles all objects that
// name one credential.
type Reconciler struct {
	Options
	Client   client.Client // reads from the cache, writes under the operator's field manager
	Live     client.Reader // reads from the API server
	Recorder events.EventRecorder

	keys     *keyring
	memories memories
	primer   primer
}

// Credential is the unit of work: the ID of a credential at Seam.
type Credential string

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
		&v1alpha1.CredentialAssignment{}: {Label: selector},
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

// Add registers the operator with a manager whose cache has CacheOptions: it watches the objects themselves, and their
// Secrets by metadata.
func Add(ctx context.Context, mgr ctrl.Manager, api *seam.API, options Options) error {
	r := &Reconciler{
		Options:  options,
		Client:   client.WithFieldOwner(mgr.GetClient(), v1alpha1.FieldManager),
		Live:     mgr.GetAPIReader(),
		Recorder: mgr.GetEventRecorder(v1alpha1.FieldManager),
		keys:     newKeyring(api, options.Limits, options.Clock),
	}
	for field, value := range indexes {
		if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.CredentialAssignment{}, field, value); err != nil {
			return fmt.Errorf("indexing CredentialAssignments by %s: %w", field, err)
		}
	}
	objects := source.TypedKind(mgr.GetCache(), &v1alpha1.CredentialAssignment{}, r.objectEvents())
	secrets := source.TypedKind(mgr.GetCache(), client.Object(secretMetadata()),
		handler.TypedEnqueueRequestsFromMapFunc(r.credentialsOfSecret))
	return builder.TypedControllerManagedBy[Credential](mgr).
		Named("credentialassignment").
		WatchesRawSource(objects).
		WatchesRawSource(secrets).
		WithOptions(controller.TypedOptions[Credential]{
			MaxConcurrentReconciles: options.Concurrency,
			RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[Credential](options.MinRetryDelay, options.MaxRetryDelay),
			NewQueue:                options.NewQueue,
			SkipNameValidation:      ptr.To(true),
		}).
		Complete(r)
}

// objectEvents wakes the credential of an object at each of its events. What changes a declaration interrupts as well.
func (r *Reconciler) objectEvents() handler.TypedEventHandler[*v1alpha1.CredentialAssignment, Credential] {
	wake := handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, obj *v1alpha1.CredentialAssignment) []Credential {
		return []Credential{Credential(obj.Spec.ACSCredentialID)}
	})
	return handler.TypedFuncs[*v1alpha1.CredentialAssignment, Credential]{
		CreateFunc: func(ctx context.Context, e event.TypedCreateEvent[*v1alpha1.CredentialAssignment], q queue) {
			r.memories.interrupt(e.Object.Spec.ACSCredentialID)
			wake.Create(ctx, e, q)
		},
		UpdateFunc: func(ctx context.Context, e event.TypedUpdateEvent[*v1alpha1.CredentialAssignment], q queue) {
			if declares(e.ObjectOld) != declares(e.ObjectNew) {
				r.memories.interrupt(e.ObjectNew.Spec.ACSCredentialID)
			}
			wake.Update(ctx, e, q)
		},
		DeleteFunc: wake.Delete,
	}
}

type queue = workqueue.TypedRateLimitingInterface[Credential]

// declares tells declarations of one object apart, what is asked for on demand included.
func declares(obj *v1alpha1.CredentialAssignment) [3]string {
	return [3]string{strconv.FormatInt(obj.Generation, 10), requests(obj), obj.Annotations[v1alpha1.AnnotationAbandon]}
}

// credentialsOfSecret maps a Secret to the credentials of the objects that read it.
func (r *Reconciler) credentialsOfSecret(ctx context.Context, secret client.Object) []Credential {
	var list v1alpha1.CredentialAssignmentList
	err := r.Client.List(ctx, &list, client.InNamespace(secret.GetNamespace()),
		client.MatchingFields{secretIndex: secret.GetName()}, client.UnsafeDisableDeepCopy)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "listing the CredentialAssignments of a Secret", "secret", client.ObjectKeyFromObject(secret))
		return nil
	}
	credentials := make([]Credential, 0, len(list.Items))
	for i := range list.Items {
		credentials = append(credentials, Credential(list.Items[i].Spec.ACSCredentialID))
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

// retains reports whether the object's deletion takes nothing away.
func (o Options) retains(obj *v1alpha1.CredentialAssignment) bool {
	return cmp.Or(obj.Spec.DeletionPolicy, o.DeletionPolicy) == v1alpha1.DeletionPolicyRetain
}
