package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// cluster is an etcd and an API server that may die and come back at the same addresses, with the same certificates.
// envtest's own cannot: it knows no SIGKILL, and removes their folders when they stop.
type cluster struct {
	assets    string
	dir       string
	etcd      *process.Process // the last one that was started
	apiServer *process.Process
	addresses addresses
	config    *rest.Config
	api       client.Client
	health    *http.Client
	began     int // how many processes were started: their logs are numbered
}

type addresses struct{ etcd, etcdPeers, apiServer string }

// upLimit is how long etcd or the API server may take to come up on a busy machine.
const upLimit = time.Minute

// startCluster starts both and installs the CRD.
func startCluster(ctx context.Context, assets string) (c *cluster, err error) {
	c = &cluster{assets: assets}
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	if c.dir, err = os.MkdirTemp("", "seam-operator-processes-"); err != nil {
		return nil, err
	}
	for _, address := range []*string{&c.addresses.etcd, &c.addresses.etcdPeers, &c.addresses.apiServer} {
		if *address, err = process.FreeAddress(); err != nil {
			return nil, err
		}
	}
	if err := writeCredentials(c); err != nil {
		return nil, err
	}
	if err := c.connect(); err != nil {
		return nil, err
	}
	if err := c.startEtcd(ctx); err != nil {
		return nil, err
	}
	if err := c.startAPIServer(ctx); err != nil {
		return nil, err
	}
	_, err = envtest.InstallCRDs(c.config, envtest.CRDInstallOptions{
		Paths: []string{filepath.Join("config", "crd", "bases")}, ErrorIfPathMissing: true,
	})
	return c, err
}

// connect makes the clients before anything runs: they find out what the API server has when they first need it.
func (c *cluster) connect() error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	// The API server makes itself a certificate, on loopback: nobody else can answer at its address.
	c.config = &rest.Config{
		Host: "https://" + c.addresses.apiServer, BearerToken: adminToken, QPS: -1,
		TLSClientConfig: rest.TLSClientConfig{Insecure: true}, Timeout: 10 * time.Second,
	}
	var err error
	if c.health, err = rest.HTTPClientFor(c.config); err != nil {
		return err
	}
	c.api, err = client.New(c.config, client.Options{Scheme: scheme, HTTPClient: c.health})
	return err
}

// stop stops what runs, the API server first, which would complain of an etcd that is gone.
func (c *cluster) stop() {
	for _, p := range []*process.Process{c.apiServer, c.etcd} {
		if p != nil {
			p.Stop()
		}
	}
	_ = os.RemoveAll(c.dir)
}

// log returns the file of the next process's output.
func (c *cluster) log(name string) (*os.File, error) {
	c.began++
	return os.Create(filepath.Join(c.dir, fmt.Sprintf("%02d-%s.log", c.began, name)))
}
