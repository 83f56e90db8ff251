package world

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/memory"
)

// Cluster is an API server that many worlds share.
type Cluster struct {
	config *rest.Config
	http   *http.Client
	scheme *runtime.Scheme
	mapper meta.RESTMapper
	api    client.WithWatch
	stop   func() error
}

// StartCluster starts a real API server with the CRD. KUBEBUILDER_ASSETS names the folder of its binaries, and root the
// repository.
func StartCluster(root string) (*Cluster, error) {
	env := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join(root, "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	config, err := env.Start()
	if err != nil {
		_ = env.Stop()
		return nil, fmt.Errorf("starting the control plane from KUBEBUILDER_ASSETS: %w", err)
	}
	c, err := newCluster(config)
	if err != nil {
		_ = env.Stop()
		return nil, err
	}
	c.stop = env.Stop
	return c, nil
}

// NewMemoryCluster makes an API server in memory.
func NewMemoryCluster() (*Cluster, error) {
	known, err := schemeOf()
	if err != nil {
		return nil, err
	}
	return newCluster(&rest.Config{Host: "http://memory", Transport: memory.New(known)})
}

// schemeOf returns the kinds that the operator and the worlds use.
func schemeOf() (*runtime.Scheme, error) {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(known); err != nil {
			return nil, err
		}
	}
	return known, nil
}

func newCluster(config *rest.Config) (*Cluster, error) {
	config = rest.CopyConfig(config)
	config.QPS = -1
	known, err := schemeOf()
	if err != nil {
		return nil, err
	}
	c := &Cluster{config: config, scheme: known, mapper: mapper(), stop: func() error { return nil }}
	if c.http, err = rest.HTTPClientFor(config); err != nil {
		return nil, err
	}
	c.api, err = client.NewWithWatch(config, client.Options{Scheme: c.scheme, Mapper: c.mapper, HTTPClient: c.http})
	return c, err
}

// mapper knows the kinds that the operator uses, so that nobody asks the API server for them.
func mapper() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	for _, kind := range []string{"CredentialAssignment", "CredentialAssignmentList"} {
		resource := v1alpha1.GroupVersion.WithResource("credentialassignments")
		m.AddSpecific(v1alpha1.GroupVersion.WithKind(kind), resource, resource, meta.RESTScopeNamespace)
	}
	m.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	m.Add(eventsv1.SchemeGroupVersion.WithKind("Event"), meta.RESTScopeNamespace)
	return m
}

// Stop stops the API server.
func (c *Cluster) Stop() error { return c.stop() }

// revision returns the newest revision of the API server. It lists events, which no cache keeps: the answer is as new as the
// question.
func (c *Cluster) revision(ctx context.Context) (int64, error) {
	server, _, err := rest.DefaultServerUrlFor(c.config)
	if err != nil {
		return 0, err
	}
	url := server.JoinPath("/api/v1/namespaces/nowhere/events").String() + "?limit=1"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, fmt.Errorf("asking for the revision: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	var list struct{ Metadata metav1.ListMeta }
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
		return 0, fmt.Errorf("asking for the revision: %w", err)
	}
	return strconv.ParseInt(list.Metadata.ResourceVersion, 10, 64)
}
