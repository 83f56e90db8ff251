package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

// ticks is how many clock ticks of /proc/<pid>/stat make a second: always 100 on Linux.
const ticks = 100

// cpu returns how long the operator has run on a processor since it started.
func (o *operator) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.PID()))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the third one on
	if len(fields) < 13 {
		return 0, errors.New("/proc/<pid>/stat is shorter than expected")
	}
	var total time.Duration
	for _, field := range fields[11:13] { // utime, stime
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(n) * time.Second / ticks
	}
	return total, nil
}

// share returns how much of a core the operator takes in so much time.
func (o *operator) share(ctx context.Context, length time.Duration) (float64, error) {
	before, err := o.cpu()
	if err != nil {
		return 0, err
	}
	began := time.Now()
	if err := process.Pause(ctx, length); err != nil {
		return 0, err
	}
	after, err := o.cpu()
	return float64(after-before) / float64(time.Since(began)), err
}
