package controllers

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// versions is a cache that shows one resource version after the other; empty for no object.
type versions struct {
	client.Client
	shown []string
	reads int
}

func (v *versions) Get(_ context.Context, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	version := v.shown[min(v.reads, len(v.shown)-1)]
	v.reads++
	if version == "" {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "credentialassignments"}, "x")
	}
	obj.SetResourceVersion(version)
	return nil
}

func TestACacheThatIsBehindIsWaitedFor(t *testing.T) {
	for name, c := range map[string]struct {
		cached []string
		live   []string
		reads  int
	}{
		"it has the listed version":   {[]string{"100"}, nil, 1},
		"it has a newer one":          {[]string{"1000"}, nil, 1},
		"it is behind":                {[]string{"99", "99", "100"}, nil, 3},
		"it does not have it yet":     {[]string{"", "101"}, []string{"101"}, 2},
		"it is gone since":            {[]string{""}, []string{""}, 1},
		"it is gone after some reads": {[]string{"", ""}, []string{"100", ""}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			cached := &versions{shown: c.cached}
			r := &Reconciler{Client: cached, Live: &versions{shown: c.live}}
			listed := &metav1.PartialObjectMetadata{}
			listed.SetResourceVersion("100")

			if err := r.await(t.Context(), listed); err != nil || cached.reads != c.reads {
				t.Errorf("waited for %d reads, %v; want %d", cached.reads, err, c.reads)
			}
		})
	}
}
