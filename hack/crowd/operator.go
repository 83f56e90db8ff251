package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// operator is the operator, running.
type operator struct{ *process.Process }

// startOperator returns once the operator is ready. Its log is kept in the folder.
func startOperator(ctx context.Context, binary, dir string, args ...string) (*operator, error) {
	probes, err := process.FreeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "operator.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	p, err := process.Start(exec.Command(binary, append(args, "--health-probe-bind-address="+probes)...), log)
	if err != nil {
		return nil, err
	}
	if err := process.AwaitReady(ctx, "http://"+probes+"/readyz"); err != nil {
		p.Stop()
		return nil, fmt.Errorf("waiting until the operator is ready: %w", err)
	}
	return &operator{p}, nil
}

// share returns how much of a core the operator takes in so much time.
func (o *operator) share(ctx context.Context, length time.Duration) (float64, error) {
	before, err := o.CPU()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := process.Pause(ctx, length); err != nil {
		return 0, err
	}
	after, err := o.CPU()
	return float64(after-before) / float64(time.Since(began)), err
}
