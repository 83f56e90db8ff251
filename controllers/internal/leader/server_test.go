package leader

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// server is an API server in memory, or a cache: it lists by metadata and page by page, and reads either way.
type server struct {
	listing func() error // called before each list, which fails with its error; nil for nothing
	getting func() error // the same of reads

	mu      sync.Mutex
	objects map[client.ObjectKey]metav1.PartialObjectMetadata
	lists   int
	longest int // the page with the most objects
	gets    int
}

// newServer makes a server of objects such as "front-desk/key 100 day": its name, its resource version, its shift.
func newServer(objects ...string) *server {
	s := &server{objects: map[client.ObjectKey]metav1.PartialObjectMetadata{}}
	for _, object := range objects {
		s.put(object)
	}
	return s
}

func (s *server) put(object string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	words := append(strings.Fields(object), "")
	namespace, name, _ := strings.Cut(words[0], "/")
	s.objects[client.ObjectKey{Namespace: namespace, Name: name}] = metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, ResourceVersion: words[1], Labels: map[string]string{"shift": words[2]},
	}}
}

func (s *server) List(_ context.Context, list client.ObjectList, opts ...client.ListOption) error {
	s.mu.Lock()
	s.lists++
	s.mu.Unlock()
	if s.listing != nil {
		if err := s.listing(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	options := (&client.ListOptions{}).ApplyOptions(opts)
	found := s.find(options)
	page := list.(*metav1.PartialObjectMetadataList)
	if page.GroupVersionKind() != v1alpha1.GroupVersion.WithKind("CredentialAssignmentList") {
		return apierrors.NewBadRequest("not a list of CredentialAssignments: " + page.GroupVersionKind().String())
	}
	from, _ := strconv.Atoi(options.Continue)
	to := len(found)
	page.Continue = ""
	if options.Limit > 0 && from+int(options.Limit) < to {
		to = from + int(options.Limit)
		page.Continue = strconv.Itoa(to)
	}
	page.Items = found[from:to]
	s.longest = max(s.longest, len(page.Items))
	return nil
}

func (s *server) find(options *client.ListOptions) []metav1.PartialObjectMetadata {
	var found []metav1.PartialObjectMetadata
	for _, object := range s.objects {
		if options.Namespace != "" && object.Namespace != options.Namespace ||
			options.LabelSelector != nil && !options.LabelSelector.Matches(labels.Set(object.Labels)) {
			continue
		}
		found = append(found, object)
	}
	slices.SortFunc(found, func(a, b metav1.PartialObjectMetadata) int {
		return strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name)
	})
	return found
}

func (s *server) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets++
	if s.getting != nil {
		if err := s.getting(); err != nil {
			return err
		}
	}
	object, found := s.objects[key]
	if !found {
		return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "credentialassignments"}, key.Name)
	}
	obj.SetNamespace(key.Namespace)
	obj.SetName(key.Name)
	obj.SetResourceVersion(object.ResourceVersion)
	obj.SetLabels(object.Labels)
	return nil
}
