package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// namespace is where all objects are.
const namespace = "front-desk"

// upLimit is how long the control plane may take to come up, or to end, on a busy machine.
const upLimit = 2 * time.Minute

// world is a control plane without nodes and a fake Seam, new for each scenario: no scenario pays for what one before it left.
type world struct {
	env      *envtest.Environment
	config   *rest.Config
	api      client.Client
	requests *apiRequests
	seam     *fakeSeam
	dir      string
	patience time.Duration // how long anything may take
}

func newWorld(ctx context.Context, s setup) (w *world, err error) {
	w = &world{
		env: &envtest.Environment{
			CRDDirectoryPaths: []string{filepath.Join("config", "crd", "bases")}, ErrorIfCRDPathMissing: true,
			ControlPlaneStartTimeout: upLimit, ControlPlaneStopTimeout: upLimit,
		},
		patience: s.patience(),
	}
	defer func() {
		if err != nil {
			w.stop()
		}
	}()
	if w.dir, err = os.MkdirTemp("", "seam-operator-bench-"); err != nil {
		return w, err
	}
	if w.seam, err = startSeam(s.keys); err != nil {
		return w, err
	}
	if err := w.startCluster(); err != nil {
		return w, err
	}
	return w, w.fill(ctx, s.keys)
}

func (w *world) startCluster() (err error) {
	if w.config, err = w.env.Start(); err != nil {
		return fmt.Errorf("starting the control plane: %w", err)
	}
	if err := os.WriteFile(w.kubeconfig(), w.env.KubeConfig, 0o600); err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	server, _, err := rest.DefaultServerUrlFor(w.config)
	if err != nil {
		return err
	}
	w.config.QPS, w.config.Host = -1, strings.TrimSuffix(server.String(), "/")
	if w.requests, err = requestsOf(w.config); err != nil {
		return err
	}
	w.api, err = client.New(w.config, client.Options{Scheme: scheme})
	return err
}

// fill makes the namespace and the Secrets.
func (w *world) fill(ctx context.Context, keys int) error {
	made := w.api.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	for key := range keys {
		made = errors.Join(made, w.api.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: secretOf(key)},
			StringData: map[string]string{v1alpha1.DefaultSecretKey: tokenOf(key)},
		}))
	}
	return made
}

func (w *world) kubeconfig() string { return filepath.Join(w.dir, "kubeconfig") }

func (w *world) stop() {
	if w.seam != nil {
		w.seam.stop()
	}
	if err := w.env.Stop(); err != nil {
		say("stopping the control plane: %v", err)
	}
	_ = os.RemoveAll(w.dir)
}
