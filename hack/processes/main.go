// Command processes tells what becomes of a declaration when processes die: the built operator, the API server and etcd are
// killed, stopped and started again, etcd is set back to an older state, and Seam is away, all in real time. Each case is
// judged from outside, by the calls that reached a fake Seam and by the objects.
//
// It runs in the root of the repository. KUBEBUILDER_ASSETS names the folder of etcd and kube-apiserver; "make processes"
// sees to that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

func main() {
	binary := flag.String("operator", "bin/seam-operator", "the operator's binary")
	only := flag.String("only", "", "tell only the cases whose names contain this")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	failed, err := run(ctx, *binary, *only)
	cancel()
	if err != nil {
		fmt.Fprintf(os.Stderr, "processes: %v\n", err)
	}
	if err != nil || failed > 0 {
		os.Exit(1)
	}
}

// story is one case. What it returns says what was proved, in a few words, with what was measured.
type story struct {
	name string
	tell func(context.Context, *stage) (proved string, err error)
}

var stories = []story{
	{"operator killed during a move", killedDuringAMove},
	{"leader killed, another replica goes on", leaderKilled},
	{"leader stopped past its lease after a read", leaderStoppedAfterARead},
	{"leader stopped past its lease before a call", leaderStoppedBeforeACall},
	{"API server killed and restarted", apiServerKilled},
	{"API server away for longer than the lease", apiServerAway},
	{"etcd killed and restarted", etcdKilled},
	{"etcd restored while the operator runs", restoredUnderARunningOperator},
	{"etcd restored as the documentation says", restoredAsDocumented},
	{"Seam away", seamAway},
}

// longest is how long one case may take.
const longest = 3 * time.Minute

// run leaves nothing behind: no process, no file.
func run(ctx context.Context, binary, only string) (failed int, err error) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		return 0, errors.New("KUBEBUILDER_ASSETS is not set: start it with make processes")
	}
	log.SetLogger(zap.New(zap.WriteTo(io.Discard)))
	began := time.Now()
	cluster, err := startCluster(ctx, assets)
	if err != nil {
		return 0, err
	}
	defer cluster.stop()
	told := 0
	for _, s := range stories {
		if ctx.Err() != nil {
			return failed, context.Cause(ctx)
		}
		if !strings.Contains(s.name, only) {
			continue
		}
		told++
		if !tell(ctx, s, cluster, binary) {
			failed++
		}
	}
	fmt.Printf("%d cases, %d failed (%s)\n", told, failed, time.Since(began).Round(time.Second))
	return failed, nil
}

// tell prints one line, and after a failure the end of what the operators said.
func tell(ctx context.Context, s story, cluster *cluster, binary string) bool {
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("the case took more than %s", longest))
	defer cancel()
	began := time.Now()
	on, err := newStage(ctx, cluster, binary)
	var proved string
	if err == nil {
		proved, err = s.tell(ctx, on)
	}
	if err == nil {
		err = on.judge()
	}
	took := time.Since(began).Round(100 * time.Millisecond)
	if err != nil {
		fmt.Printf("FAILED %s (%s): %v\n", s.name, took, err)
		on.showLogs(os.Stdout)
	} else {
		fmt.Printf("ok     %s (%s): %s\n", s.name, took, proved)
	}
	on.end()
	return err == nil
}
