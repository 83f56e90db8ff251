package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// The operator's settings, short enough for a story in real time. The lease is as it is shipped.
const (
	seamTimeout = 3 * time.Second
	retryMost   = 2 * time.Second
)

var settings = []string{
	"--seam-timeout=" + seamTimeout.String(),
	"--hand-over-grace=1s",
	"--min-retry-delay=200ms",
	"--max-retry-delay=" + retryMost.String(),
}

// stage is a namespace and a Seam of one case, in which operators come and go.
type stage struct {
	*cluster
	*seam
	binary    string
	namespace string
	replicas  []*replica
}

// newStage returns a stage to be ended even with an error.
func newStage(ctx context.Context, c *cluster, binary string) (*stage, error) {
	on := &stage{cluster: c, seam: newSeam(), binary: binary}
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "case-"}}
	if err := c.api.Create(ctx, namespace); err != nil {
		return on, err
	}
	on.namespace = namespace.Name
	return on, c.api.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: on.namespace, Name: "seam"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: apiKey},
	})
}

// end ends what runs. The namespace stays: the next case looks at another one.
func (on *stage) end() {
	for _, r := range on.replicas {
		r.Kill()
	}
	on.seam.close()
}

// replica is one operator process.
type replica struct {
	*process.Process
	name string // by which the journal of calls knows it
	log  string
}

// startReplica returns once the operator is ready: it leads if nobody else does. Each has an address of its own at Seam, so
// that the journal tells their calls apart.
func (on *stage) startReplica(ctx context.Context, name string, args ...string) (*replica, error) {
	probes, err := process.FreeAddress()
	if err != nil {
		return nil, err
	}
	endpoint, err := on.listen(name)
	if err != nil {
		return nil, err
	}
	log, err := on.log("operator-" + name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	args = append(append([]string{
		"--seam-endpoint=" + endpoint,
		"--kubeconfig=" + filepath.Join(on.dir, kubeconfigFile),
		"--watch-namespaces=" + on.namespace,
		"--health-probe-bind-address=" + probes,
	}, settings...), args...)
	p, err := process.Start(exec.Command(on.binary, args...), log)
	if err != nil {
		return nil, err
	}
	r := &replica{Process: p, name: name, log: log.Name()}
	on.replicas = append(on.replicas, r)
	if err := process.AwaitReady(ctx, "http://"+probes+"/readyz"); err != nil {
		return nil, fmt.Errorf("waiting until operator %s is ready: %w", name, err)
	}
	return r, nil
}

// withLease are the arguments of a replica that elects a leader.
func (on *stage) withLease() []string {
	return []string{"--leader-elect", "--leader-elect-namespace=" + on.namespace}
}

// shownBytes is how much of each log a failure shows.
const shownBytes = 4000

// showLogs shows what led to a failure: by far the most of it is told by the last lines, and by the calls in their order.
func (on *stage) showLogs(out io.Writer) {
	for _, r := range on.replicas {
		content, err := os.ReadFile(r.log)
		if err != nil {
			continue
		}
		_, _ = fmt.Fprintf(out, "--- the end of what operator %s said\n%s\n", r.name, content[max(0, len(content)-shownBytes):])
	}
	_, _ = fmt.Fprintln(out, "--- the calls that reached Seam")
	for _, call := range on.Calls() {
		_, _ = fmt.Fprintf(out, "%s %s %s\n", call.Time.Format("15:04:05.000"), call.UserAgent, call)
	}
}
