package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// process is a program that runs until stop.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// start runs a command in a process group of its own, so that the terminal's Ctrl-C reaches only the demo, which stops
// things in their order. If the process ends before stop, it calls fail.
func start(cmd *exec.Cmd, logs *logs, fail func(error)) (*process, error) {
	name := filepath.Base(cmd.Path)
	out := logs.create(name)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	p := &process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
		fail(fmt.Errorf("%s ended too early: %s", name, cmd.ProcessState))
	}()
	return p, nil
}

// stop asks the process to end and waits until it has.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(30 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}
