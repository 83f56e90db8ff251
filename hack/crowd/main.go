// Command crowd measures how much one tenant can delay and cost the owner of a credential, by objects that name it too: on a
// real API server and a fake Seam, with the operator as it is shipped, in a process of its own. It prints a table, and fails
// when a bound is missed: a move or a revocation a second later than without the crowd, or 5 % of a core at rest.
//
// With --attacks it measures instead what each of many things that a tenant may do costs another one, in a few minutes: how long
// moves and revocations take, and whether the operator gives back the memory and goroutines that it needed.
//
// It runs in the root of the repository. KUBEBUILDER_ASSETS names the folder of etcd and kube-apiserver; "make crowd" and
// "make tenants" see to that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

const (
	// latest is how much later than the contract's own waits an owner's move or revocation may be.
	latest = time.Second
	// dearest is how much of a core the operator may take at rest.
	dearest = 0.05
)

func main() {
	var o options
	flag.StringVar(&o.binary, "operator", "bin/seam-operator", "the operator's binary")
	flag.IntVar(&o.objects, "objects", 500, "objects of the crowd; twice as many without any Secret")
	flag.IntVar(&o.size, "size", 200_000, "bytes of annotations that each carries")
	flag.Float64Var(&o.edits, "edits", 30, "edits a second over all of them")
	flag.DurationVar(&o.rest, "rest", time.Minute, "how long the operator is watched at rest")
	flag.DurationVar(&o.settle, "settle", 5*time.Minute, "how long to wait before it counts as at rest")
	flag.StringVar(&o.only, "only", "", "measure only beside keys that are bogus, one or none; with --attacks, only attacks whose names contain this")
	flag.BoolVar(&o.attacks, "attacks", false, "measure what a tenant may do to another one, each for a short time")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, o)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "crowd: %v\n", err)
		os.Exit(1)
	}
}

// options is what the command line says.
type options struct {
	binary       string
	objects      int
	size         int
	edits        float64
	rest, settle time.Duration
	only         string
	attacks      bool
}

// run leaves nothing behind: no process, no file.
func run(ctx context.Context, o options) error {
	if os.Getenv("KUBEBUILDER_ASSETS") == "" {
		return errors.New("KUBEBUILDER_ASSETS is not set: start it with make crowd")
	}
	log.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	w, err := newWorld(ctx, o.binary)
	if err != nil {
		return err
	}
	defer w.stop()
	if o.attacks {
		return w.withstand(ctx, o)
	}
	var t table
	for _, step := range []struct {
		name    string
		measure func(context.Context, options, *table) error
	}{{"alone", w.alone}, {"bogus", w.besideBogusKeys}, {"one", w.besideOneKey}, {"none", w.besideNoKeys}} {
		if o.only != "" && step.name != "alone" && step.name != o.only {
			continue
		}
		if err := step.measure(ctx, o, &t); err != nil {
			return err
		}
	}
	return t.print(os.Stdout)
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
