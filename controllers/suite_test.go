package controllers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// The IDs of the stories: those of Seam's documentation where it has some.
const (
	theCredential = "66666666-6666-6666-6666-666666666666"
	alice         = "33333333-3333-3333-3333-333333333333"
	bob           = "44444444-4444-4444-4444-444444444444"
	carol         = "55555555-5555-5555-5555-555555555555"
	nobody        = "99999999-9999-9999-9999-999999999999"
	aliceIdentity = "22222222-2222-2222-2222-222222222222"
	workspace     = "11111111-1111-1111-1111-111111111111"
	system        = "77777777-7777-7777-7777-777777777777"
	apiKey        = "seam_test1key_of_the_front_desk"
)

var (
	cluster *rest.Config
	scheme  = runtime.NewScheme()
)

// TestMain starts one real API server for all stories. KUBEBUILDER_ASSETS names the folder of its binaries.
func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New(zap.WriteTo(testLog())))
	must(clientgoscheme.AddToScheme(scheme))
	must(v1alpha1.AddToScheme(scheme))
	env := &envtest.Environment{
		CRDDirectoryPaths:     []string{filepath.Join("..", "config", "crd", "bases")},
		ErrorIfCRDPathMissing: true,
	}
	var err error
	cluster, err = env.Start()
	if err != nil {
		_ = env.Stop()
		fmt.Fprintf(os.Stderr, "starting the control plane from KUBEBUILDER_ASSETS=%q, which make test sets: %v\n", os.Getenv("KUBEBUILDER_ASSETS"), err)
		os.Exit(1)
	}
	verifyNoLeaks(func() int {
		code := m.Run()
		must(env.Stop())
		return code
	})
}

// story is a namespace, a Seam and an operator of its own.
type story struct {
	*WithT
	t         *testing.T
	ctx       context.Context
	namespace string
	api       client.WithWatch
	seam      *fakeseam.Server
	endpoint  string
	clock     *clocktesting.FakeClock
	options   controllers.Options
	selector  labels.Selector
	traffic   *traffic
	plug      *plug
	elsewhere []string    // further namespaces that the operator watches
	logger    logr.Logger // the operator's; that of all stories when unset

	leaderElect bool
	expectEnd   string // the error that the operator ends with

	// Of the operator that was started last:
	cache    client.Reader
	timers   *timedClock
	stop     func()          // ends it as SIGTERM does, and returns when it has ended
	kill     func()          // ends everything that it does at once
	stopping <-chan struct{} // closed when its controllers are asked to stop
	ended    <-chan struct{} // closed when it has ended
}

var namespaces atomic.Int64

// beginning is what is so before a story begins.
type beginning func(*story)

// newStory prepares everything but the operator: a Seam with a free credential and three people, and a Secret; then whatever
// else is so at its beginning.
func newStory(t *testing.T, beginnings ...beginning) *story {
	t.Helper()
	api, err := client.NewWithWatch(cluster, client.Options{Scheme: scheme})
	must(err)
	s := &story{
		WithT:     NewWithT(t),
		t:         t,
		ctx:       t.Context(),
		namespace: fmt.Sprintf("story-%d", namespaces.Add(1)),
		api:       api,
		clock:     clocktesting.NewFakeClock(time.Now().Truncate(time.Second)),
		selector:  labels.Everything(),
		traffic:   &traffic{},
		plug:      &plug{},
	}
	s.SetDefaultEventuallyTimeout(time.Minute) // a visitor's machine is busy
	s.SetDefaultEventuallyPollingInterval(10 * time.Millisecond)
	s.options = controllers.Options{
		ResyncInterval: time.Hour,
		MinRetryDelay:  time.Second,
		MaxRetryDelay:  5 * time.Minute,
		SeamTimeout:    30 * time.Second,
		HandOverGrace:  2 * time.Second,
		StopGrace:      10 * time.Second,
		DeletionPolicy: v1alpha1.DeletionPolicyUnassign,
		Concurrency:    4,
		Limits:         controllers.Limits{QPS: 50, Burst: 100, InFlight: 2, MaxRest: 5 * time.Minute},
	}
	s.seam = fakeseam.New(fakeseam.WithClock(s.clock.Now))
	s.seam.AddWorkspace(fakeseam.Workspace{ID: workspace})
	s.seam.AddAPIKey(apiKey, workspace)
	s.seam.AddSystem(fakeseam.System{ID: system, WorkspaceID: workspace})
	for _, id := range []string{alice, bob, carol} {
		s.seam.AddUser(fakeseam.User{ID: id, SystemID: system})
	}
	s.seam.AddCredential(fakeseam.Credential{ID: theCredential, SystemID: system, AccessMethod: "mobile_key"})
	server := httptest.NewServer(s.plug.handler(s.seam))
	t.Cleanup(func() { s.seam.Close(); server.Close() })
	s.endpoint = server.URL

	s.create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}})
	s.putSecret("seam", apiKey)
	for _, b := range beginnings {
		b(s)
	}
	return s
}

