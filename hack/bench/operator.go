package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// operator is the operator's process, started as users start it: what is not said here is left at its default.
type operator struct {
	*process.Process
	began   time.Time
	metrics string
	log     string
}

// unlimited lifts the limit of what is asked of Seam with one key, where it would be all that is measured.
var unlimited = []string{"--seam-qps=100000", "--seam-burst=100000"}

// everyMinute resyncs as often as the operator allows.
var everyMinute = []string{"--resync-interval=1m"}

// startOperator returns once the operator is ready.
func (w *world) startOperator(ctx context.Context, binary string, args ...[]string) (*operator, error) {
	var addresses [2]string
	for i := range addresses {
		var err error
		if addresses[i], err = process.FreeAddress(); err != nil {
			return nil, err
		}
	}
	log, err := os.OpenFile(filepath.Join(w.dir, "operator.log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	all := []string{
		"--kubeconfig=" + w.kubeconfig(), "--seam-endpoint=" + w.seam.url, "--health-probe-bind-address=" + addresses[0],
		"--metrics-bind-address=" + addresses[1], "--metrics-secure=false",
	}
	for _, more := range args {
		all = append(all, more...)
	}
	o := &operator{began: time.Now(), metrics: "http://" + addresses[1] + "/metrics", log: log.Name()}
	if o.Process, err = process.Start(exec.Command(binary, all...), log); err != nil {
		return nil, err
	}
	if err := process.AwaitReady(ctx, "http://"+addresses[0]+"/readyz"); err != nil {
		o.Stop()
		return nil, fmt.Errorf("waiting until the operator is ready: %w; it said: %s", err, o.said())
	}
	return o, nil
}

// said returns the end of the operator's log.
func (o *operator) said() string {
	const shown = 2000
	content, err := os.ReadFile(o.log)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-shown):])
}

// isIdle reports whether nothing waits in the operator's queues and nobody works, as its metrics tell. An operator that has just
// started may not answer, or have no queues yet.
func (o *operator) isIdle(ctx context.Context) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.metrics, nil)
	if err != nil {
		return false, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	seen, idle := 0, true
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if name, _, _ := strings.Cut(lines.Text(), "{"); name != "workqueue_depth" && name != "controller_runtime_active_workers" {
			continue
		}
		seen++
		idle = idle && strings.HasSuffix(lines.Text(), " 0")
	}
	if seen == 0 {
		return false, errors.New("the operator's metrics have neither workqueue_depth nor controller_runtime_active_workers")
	}
	return idle, lines.Err()
}

// until waits for what the operator has to do, and tells what it said if it ends before that.
func (w *world) until(ctx context.Context, o *operator, what string, condition func() bool) error {
	ended := false
	err := process.Until(ctx, w.patience, func() bool {
		select {
		case <-o.Ended():
			ended = true
			return true
		default:
			return condition()
		}
	})
	switch {
	case ended:
		return fmt.Errorf("waiting until %s: %w; it said: %s", what, o.End(), o.said())
	case err != nil:
		return fmt.Errorf("waiting until %s: %w", what, err)
	default:
		return nil
	}
}

// caughtUp waits until the operator has nothing left to do at once: its queues are empty, nobody works, and Seam has not been
// asked for a while. It returns when that began.
func (w *world) caughtUp(ctx context.Context, o *operator) (since time.Time, err error) {
	const quiet = 3 * time.Second
	since = time.Now()
	next := since
	var failed error
	waiting := w.until(ctx, o, "the operator has caught up", func() bool {
		now := time.Now()
		if now.Before(next) {
			return false
		}
		next = now.Add(100 * time.Millisecond) // asking costs the operator something
		var idle bool
		if idle, failed = o.isIdle(ctx); !idle {
			since = now
		}
		if last := w.seam.lastCall(); last.After(since) {
			since = last
		}
		return now.Sub(since) >= quiet
	})
	if waiting != nil {
		return since, errors.Join(waiting, failed)
	}
	return since, nil
}
