// Command seam-operator makes Seam's access-control API agree with the CredentialAssignments of a cluster.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/recorder"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// version is set by the linker for releases.
var version = ""

const (
	// stopGrace is how long calls in flight may go on after SIGTERM.
	stopGrace = 10 * time.Second
	// shutdownTimeout leaves time to record what they did. The pod's termination grace exceeds it.
	shutdownTimeout = 20 * time.Second
	// renewDeadline is how long a leader goes on without renewing its lease; nobody else takes it within leaseDuration.
	renewDeadline = 10 * time.Second
	leaseDuration = 15 * time.Second
	// retryPeriod, plus up to 120 %, lies between two looks at the lease: another process notices within one of them that
	// it was renewed for the last time, and within one that it has ended.
	retryPeriod = 400 * time.Millisecond
)

func main() {
	opts, err := parse(os.Args[1:], os.Getenv)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "seam-operator: %v\n", err)
		os.Exit(1)
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&opts.zap)))
	if err := run(ctrl.SetupSignalHandler(), opts); err != nil {
		ctrl.Log.Error(err, "seam-operator ends")
		os.Exit(1)
	}
}

// run is the operator's life. When it returns, nothing that it began is under way any more.
func run(ctx context.Context, opts *options) error {
	// Calls in flight outlive ctx by a grace, so that their answers are recorded; they do not outlive this function.
	lifetime, end := context.WithCancel(context.Background())
	defer end()
	opts.controller.Lifetime = lifetime

	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	if opts.leaderElect {
		// The lease is told how long it lasts by the lock itself: a process that was paused does not know that it was.
		lock, err := opts.lock(config)
		if err != nil {
			return fmt.Errorf("preparing leader election: %w", err)
		}
		opts.controller.Lease = controllers.NewLease(lock, renewDeadline)
	}
	mgr, err := ctrl.NewManager(config, opts.manager())
	if err != nil {
		return fmt.Errorf("creating the manager: %w", err)
	}
	api, err := seam.New(seam.Options{
		Endpoint:    opts.endpoint,
		Timeout:     opts.controller.SeamTimeout,
		Concurrency: opts.controller.Concurrency,
		UserAgent:   "seam-operator/" + versionText(),
		Observe:     controllers.ObserveCall,
	})
	if err != nil {
		return err
	}
	if err := controllers.Add(ctx, mgr, api, opts.controller); err != nil {
		return err
	}
	if err := metrics.Registry.Register(controllers.NewAssignmentsCollector(mgr.GetCache())); err != nil {
		return err
	}
	if err := errors.Join(mgr.AddHealthzCheck("ping", healthz.Ping), mgr.AddReadyzCheck("cache", cacheSynced(mgr))); err != nil {
		return err
	}
	ctrl.Log.Info("starting", "version", versionText(), "seamEndpoint", opts.endpoint)
	return mgr.Start(ctx)
}

// cacheSynced is ready once the operator knows the cluster's objects.
func cacheSynced(mgr ctrl.Manager) healthz.Checker {
	return func(req *http.Request) error {
		ctx, cancel := context.WithTimeout(req.Context(), time.Second)
		defer cancel()
		if !mgr.GetCache().WaitForCacheSync(ctx) {
			return errors.New("the cache is not synced yet")
		}
		return nil
	}
}

// lock is the one that controller-runtime would make by itself, but without events: the log tells when this process leads.
func (o *options) lock(config *rest.Config) (resourcelock.Interface, error) {
	return leaderelection.NewResourceLock(config, noEvents{}, leaderelection.Options{
		LeaderElection:          true,
		LeaderElectionNamespace: o.leaderElectNamespace,
		LeaderElectionID:        o.leaderElectID,
		RenewDeadline:           renewDeadline,
	})
}

// noEvents gives the lock no recorder, which it can do without.
type noEvents struct{ recorder.Provider }

