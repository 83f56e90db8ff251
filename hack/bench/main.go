// Command bench measures what an assignment costs and how fast many are made: on a real API server and a fake Seam, with the
// operator as it is shipped, in a process of its own. Beside it, in the same run, it measures a bare client that does only what
// nobody can do without: figures of two machines differ, their ratio to that floor hardly does.
//
// It keeps the results in docs/benchmarks.json, and writes docs/benchmarks.md and docs/benchmarks.svg from them. With --smoke
// it measures a few hundred objects and fails when they cost more than that page says.
//
// It runs in the root of the repository. KUBEBUILDER_ASSETS names the folder of etcd and kube-apiserver; "make bench" and
// "make bench-smoke" see to that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

func main() {
	var o options
	flag.StringVar(&o.binary, "operator", "bin/seam-operator", "the operator's binary")
	flag.StringVar(&o.objects, "objects", "2000,10000", "numbers of objects, separated by commas; 50,000 and more are made Ready by hand, to measure how they start, rest and are resynced")
	flag.StringVar(&o.latencies, "latencies", "0s,100ms", "how long each call to Seam takes at least, separated by commas")
	flag.IntVar(&o.keys, "keys", 1, "API keys, each of a workspace of its own, among which the objects are spread")
	flag.DurationVar(&o.rest, "rest", 2*time.Minute, "how long the operator is watched at rest")
	flag.StringVar(&o.docs, "docs", "docs", "the folder in which benchmarks.json, benchmarks.md and benchmarks.svg are kept")
	flag.BoolVar(&o.page, "page", false, "measure nothing, write the page and the chart from the results that are kept")
	flag.BoolVar(&o.smoke, "smoke", false, "measure 500 objects, and fail when they cost more than the page says")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, o)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	binary             string
	objects, latencies string
	keys               int
	rest               time.Duration
	docs               string
	page, smoke        bool
}

// run leaves nothing behind but the page: no process, no other file.
func run(ctx context.Context, o options) error {
	kept, err := report.Load(o.docs + "/benchmarks.json")
	if err != nil {
		return err
	}
	if o.page {
		return kept.Publish(o.docs)
	}
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return errors.New("KUBEBUILDER_ASSETS is not set: start it with make bench")
	}
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard()) // what fails is told by errors
	if o.smoke {
		return smoke(ctx, o, &kept)
	}
	setups, err := o.setups()
	if err != nil {
		return err
	}
	for _, s := range setups {
		scenario, err := s.run(ctx)
		if err != nil {
			return fmt.Errorf("with %d objects and %s a call: %w", s.objects, s.latency, err)
		}
		scenario.Date, scenario.Commit = time.Now().UTC().Format(time.DateOnly), commit()
		fmt.Println(scenario.Table())
		kept.Add(scenario)
		if err := kept.Publish(o.docs); err != nil { // a scenario that fails takes no other one with it
			return err
		}
	}
	fmt.Print(kept.FiguresTable())
	return nil
}

// madeByHand is from how many objects on they are not assigned by the operator, which would take too long.
const madeByHand = 50_000

// setups returns the scenarios that the command line asks for.
func (o options) setups() (setups []setup, err error) {
	for _, text := range strings.Split(o.objects, ",") {
		objects, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || objects < 2 || objects >= 1_000_000 {
			return nil, fmt.Errorf("--objects: %q is no number from 2 to 999999", text)
		}
		for i, text := range strings.Split(o.latencies, ",") {
			latency, err := time.ParseDuration(strings.TrimSpace(text))
			if err != nil || latency < 0 {
				return nil, fmt.Errorf("--latencies: %q is no time such as 100ms", text)
			}
			s := setup{binary: o.binary, objects: objects, latency: latency, keys: max(o.keys, 1), rest: o.rest, steps: throughput}
			switch {
			case objects >= madeByHand && i > 0:
				continue
			case objects >= madeByHand:
				s.latency, s.steps = 0, made
			case latency == 0:
				s.steps = all
			}
			setups = append(setups, s)
		}
	}
	return setups, nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
