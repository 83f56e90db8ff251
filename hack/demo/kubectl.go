package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// kubectl runs the control plane's own kubectl as its admin, apart from the person's own configuration.
type kubectl struct {
	path       string
	kubeconfig string
	env        []string
}

func (c *cluster) kubectl(assets string) *kubectl {
	return &kubectl{
		path:       filepath.Join(assets, "kubectl"),
		kubeconfig: c.kubeconfig,
		env: append(os.Environ(), "KUBECONFIG="+c.kubeconfig, "KUBERC=off",
			"KUBECACHEDIR="+filepath.Join(filepath.Dir(c.kubeconfig), "cache")),
	}
}

// run prints the command as one would type it, and what it answers.
func (k *kubectl) run(ctx context.Context, args ...string) error {
	typed := make([]string, 0, len(args))
	for _, arg := range args {
		typed = append(typed, quote(arg))
	}
	say("$ kubectl %s", strings.Join(typed, " "))
	cmd := exec.CommandContext(ctx, k.path, args...)
	cmd.Env = k.env
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("kubectl %s: %w", args[0], err)
	}
	return nil
}

func (k *kubectl) runAll(ctx context.Context, commands [][]string) error {
	for _, args := range commands {
		if err := k.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// quote writes an argument as a shell takes it.
func quote(arg string) string {
	if strings.ContainsAny(arg, ` "$&*;|<>(){}[]?!\`) {
		return "'" + arg + "'"
	}
	return arg
}