func (noEvents) GetEventRecorderFor(string) record.EventRecorder { return nil }

func (o *options) manager() ctrl.Options {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err) // two types of one name: a mistake of the program
		}
	}
	serving := metricsserver.Options{BindAddress: o.metricsBindAddress, SecureServing: o.metricsSecure}
	if o.metricsSecure {
		serving.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return ctrl.Options{
		Scheme:                              scheme,
		Cache:                               controllers.CacheOptions(o.controller.Namespaces, o.controller.Selector),
		Metrics:                             serving,
		HealthProbeBindAddress:              o.probeBindAddress,
		LeaderElection:                      o.leaderElect,
		LeaderElectionID:                    o.leaderElectID,    // a label of metrics; the lock has its own
		LeaderElectionResourceLockInterface: o.controller.Lease, // nil counts for nothing without LeaderElection
		LeaderElectionReleaseOnCancel:       true,
		LeaseDuration:                       ptr.To(leaseDuration),
		RenewDeadline:                       ptr.To(renewDeadline),
		RetryPeriod:                         ptr.To(retryPeriod),
		GracefulShutdownTimeout:             ptr.To(shutdownTimeout),
	}
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return strings.Trim(info.Main.Version, "()")
	}
	return "devel"
}

// options is what the command line says.
type options struct {
	endpoint             string
	controller           controllers.Options
	leaderElect          bool
	leaderElectNamespace string
	leaderElectID        string
	metricsBindAddress   string
	metricsSecure        bool
	probeBindAddress     string
	zap                  zap.Options
}

// rawFlags are flags that are read once all of them are known.
type rawFlags struct{ namespaces, selector, policy string }

// newFlags returns the flags, which write into the options and into what has to be read yet.
func newFlags(o *options, raw *rawFlags, getenv func(string) string) *flag.FlagSet {
	c := &o.controller
	flags := flag.NewFlagSet("seam-operator", flag.ContinueOnError)
	flags.StringVar(&o.endpoint, "seam-endpoint", cmp.Or(getenv("SEAM_ENDPOINT"), "https://connect.getseam.com"),
		"Seam's `URL`: https, or http to a loopback address only; the environment variable SEAM_ENDPOINT sets it too")
	flags.StringVar(&raw.namespaces, "watch-namespaces", "", "`namespaces` to watch, separated by commas; empty for all")
	flags.StringVar(&raw.selector, "watch-label-selector", "", "label `selector` of the CredentialAssignments to handle; empty for all")
	flags.IntVar(&c.Concurrency, "concurrency", 32, "credentials handled at the same time")
	flags.DurationVar(&c.ResyncInterval, "resync-interval", time.Hour, "how often Seam is read again, where spec.resyncInterval is unset; at least 1m")
	flags.DurationVar(&c.MinRetryDelay, "min-retry-delay", time.Second, "the first delay before a retry; it doubles")
	flags.DurationVar(&c.MaxRetryDelay, "max-retry-delay", 5*time.Minute, "the longest delay before a retry")
	flags.DurationVar(&c.SeamTimeout, "seam-timeout", 30*time.Second, "how long one call to Seam may take")
	flags.Float64Var(&c.Limits.QPS, "seam-qps", 50, "objects handled per second with one API key")
	flags.IntVar(&c.Limits.Burst, "seam-burst", 100, "objects handled at once with one API key after a quiet time")
	flags.StringVar(&raw.policy, "default-deletion-policy", string(v1alpha1.DeletionPolicyUnassign), "Unassign or Retain, where spec.deletionPolicy is unset")
	flags.DurationVar(&c.HandOverGrace, "hand-over-grace", 2*time.Second, "how long a deleted object waits for another one that declares the same person")
	flags.BoolVar(&o.leaderElect, "leader-elect", false, "elect a leader among several replicas; only the leader acts")
	flags.StringVar(&o.leaderElectNamespace, "leader-elect-namespace", "", "`namespace` of the lease; the operator's own when empty, which it only knows in a cluster")
	flags.StringVar(&o.leaderElectID, "leader-elect-id", "seam-operator", "`name` of the lease; one for each shard")
	flags.StringVar(&o.metricsBindAddress, "metrics-bind-address", "0", "`address` of the metrics, such as :8443; 0 for none")
	flags.BoolVar(&o.metricsSecure, "metrics-secure", true, "serve metrics with TLS, to authenticated and authorised clients only")
	flags.StringVar(&o.probeBindAddress, "health-probe-bind-address", ":8081", "`address` of /healthz and /readyz; 0 for none")
	flags.Func("kubeconfig", "`path` of a kubeconfig; the KUBECONFIG variable, the cluster's own or ~/.kube/config when unset", func(path string) error {
		return flag.Set("kubeconfig", path)
	})
	o.zap.BindFlags(flags)
	return flags
}

