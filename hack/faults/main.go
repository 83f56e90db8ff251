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
	"math/rand/v2"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

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
	flag.IntVar(&o.parallel, "parallel", 14, "how many plans run at the same time")
	flag.BoolVar(&o.verbose, "v", false, "show each plan, and of one plan all that happened")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, cancel) // a second signal ends the program at once
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

// memoryTime is how long plans run on the API server in memory, after the selection on the real one.
const memoryTime = time.Minute

// start runs what is asked for on the real API server, and then, if nothing special is, a sample in memory.
func start(ctx context.Context, o options) error {
	log.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	klog.SetLogger(logr.Discard())
	e := &explorer{options: o}
	err := e.on(ctx, o.inMemory, e.explore)
	if err == nil && ctx.Err() == nil && o.plans == "" && !o.inMemory {
		err = e.on(ctx, true, e.sample)
	}
	if e.unstruck > 0 {
		fmt.Printf("%d plans ended before the request came that was to be struck\n", e.unstruck)
	}
	if e.unsteady > 0 {
		fmt.Printf("%d plans failed among others and passed alone: more than %d would fail\n", e.unsteady, mostUnsteady)
	}
	fmt.Printf("%d plans, %d failed\n", e.ran, e.failed)
	if err == nil && (e.failed > 0 || e.unsteady > mostUnsteady) {
		err = fmt.Errorf("%d plans failed, and %d failed among others and passed alone", e.failed, e.unsteady)
	}
	return errors.Join(err, ctx.Err())
}

// on starts an API server, for as long as something is done with it.
func (e *explorer) on(ctx context.Context, inMemory bool, do func(context.Context) error) error {
	var err error
	switch e.inMemory = inMemory; {
	case inMemory:
		e.api, err = world.NewMemoryCluster()
	case os.Getenv("KUBEBUILDER_ASSETS") == "":
		return errors.New("KUBEBUILDER_ASSETS is not set: start it with make faults")
	default:
		e.api, err = world.StartCluster(".")
	}
	if err != nil {
		return err
	}
	began, before := time.Now(), e.ran
	if err = do(ctx); err == nil {
		e.tryAgain(ctx)
	}
	fmt.Fprintf(os.Stderr, "%d plans in %s, in memory: %t\n", e.ran-before, time.Since(began).Round(time.Second), inMemory)
	return errors.Join(err, e.api.Stop())
}

// explore runs what the command line asks for.
func (e *explorer) explore(ctx context.Context) error {
	if number, err := strconv.Atoi(e.plans); err == nil {
		p, err := planOf(number)
		if err != nil {
			return err
		}
		e.each(ctx, []plan{p.faultless()})
		if p.boundary > 0 {
			e.each(ctx, []plan{p})
		}
		return nil
	}
	choose := map[string]func(int, []int) []plan{
		"": func(scene int, boundaries []int) []plan {
			return append(selected(scene, boundaries, turnOf(e.commit)), e.always(scene)...)
		},
		"all":  all,
		"none": func(int, []int) []plan { return nil },
	}[e.plans]
	if choose == nil {
		return fmt.Errorf("PLANS is %q: write all or the number of a plan", e.plans)
	}
	e.each(ctx, e.faultless())
	e.each(ctx, e.choice(choose))
	return nil
}

// sample runs as many plans as there is time for, of all of them in an order that goes with the commit.
func (e *explorer) sample(ctx context.Context) error {
	plans := e.choice(all)
	order := rand.New(rand.NewPCG(uint64(turnOf(e.commit)), 0))
	order.Shuffle(len(plans), func(i, j int) { plans[i], plans[j] = plans[j], plans[i] })
	e.parallel *= 10 // in memory they mostly wait
	inTime, cancel := context.WithTimeout(ctx, memoryTime)
	defer cancel()
	e.until(ctx, inTime.Done(), plans)
	return nil
}
