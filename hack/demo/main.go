// Command demo shows the operator at work on a real API server and a fake Seam, as a person would use it: it runs
// kubectl, prints each command with what it answers, and checks after each step what Seam was asked to change.
//
// It runs in the root of the repository. KUBEBUILDER_ASSETS names the folder of etcd, kube-apiserver, kubectl and
// kube-controller-manager; "make demo" sees to that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

func main() {
	stay := flag.Bool("stay", false, "stay up after the last step, until Ctrl-C")
	binary := flag.String("operator", "bin/seam-operator", "the operator's binary")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, *binary, *stay)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "\nThe demo ends before its time: %v\n", err)
		os.Exit(1)
	}
}

// run leaves nothing behind: no process, no file.
func run(signals context.Context, binary string, stay bool) (err error) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		return errors.New("KUBEBUILDER_ASSETS is not set: start the demo with make demo")
	}
	ctx, fail := context.WithCancelCause(signals)
	defer fail(nil)
	logs, err := newLogs()
	if err != nil {
		return err
	}
	defer func() { logs.remove(err != nil && signals.Err() == nil) }()
	log.SetLogger(zap.New(zap.WriteTo(logs.create("envtest"))))

	say("Starting etcd, kube-apiserver and kube-controller-manager, and a fake Seam …")
	seam, err := startSeam()
	if err != nil {
		return err
	}
	defer seam.stop()
	cluster, err := startCluster(assets, logs, fail)
	if err != nil {
		return err
	}
	defer cluster.stop()

	s := &story{kubectl: cluster.kubectl(assets), seam: seam}
	if err := s.tell(ctx, install); err != nil {
		return err
	}
	operator, err := startOperator(ctx, binary, cluster, seam.url, logs, fail)
	if err != nil {
		return cause(ctx, err)
	}
	defer operator.Stop()
	defer say("\nStopping everything …")
	if err := s.tell(ctx, giveKey, assign, move, heal, refuse, giveBack, remove, frontDesk, removeNamespace); err != nil {
		return err
	}
	if !stay {
		say("\nEverything matched.")
		return nil
	}
	if err := s.tell(ctx, again); err != nil {
		return err
	}
	return s.play(ctx, signals)
}

// cause prefers why the context ended to what failed because of it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }
