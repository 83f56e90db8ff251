// Command faults runs scenarios of the operator again and again, each time with another fault at another request, and judges
// every history by the operator's invariants and by the end that the scenario comes to without a fault. A plan that fails is
// printed with the command that runs it alone.
//
// It runs in the root of the repository. KUBEBUILDER_ASSETS names the folder of etcd and kube-apiserver; "make faults" sees
// to that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"github.com/seam-operator/seam-operator/hack/faults/world"
)

func main() {
	var o options
	flag.StringVar(&o.plans, "plans", "", "all, none for those without a fault, the number of one plan, or nothing for a selection that covers everything")
	flag.StringVar(&o.scenario, "scenario", "", "only the scenario of that name")
	flag.StringVar(&o.commit, "commit", "", "the commit, by which the selection changes")
	flag.BoolVar(&o.inMemory, "memory", false, "run on an API server in memory")
	flag.IntVar(&o.parallel, "parallel", 12, "how many plans run at the same time")
	flag.BoolVar(&o.verbose, "v", false, "show each plan, and of one plan all that happened")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := start(ctx, o)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "faults: %v\n", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	plans    string
	scenario string
	commit   string
	parallel int
	inMemory bool
	verbose  bool
}

func start(ctx context.Context, o options) error {
	log.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	klog.SetLogger(logr.Discard())
	cluster, err := o.cluster()
	if err != nil {
		return err
	}
	e := &explorer{options: o, api: cluster}
	err = e.explore(ctx)
	return errors.Join(err, cluster.Stop())
}

// cluster starts the API server.
func (o *options) cluster() (*world.Cluster, error) {
	switch {
	case o.inMemory:
		return world.NewMemoryCluster()
	case os.Getenv("KUBEBUILDER_ASSETS") == "":
		return nil, errors.New("KUBEBUILDER_ASSETS is not set: start it with make faults")
	default:
		return world.StartCluster(".")
	}
}

// explore runs what the command line asks for.
func (e *explorer) explore(ctx context.Context) error {
	if number, err := strconv.Atoi(e.plans); err == nil {
		p, err := planOf(number)
		if err != nil {
			return err
		}
		return e.runAll(ctx, []plan{p.faultless()}, func([]int) []plan { return []plan{p} })
	}
	if e.plans != "" && e.plans != "all" && e.plans != "none" {
		return fmt.Errorf("PLANS is %q: write all or the number of a plan", e.plans)
	}
	return e.runEverything(ctx)
}
