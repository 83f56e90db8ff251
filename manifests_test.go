package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// kubectlPath is the kubectl of the control plane that the tests run on.
func kubectlPath() string { return filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl") }

// kubectl runs it on the world's API server.
func (w *world) kubectl(args ...string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), kubectlPath(), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+w.kubeconfig)
	out, err := cmd.CombinedOutput()
	w.Expect(err).NotTo(HaveOccurred(), string(out))
	return string(out)
}

// named lists what a command of kubectl's says of objects, as kind/name.
func named(out string) []string {
	var names []string
	for line := range strings.Lines(out) {
		if words := strings.Fields(line); len(words) > 0 {
			names = append(names, words[0])
		}
	}
	return names
}

// TestUndeployRemovesWhatDeployInstallsAndItsOption runs make undeploy with a kubectl that notes what it is asked for, since a
// bare API server ends neither namespaces nor deletions in the foreground.
func TestUndeployRemovesWhatDeployInstallsAndItsOption(t *testing.T) {
	w := newWorld(t)
	for name, answer := range map[string]string{
		"a cluster that has the kind": "exec " + kubectlPath() + ` "$@"`,
		"a cluster of before":         "echo '{}'",
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			folder := t.TempDir()
			asked := filepath.Join(folder, "asked")
			script := "#!/bin/sh\nif [ \"$1\" = get ]; then " + answer + "; exit; fi\necho \"$@\" >>" + asked + "\n"
			g.Expect(os.WriteFile(filepath.Join(folder, "kubectl"), []byte(script), 0o700)).To(Succeed())

			cmd := exec.CommandContext(t.Context(), "make", "undeploy")
			cmd.Env = append(os.Environ(), "KUBECONFIG="+w.kubeconfig, "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
			out, err := cmd.CombinedOutput()

			g.Expect(err).NotTo(HaveOccurred(), string(out))
			commands, err := os.ReadFile(asked)
			g.Expect(err).NotTo(HaveOccurred())
			var removed []string
			for line := range strings.Lines(string(commands)) {
				args := strings.Fields(line)
				g.Expect(args[0]).To(Equal("delete"))
				sources := slices.DeleteFunc(args[1:], func(arg string) bool { return strings.HasPrefix(arg, "--") })
				removed = append(removed, named(w.kubectl(append([]string{"create", "--dry-run=client", "-o", "name"}, sources...)...))...)
			}
			installed := named(w.kubectl("create", "--dry-run=client", "-o", "name", "-k", "config/default"))
			g.Expect(removed).To(ContainElements(slices.DeleteFunc(installed, func(name string) bool {
				return strings.HasPrefix(name, "customresourcedefinition") // which stays, with its objects
			})))
			if name == "a cluster of before" {
				g.Expect(removed).NotTo(ContainElement(ContainSubstring("mutating")))
				return
			}
			g.Expect(removed[:3]).To(Equal([]string{
				"mutatingadmissionpolicybinding.admissionregistration.k8s.io/seam-operator-finalizer",
				"mutatingadmissionpolicy.admissionregistration.k8s.io/seam-operator-finalizer",
				"deployment.apps/seam-operator",
			}), "nothing may get a finalizer when nobody is there any more to take it off")
		})
	}
}
