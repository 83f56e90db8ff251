package process

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopLimit is how long a process may take to end after SIGTERM: more than the operator and the control plane ask for.
const stopLimit = 30 * time.Second

// Process is a program that was started.
type Process struct {
	cmd   *exec.Cmd
	ended chan struct{}
}

// Start runs a command in a process group of its own, so that the terminal's Ctrl-C reaches only the program that starts
// it, which stops things in their order. What the command prints goes to out.
func Start(cmd *exec.Cmd, out io.Writer) (*Process, error) {
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(cmd.Path), err)
	}
	p := &Process{cmd: cmd, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is in its state
	}()
	return p, nil
}

// PID returns the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended is closed when the process is no more.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// End says what ended and how. It may be called once Ended is closed.
func (p *Process) End() error {
	return fmt.Errorf("%s ended: %s", filepath.Base(p.cmd.Path), p.cmd.ProcessState)
}

// Signal sends a signal. One that comes too late is lost: whoever waits for its effect notices.
func (p *Process) Signal(signal syscall.Signal) { _ = p.cmd.Process.Signal(signal) }

// Kill ends the process at once, even one that SIGSTOP stopped, and returns when it is no more.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.ended
}

// Stop asks the process to end and returns when it has; one that does not listen is killed.
func (p *Process) Stop() {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopLimit):
		p.Kill()
	}
}
