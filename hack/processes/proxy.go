package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// proxy stands between one replica and the API server, and can keep back the answer to a write of status: the moment
// between a record and its call.
type proxy struct {
	kubeconfig string // for the replica
	server     *http.Server

	mu   sync.Mutex
	held chan struct{} // closed when an answer is kept back; nil when none is to be
	gate chan struct{} // closed when it may go on
}

// newProxy serves on loopback without TLS, which a client takes with a token all the same.
func (c *cluster) newProxy() (*proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &proxy{kubeconfig: filepath.Join(c.dir, "kubeconfig-"+listener.Addr().(*net.TCPAddr).AddrPort().String())}
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "https", Host: c.addresses.apiServer})
	through.Transport = c.health.Transport
	through.FlushInterval = -1 // watches
	through.ModifyResponse = p.keepBack
	p.server = &http.Server{Handler: through, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	return p, clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"this": {Server: "http://" + listener.Addr().String()}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"admin": {Token: adminToken}},
		Contexts:       map[string]*clientcmdapi.Context{"this": {Cluster: "this", AuthInfo: "admin"}},
		CurrentContext: "this",
	}, p.kubeconfig)
}

// hold keeps the answer to the next write of status back, once it was done, until release is called.
func (p *proxy) hold() (held <-chan struct{}, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held, p.gate = make(chan struct{}), make(chan struct{})
	gate := p.gate
	return p.held, func() { close(gate) }
}

// keepBack waits in the middle of one answer. Others, such as renewals of the lease, go through meanwhile.
func (p *proxy) keepBack(answer *http.Response) error {
	if answer.Request.Method != http.MethodPatch || !strings.HasSuffix(answer.Request.URL.Path, "/status") {
		return nil
	}
	p.mu.Lock()
	held, gate := p.held, p.gate
	p.held = nil
	p.mu.Unlock()
	if held == nil {
		return nil
	}
	close(held)
	<-gate // the replica may be stopped, but it has not gone
	return nil
}

// await returns when the channel is closed, or with the context's error.
func await(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