// operate starts an operator for the story.
func (s *story) operate() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	lifetime, end := context.WithCancel(context.Background())
	s.timers = &timedClock{FakeClock: s.clock}
	options := s.options
	options.Lifetime, options.Clock = lifetime, s.timers
	options.Namespaces, options.Selector = append([]string{s.namespace}, s.elsewhere...), s.selector
	ended, stopping := make(chan struct{}), make(chan struct{})
	mgr := s.manager(options)
	api, err := seam.New(seam.Options{Endpoint: s.endpoint, Timeout: options.SeamTimeout, Concurrency: 4, UserAgent: "seam-operator/test", Observe: controllers.ObserveCall})
	must(err)
	must(controllers.Add(ctx, mgr, api, options))
	must(mgr.Add(manager.RunnableFunc(func(ctx context.Context) error { // as the controllers are
		<-ctx.Done()
		close(stopping)
		return nil
	})))
	go func() {
		defer close(ended)
		defer end()
		if err := mgr.Start(ctx); err != nil && (s.expectEnd == "" || !strings.Contains(err.Error(), s.expectEnd)) {
			s.t.Errorf("the operator ended with: %v", err)
		}
	}()
	stop := func() {
		cancel()
		<-ended
		api.CloseIdleConnections()
	}
	s.t.Cleanup(stop)
	s.cache, s.stopping, s.ended = mgr.GetCache(), stopping, ended
	s.stop, s.kill = stop, func() { end(); stop() }
	s.Expect(mgr.GetCache().WaitForCacheSync(s.ctx)).To(BeTrue())
}

// asksToStop sends the operator its SIGTERM, and does not wait for its end.
func (s *story) asksToStop() {
	s.t.Helper()
	go s.stop()
	s.Eventually(s.stopping).Should(BeClosed())
}

func (s *story) manager(options controllers.Options) ctrl.Manager {
	s.t.Helper()
	restConfig := rest.CopyConfig(cluster)
	restConfig.QPS, restConfig.Burst = -1, 0
	restConfig.Wrap(func(next http.RoundTripper) http.RoundTripper { return s.traffic.through(s.plug, next) })
	mgr, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme:                 scheme,
		Logger:                 s.logger,
		Cache:                  controllers.CacheOptions(options.Namespaces, options.Selector),
		Metrics:                metricsserver.Options{BindAddress: "0"},
		HealthProbeBindAddress: "0",
		Controller:             config.Controller{SkipNameValidation: ptr.To(true)},

		LeaderElection:                s.leaderElect,
		LeaderElectionNamespace:       s.namespace,
		LeaderElectionID:              "seam-operator",
		LeaderElectionReleaseOnCancel: true,
		GracefulShutdownTimeout:       ptr.To(20 * time.Second),
		LeaseDuration:                 ptr.To(3 * time.Second),
		RenewDeadline:                 ptr.To(2 * time.Second),
		RetryPeriod:                   ptr.To(200 * time.Millisecond),
	})
	must(err)
	return mgr
}

// traffic counts what an operator writes to the API server.
type traffic struct {
	mu      sync.Mutex
	writes  []string
	live    int           // reads of CredentialAssignments by name
	secrets int           // answers to reads of Secrets by name
	reading func()        // called before a Secret is read the next time; nil for nothing
	holds   string        // the name of that Secret
	thaw    chan struct{} // closed when watches of CredentialAssignments go on; nil when they do
	only    string        // the namespace whose watch is frozen; empty for all
}

// freeze keeps what the watches of CredentialAssignments bring from the operator until thaw is called.
func (c *traffic) freeze() (thaw func()) { return c.freezeOnly("") }

// freezeOnly does so with one namespace.
func (c *traffic) freezeOnly(namespace string) (thaw func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	gate := make(chan struct{})
	c.thaw, c.only = gate, namespace
	return func() { close(gate) }
}

// holdSecret makes the next read of a Secret wait, and returns what is closed when it does, and how to let it go on.
func (c *traffic) holdSecret(name string) (reached <-chan struct{}, release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	waits, gate := make(chan struct{}), make(chan struct{})
	c.reading, c.holds = func() { close(waits); <-gate }, name
	return waits, func() { close(gate) }
}

func (c *traffic) frozen(path string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.only != "" && !strings.Contains(path, "/namespaces/"+c.only+"/") {
		return nil
	}
	return c.thaw
}

// watched is the body of a watch, which may freeze.
type watched struct {
	io.ReadCloser
	traffic *traffic
	path    string
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if gate := w.traffic.frozen(w.path); gate != nil {
		<-gate
	}
	return n, err
}

func (c *traffic) through(plug *plug, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodGet && strings.Contains(req.URL.Path, "/credentialassignments") {
			write := req.Method + " " + req.URL.Path[strings.LastIndex(req.URL.Path, "/credentialassignments/")+1:]
			c.mu.Lock()
			c.writes = append(c.writes, write)
			c.mu.Unlock()
			return plug.roundTrip(next, req)
		}
		if strings.Contains(req.URL.Path, "/secrets/") {
			var reading func()
			c.mu.Lock()
			if c.reading != nil && strings.HasSuffix(req.URL.Path, "/"+c.holds) {
				reading, c.reading = c.reading, nil
			}
			c.mu.Unlock()
			if reading != nil {
				reading()
			}
		}
		if strings.Contains(req.URL.Path, "/credentialassignments/") {
			c.mu.Lock()
			c.live++
			c.mu.Unlock()
		}
		resp, err := next.RoundTrip(req)
		if strings.Contains(req.URL.Path, "/secrets/") {
			c.mu.Lock()
			c.secrets++
			c.mu.Unlock()
		}
		if err == nil && req.URL.Query().Get("watch") != "" && strings.HasSuffix(req.URL.Path, "/credentialassignments") {
			resp.Body = watched{resp.Body, c, req.URL.Path}
		}
		return resp, err
	})
}

func (c *traffic) liveReads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.live
}

func (c *traffic) secretReads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.secrets
}

func (c *traffic) seen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.writes...)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func must(err error) {
	if err != nil {
		panic(err)
	}
}
