package memory_test

import (
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/memory"
)

type object = v1alpha1.CredentialAssignment

func newClient(t *testing.T) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"CredentialAssignment", "CredentialAssignmentList"} {
		gvk := v1alpha1.GroupVersion.WithKind(kind)
		plural := v1alpha1.GroupVersion.WithResource("credentialassignments")
		mapper.AddSpecific(gvk, plural, plural, meta.RESTScopeNamespace)
	}
	c, err := client.NewWithWatch(&rest.Config{Host: "http://memory", Transport: memory.New(scheme)}, client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The life of an object, as the operator counts on it.
func TestAnObjectLivesAsOnTheRealAPIServer(t *testing.T) {
	t.Parallel()
	c, ctx := newClient(t), t.Context()
	watching, err := c.Watch(ctx, &v1alpha1.CredentialAssignmentList{}, client.InNamespace("front-desk"))
	must(t, err)
	o := &object{ObjectMeta: metav1.ObjectMeta{Namespace: "front-desk", Name: "key"}, Spec: v1alpha1.CredentialAssignmentSpec{ACSUserID: "alice"}}
	must(t, c.Create(ctx, o))
	if o.UID == "" || o.Generation != 1 || o.Status.ObservedGeneration != -1 {
		t.Errorf("it is created as %+v", o)
	}
	if err := c.Create(ctx, o.DeepCopy()); err == nil {
		t.Error("it is created twice")
	}

	stale := o.DeepCopy()
	o.Finalizers = []string{v1alpha1.Finalizer}
	must(t, c.Patch(ctx, o, client.MergeFromWithOptions(stale.DeepCopy(), client.MergeFromWithOptimisticLock{})))
	changed := stale.DeepCopy()
	changed.Status.ACSUserID = "bob"
	if err := c.Status().Patch(ctx, changed, client.MergeFromWithOptions(stale, client.MergeFromWithOptimisticLock{})); !apierrors.IsConflict(err) {
		t.Errorf("a patch of an old version ends with %v", err)
	}

	o.Spec.ACSUserID, o.Status.ACSUserID = "carol", "carol"
	must(t, c.Update(ctx, o))
	if o.Generation != 2 || o.Status.ACSUserID != "" {
		t.Errorf("an update of spec makes it %+v", o)
	}
	must(t, c.Delete(ctx, o))
	must(t, c.Get(ctx, client.ObjectKeyFromObject(o), o))
	if o.DeletionTimestamp == nil || o.Generation != 3 {
		t.Errorf("deleted with a finalizer it is %+v", o)
	}
	o.Finalizers = nil
	must(t, c.Update(ctx, o))
	if err := c.Get(ctx, client.ObjectKeyFromObject(o), o); !apierrors.IsNotFound(err) {
		t.Errorf("without its finalizer it is still there: %v", err)
	}
	var told []watch.EventType
	for range 5 {
		select {
		case event := <-watching.ResultChan():
			told = append(told, event.Type)
		case <-time.After(10 * time.Second):
			t.Fatalf("the watch told only %v", told)
		}
	}
	if told[0] != watch.Added || told[4] != watch.Deleted {
		t.Errorf("the watch told %v", told)
	}
}
