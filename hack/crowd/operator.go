package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// operator is the operator, running.
type operator struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// startOperator returns once the operator is ready. Its log is kept in the folder.
func startOperator(ctx context.Context, binary, dir string, args ...string) (*operator, error) {
	probes, err := freeAddress()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "operator.log"))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, append(args, "--health-probe-bind-address="+probes)...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for this program alone
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", binary, err)
	}
	o := &operator{cmd: cmd, ended: make(chan struct{})}
	go func() { _ = cmd.Wait(); _ = log.Close(); close(o.ended) }()
	if err := until(ctx, time.Minute, func() bool { return isReady(ctx, "http://"+probes+"/readyz") }); err != nil {
		o.stop()
		return nil, fmt.Errorf("waiting until the operator is ready: %w", err)
	}
	return o, nil
}

// freeAddress returns an address of this machine that nothing listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

func isReady(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

func (o *operator) stop() {
	_ = o.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-o.ended:
	case <-time.After(30 * time.Second):
		_ = o.cmd.Process.Kill()
		<-o.ended
	}
}

// ticks is how many clock ticks of /proc/<pid>/stat make a second: always 100 on Linux.
const ticks = 100

// cpu returns how long the operator has run on a processor since it started.
func (o *operator) cpu() (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", o.cmd.Process.Pid))
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
	if err := pause(ctx, length); err != nil {
		return 0, err
	}
	after, err := o.cpu()
	return float64(after-before) / float64(time.Since(began)), err
}

// pause lets a time go by.
func pause(ctx context.Context, length time.Duration) error {
	select {
	case <-time.After(length):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// until asks again and again, for so long at most, until the condition holds.
func until(ctx context.Context, limit time.Duration, condition func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not come within %s", limit))
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
