package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

func (c *cluster) dataDir() string { return filepath.Join(c.dir, "etcd") }

// startEtcd returns once etcd is up, with whatever data there is.
func (c *cluster) startEtcd(ctx context.Context) (err error) {
	c.etcd, err = c.start("etcd",
		"--data-dir="+c.dataDir(),
		"--listen-client-urls=http://"+c.addresses.etcd,
		"--advertise-client-urls=http://"+c.addresses.etcd,
		"--listen-peer-urls=http://"+c.addresses.etcdPeers,
		"--unsafe-no-fsync=true", // a killed process loses nothing by it, only a crashed machine would
	)
	if err != nil {
		return err
	}
	return awaitUp(ctx, "etcd", c.etcd, http.DefaultClient, "http://"+c.addresses.etcd+"/health")
}

// startAPIServer returns once the API server is ready.
func (c *cluster) startAPIServer(ctx context.Context) (err error) {
	_, port, err := net.SplitHostPort(c.addresses.apiServer)
	if err != nil {
		return err
	}
	c.apiServer, err = c.start("kube-apiserver",
		"--etcd-servers=http://"+c.addresses.etcd,
		"--bind-address=127.0.0.1",
		"--secure-port="+port,
		"--cert-dir="+filepath.Join(c.dir, "certificates"),
		"--token-auth-file="+filepath.Join(c.dir, tokensFile),
		"--authorization-mode=RBAC",
		"--service-account-issuer=https://"+c.addresses.apiServer,
		"--service-account-key-file="+filepath.Join(c.dir, accountsKeyFile),
		"--service-account-signing-key-file="+filepath.Join(c.dir, accountsKeyFile),
		"--service-cluster-ip-range=10.0.0.0/24",
		"--disable-admission-plugins=ServiceAccount", // nobody makes the default account here
	)
	if err != nil {
		return err
	}
	return awaitUp(ctx, "kube-apiserver", c.apiServer, c.health, "https://"+c.addresses.apiServer+"/readyz")
}

// start runs one of the control plane's programs, with a log of its own.
func (c *cluster) start(name string, args ...string) (*process.Process, error) {
	log, err := c.log(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	return process.Start(exec.Command(filepath.Join(c.assets, name), args...), log)
}

// awaitUp waits until a process answers, or ends before it does.
func awaitUp(ctx context.Context, name string, p *process.Process, client *http.Client, url string) error {
	ended := false
	err := process.Until(ctx, upLimit, func() bool {
		select {
		case <-p.Ended():
			ended = true
			return true
		default:
			return process.IsReady(ctx, client, url)
		}
	})
	switch {
	case ended:
		return fmt.Errorf("before it was up, %w", p.End())
	case err != nil:
		return fmt.Errorf("waiting for %s: %w", name, err)
	default:
		return nil
	}
}

// snapshot keeps a copy of what etcd has now. Without etcd's own tools that takes an etcd that does not run.
func (c *cluster) snapshot(ctx context.Context) (copied string, err error) {
	c.etcd.Stop()
	copied = c.dataDir() + "-snapshot"
	if err := os.RemoveAll(copied); err != nil {
		return "", err
	}
	if err := os.CopyFS(copied, os.DirFS(c.dataDir())); err != nil {
		return "", fmt.Errorf("copying etcd's data: %w", err)
	}
	return copied, c.startEtcd(ctx)
}

// restore sets etcd back to a snapshot while the API server is stopped, as Kubernetes documents it.
func (c *cluster) restore(ctx context.Context, snapshot string) error {
	// An API server that ran on would keep what it has cached of the future.
	c.apiServer.Kill()
	c.etcd.Kill()
	if err := os.RemoveAll(c.dataDir()); err != nil {
		return err
	}
	if err := os.CopyFS(c.dataDir(), os.DirFS(snapshot)); err != nil {
		return fmt.Errorf("restoring etcd's data: %w", err)
	}
	if err := c.startEtcd(ctx); err != nil {
		return err
	}
	return c.startAPIServer(ctx)
}
