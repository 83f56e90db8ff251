package world

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// What the processes of all worlds are started with.
const (
	ResyncInterval = time.Hour
	MaxRetryDelay  = 5 * time.Minute
	SeamTimeout    = 30 * time.Second
	HandOverGrace  = 2 * time.Second
)

// Process is one process of the operator.
type Process struct {
	Name string

	world    *World
	clock    *processClock
	lifetime context.Context
	end      context.CancelFunc // ends all that it does at once
	asked    context.Context    // done when it was asked to stop
	stop     context.CancelFunc // asks it to
	ended    chan struct{}
	seam     *httptest.Server
	dead     atomic.Bool

	mu   sync.Mutex
	gate chan struct{} // closed when watches go on; nil when they do
	held string        // the namespace whose watch is held up; empty for all
}

// Start starts a process, whose clock is wrong by an offset.
func (w *World) Start(offset time.Duration) (*Process, error) {
	w.mu.Lock()
	w.started++
	name := fmt.Sprintf("operator %d", w.started)
	w.mu.Unlock()
	p := &Process{Name: name, world: w, ended: make(chan struct{}), clock: newProcessClock(w, offset)}
	p.lifetime, p.end = context.WithCancel(context.WithoutCancel(w.ctx))
	p.asked, p.stop = context.WithCancel(context.WithoutCancel(w.ctx))
	g := &gateway{p}
	p.seam = httptest.NewServer(g)
	p.seam.Config.ErrorLog = nil
	mgr, err := p.manager(g)
	if err != nil {
		return nil, fmt.Errorf("starting the operator: %w", err)
	}
	go func() {
		defer close(p.ended)
		if err := mgr.Start(p.asked); err != nil && !p.isDead() {
			w.fail(fmt.Errorf("%s ended: %w", p.Name, err))
		}
	}()
	w.mu.Lock()
	w.processes = append(w.processes, p)
	w.mu.Unlock()
	return p, p.works()
}

// works waits until all three controllers have started their workers, even when nobody wants to know any more: a manager that
// is stopped while its caches fill waits for them all the same, and those of a process that was killed never do.
func (p *Process) works() error {
	started := fmt.Sprintf(`"msg":"Starting workers","process":%q`, p.Name)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); strings.Count(p.world.Log(), started) < 3; <-tick.C {
		if time.Since(began) > patience {
			return fmt.Errorf("%s does not start its workers within %s", p.Name, patience)
		}
	}
	return nil
}

// manager makes the operator as main.go does, but for what only a program needs: flags, metrics, probes, a lease.
func (p *Process) manager(g *gateway) (ctrl.Manager, error) {
	options := controllers.Options{
		ResyncInterval: ResyncInterval, MinRetryDelay: time.Second, MaxRetryDelay: MaxRetryDelay,
		SeamTimeout: SeamTimeout, HandOverGrace: HandOverGrace, StopGrace: 10 * time.Second,
		DeletionPolicy: v1alpha1.DeletionPolicyUnassign, Concurrency: 4,
		Limits:     controllers.Limits{QPS: 50, Burst: 100, InFlight: 2, MaxRest: 5 * time.Minute},
		Namespaces: []string{p.world.FrontDesk, p.world.Tenant}, Selector: labels.Everything(),
		Clock: p.clock, Lifetime: p.lifetime,
	}
	kube := rest.CopyConfig(p.world.cluster.config)
	kube.Wrap(func(next http.RoundTripper) http.RoundTripper { return &roundTripper{p, next} })
	mgr, err := ctrl.NewManager(kube, ctrl.Options{
		Scheme:                  p.world.cluster.scheme,
		MapperProvider:          func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return p.world.cluster.mapper, nil },
		Cache:                   controllers.CacheOptions(options.Namespaces, options.Selector),
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress:  "0",
		Controller:              config.Controller{SkipNameValidation: ptr.To(true)},
		Logger:                  p.world.logger.WithValues("process", p.Name),
		GracefulShutdownTimeout: ptr.To(20 * time.Second),
		BaseContext:             g.trace,
	})
	if err != nil {
		return nil, err
	}
	api, err := seam.New(seam.Options{Endpoint: p.seam.URL, Timeout: patience, Concurrency: 4, UserAgent: p.Name, Observe: g.heard})
	if err != nil {
		return nil, err
	}
	return mgr, controllers.Add(p.asked, mgr, api, options)
}

// Cut lets nothing of the process reach anybody any more. It does not wait, so that it can be called while a request waits.
func (p *Process) Cut() {
	p.dead.Store(true)
	p.end()
}

// Kill ends the process as SIGKILL does, and waits until it has ended.
func (p *Process) Kill() {
	p.Cut()
	p.Stop()
}

// Stop ends the process as SIGTERM does, and waits until it has ended.
func (p *Process) Stop() {
	p.stop()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.world.fail(fmt.Errorf("%s has not ended %s after it was to: look for what it waits for in a stack trace (SIGQUIT)", p.Name, patience))
	}
	p.end()
	p.seam.CloseClientConnections()
	p.seam.Close()
	traffic := &p.world.traffic
	traffic.change(func() { traffic.calls, traffic.answers = nil, nil }) // whoever waited for them is no more
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.world.processes = slices.DeleteFunc(p.world.processes, func(other *Process) bool { return other == p })
}

func (p *Process) isDead() bool { return p.dead.Load() }

// Freeze holds up what the watches of CredentialAssignments bring, of one namespace or, when that is empty, of all.
func (p *Process) Freeze(namespace string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gate == nil {
		p.gate, p.held = make(chan struct{}), namespace
	}
}

// Thaw lets watches go on.
func (p *Process) Thaw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gate != nil {
		close(p.gate)
		p.gate = nil
	}
}

// frozen returns what holds the watch of a path up; nil when nothing does.
func (p *Process) frozen(path string) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held != "" && !strings.Contains(path, "/namespaces/"+p.held+"/") {
		return nil
	}
	return p.gate
}