// parse reads the command line and refuses what would only fail later, perhaps at a door; its errors are one line that says what to write.
func parse(args []string, getenv func(string) string) (*options, error) {
	o := &options{controller: controllers.Options{StopGrace: stopGrace, Clock: clock.RealClock{}}}
	var raw rawFlags
	flags := newFlags(o, &raw, getenv)
	if err := parseQuietly(flags, args); err != nil {
		return nil, err
	}
	c := &o.controller
	for _, namespace := range strings.Split(raw.namespaces, ",") {
		if namespace = strings.TrimSpace(namespace); namespace != "" {
			c.Namespaces = append(c.Namespaces, namespace)
		}
	}
	c.DeletionPolicy = v1alpha1.DeletionPolicy(raw.policy)
	c.Limits.MaxRest = c.MaxRetryDelay
	c.Limits.InFlight = max(c.Concurrency/4, 1)
	var err error
	if c.Selector, err = labels.Parse(raw.selector); err != nil {
		return nil, fmt.Errorf("--watch-label-selector: %w", err)
	}
	return o, o.check(flags.Args())
}

// parseQuietly leaves the telling of errors to the caller; help goes to standard output.
func parseQuietly(flags *flag.FlagSet, args []string) error {
	var said strings.Builder
	flags.SetOutput(&said)
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(said.String())
	}
	return err
}

func notANamespace(name string) bool { return len(validation.IsDNS1123Label(name)) > 0 }

// check refuses what would only fail later.
func (o *options) check(arguments []string) error {
	c := o.controller
	if _, err := seam.ParseEndpoint(o.endpoint); err != nil {
		return fmt.Errorf("--seam-endpoint: %w", err)
	}
	for _, rule := range []struct {
		holds   bool
		message string
	}{
		{len(arguments) == 0, fmt.Sprintf("unexpected argument %q: all settings are flags, see --help", strings.Join(arguments, " "))},
		{c.Concurrency >= 1, "--concurrency must be at least 1"},
		{c.ResyncInterval >= time.Minute, "--resync-interval must be at least 1m"},
		{c.MinRetryDelay > 0 && c.MinRetryDelay <= c.MaxRetryDelay, "--min-retry-delay must be more than 0 and at most --max-retry-delay"},
		{c.SeamTimeout > 0, "--seam-timeout must be more than 0"},
		{c.HandOverGrace >= 0, "--hand-over-grace must not be negative"},
		{c.Limits.QPS > 0 && c.Limits.Burst >= 1, "--seam-qps must be more than 0 and --seam-burst at least 1"},
		{c.DeletionPolicy == v1alpha1.DeletionPolicyUnassign || c.DeletionPolicy == v1alpha1.DeletionPolicyRetain,
			"--default-deletion-policy must be Unassign or Retain"},
		{!slices.ContainsFunc(c.Namespaces, notANamespace), "--watch-namespaces must be names of namespaces, separated by commas"},
	} {
		if !rule.holds {
			return errors.New(rule.message)
		}
	}
	return nil
}
