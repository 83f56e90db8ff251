package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

const (
	workspace = "11111111-1111-1111-1111-111111111111"
	system    = "77777777-7777-7777-7777-777777777777"
	alice     = "33333333-3333-3333-3333-333333333333"
	bob       = "44444444-4444-4444-4444-444444444444"
	carol     = "55555555-5555-5555-5555-555555555555"
	dave      = "88888888-8888-8888-8888-888888888888"

	ownersNamespace = "front-desk"
	crowdsNamespace = "tenant"
	ownersKey       = "seam_test1key_of_the_front_desk"
	crowdsKey       = "seam_test2key_of_the_tenant"
)

// world is a control plane without nodes, a fake Seam and the operator.
type world struct {
	env      *envtest.Environment
	api      client.WithWatch
	seam     *fakeseam.Server
	http     http.Server
	dir      string
	metrics  string // the address of the operator's metrics
	operator *operator
}

// newWorld starts everything and fills it with what all measurements need.
func newWorld(ctx context.Context, binary string) (w *world, err error) {
	w = &world{
		env:  &envtest.Environment{CRDDirectoryPaths: []string{filepath.Join("config", "crd", "bases")}, ErrorIfCRDPathMissing: true},
		seam: fakeseam.New(),
	}
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	say("starting etcd, kube-apiserver, a fake Seam and the operator …")
	if w.dir, err = os.MkdirTemp("", "seam-operator-crowd-"); err != nil {
		return w, err
	}
	url, err := w.serveSeam()
	if err != nil {
		return w, err
	}
	if err := w.startCluster(ctx); err != nil {
		return w, err
	}
	w.metrics, err = process.FreeAddress()
	if err != nil {
		return w, err
	}
	w.operator, err = startOperator(ctx, binary, w.dir, "--kubeconfig="+filepath.Join(w.dir, "kubeconfig"), "--seam-endpoint="+url,
		"--metrics-bind-address="+w.metrics, "--metrics-secure=false")
	return w, err
}

func (w *world) startCluster(ctx context.Context) error {
	config, err := w.env.Start()
	if err != nil {
		return fmt.Errorf("starting the control plane: %w", err)
	}
	if err := os.WriteFile(filepath.Join(w.dir, "kubeconfig"), w.env.KubeConfig, 0o600); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	config.QPS = -1
	if w.api, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		return err
	}
	for _, namespace := range []string{ownersNamespace, crowdsNamespace} {
		if err := w.api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
			return err
		}
	}
	return w.api.Create(ctx, newSecret(ownersNamespace, "seam", ownersKey))
}

func (w *world) serveSeam() (url string, err error) {
	w.seam.AddWorkspace(fakeseam.Workspace{ID: workspace})
	w.seam.AddAPIKey(ownersKey, workspace)
	w.seam.AddAPIKey(crowdsKey, workspace)
	w.seam.AddSystem(fakeseam.System{ID: system, WorkspaceID: workspace})
	for _, id := range []string{alice, bob, carol, dave} {
		w.seam.AddUser(fakeseam.User{ID: id, SystemID: system})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a port for the fake Seam: %w", err)
	}
	w.http = http.Server{Handler: w.seam, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = w.http.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

func newSecret(namespace, name, key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	}
}

func (w *world) stop() {
	if w.operator != nil {
		w.operator.Stop()
	}
	w.seam.Close()
	_ = w.http.Close()
	if err := w.env.Stop(); err != nil {
		say("stopping the control plane: %v", err)
	}
	_ = os.RemoveAll(w.dir)
}
