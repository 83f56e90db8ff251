package main

import (
	"os/exec"
	"path/filepath"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// start runs a command with a log of its own. When the process ends, it calls fail: before its time, unless the demo is over.
func start(cmd *exec.Cmd, logs *logs, fail func(error)) (*process.Process, error) {
	p, err := process.Start(cmd, logs.create(filepath.Base(cmd.Path)))
	if err != nil {
		return nil, err
	}
	go func() {
		<-p.Ended()
		fail(p.End())
	}()
	return p, nil
}
