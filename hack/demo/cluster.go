package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// cluster is a control plane without nodes.
type cluster struct {
	env        *envtest.Environment
	controller *process.Process // kube-controller-manager, if the assets have it
	admin      *rest.Config
	kubeconfig string // of the admin
}

func startCluster(assets string, logs *logs, fail func(error)) (_ *cluster, err error) {
	c := &cluster{
		env:        &envtest.Environment{BinaryAssetsDirectory: assets},
		kubeconfig: filepath.Join(logs.dir, "kubeconfig"),
	}
	// What was started half-way has to be stopped too.
	defer func() {
		if err != nil {
			c.stop()
		}
	}()
	server := c.env.ControlPlane.GetAPIServer()
	server.Err = logs.create("kube-apiserver")
	if c.admin, err = c.env.Start(); err != nil {
		return nil, fmt.Errorf("starting the control plane: %w", err)
	}
	if err := os.WriteFile(c.kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return nil, err
	}
	manager := filepath.Join(assets, "kube-controller-manager")
	if _, err := os.Stat(manager); err != nil {
		say("(no kube-controller-manager in %s: the demo goes without garbage collection)", assets)
		return c, nil
	}
	c.controller, err = start(exec.Command(manager,
		"--kubeconfig="+c.kubeconfig,
		"--controllers=namespace-controller,garbage-collector-controller,serviceaccount-controller",
		"--leader-elect=false",
		"--use-service-account-credentials=false",
		"--secure-port=0",
	), logs, fail)
	return c, err
}

func (c *cluster) stop() {
	if c.controller != nil {
		c.controller.Stop()
	}
	if err := c.env.Stop(); err != nil {
		fmt.Fprintf(os.Stderr, "stopping the control plane: %v\n", err)
	}
}
