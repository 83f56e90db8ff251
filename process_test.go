package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories the operator is a process of its own: this test binary, started again as the command.

const asOperator = "SEAM_OPERATOR_TEST_AS_OPERATOR"

func TestMain(m *testing.M) {
	if os.Getenv(asOperator) != "" {
		main()
		return
	}
	verifyNoLeaks(func() int {
		code := m.Run()
		stopCluster()
		return code
	})
}

var (
	clusterOnce sync.Once
	cluster     *envtest.Environment
	clusterErr  error
)

// startCluster starts a real API server, once for all stories.
func startCluster(t *testing.T) *envtest.Environment {
	t.Helper()
	clusterOnce.Do(func() {
		cluster = &envtest.Environment{
			CRDDirectoryPaths:     []string{filepath.Join("config", "crd", "bases")},
			ErrorIfCRDPathMissing: true,
		}
		_, clusterErr = cluster.Start()
	})
	if clusterErr != nil {
		t.Fatalf("starting the control plane from KUBEBUILDER_ASSETS=%q, which make test sets: %v", os.Getenv("KUBEBUILDER_ASSETS"), clusterErr)
	}
	return cluster
}

func stopCluster() {
	if cluster == nil {
		return
	}
	if err := cluster.Stop(); err != nil {
		fmt.Fprintf(os.Stderr, "stopping the control plane: %v\n", err)
	}
}

const (
	alice  = "33333333-3333-3333-3333-333333333333"
	bob    = "44444444-4444-4444-4444-444444444444"
	system = "77777777-7777-7777-7777-777777777777"
	apiKey = "seam_test1key_of_the_front_desk"
)

// world is a namespace and a Seam, in which operators come and go.
type world struct {
	*WithT
	t          *testing.T
	namespace  string
	kubeconfig string
	api        client.Client
	seam       *fakeseam.Server
	endpoint   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	env := startCluster(t)
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	api, err := client.New(env.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{WithT: NewWithT(t), t: t, api: api, seam: fakeseam.New(), kubeconfig: filepath.Join(t.TempDir(), "kubeconfig")}
	w.SetDefaultEventuallyTimeout(30 * time.Second)
	w.SetDefaultEventuallyPollingInterval(20 * time.Millisecond)
	w.Expect(os.WriteFile(w.kubeconfig, env.KubeConfig, 0o600)).To(Succeed())
	w.seam.AddWorkspace(fakeseam.Workspace{ID: "11111111-1111-1111-1111-111111111111"})
	w.seam.AddAPIKey(apiKey, "11111111-1111-1111-1111-111111111111")
	w.seam.AddSystem(fakeseam.System{ID: system, WorkspaceID: "11111111-1111-1111-1111-111111111111"})
	for _, id := range []string{alice, bob} {
		w.seam.AddUser(fakeseam.User{ID: id, SystemID: system})
	}
	server := httptest.NewServer(w.seam)
	t.Cleanup(func() { w.seam.Close(); server.Close() })
	w.endpoint = server.URL

	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "process-"}}
	w.Expect(api.Create(t.Context(), namespace)).To(Succeed())
	w.namespace = namespace.Name
	w.Expect(api.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "seam", Namespace: w.namespace},
		StringData: map[string]string{"api-key": apiKey},
	})).To(Succeed())
	return w
}

// operator is the command, running.
type operator struct {
	*exec.Cmd
	log  *bytes.Buffer
	done sync.Once
}

// operate starts the operator and waits until it is ready: for leading, when it elects a leader.
func (w *world) operate(args ...string) *operator {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.Expect(err).NotTo(HaveOccurred())
	probes := listener.Addr().String()
	w.Expect(listener.Close()).To(Succeed())
	o := &operator{log: &bytes.Buffer{}, Cmd: exec.Command(os.Args[0], append([]string{
		"--seam-endpoint=" + w.endpoint,
		"--kubeconfig=" + w.kubeconfig,
		"--watch-namespaces=" + w.namespace,
		"--health-probe-bind-address=" + probes,
	}, args...)...)}
	o.Env = append(os.Environ(), asOperator+"=1")
	o.Stdout, o.Stderr = o.log, o.log
	w.Expect(o.Start()).To(Succeed())
	w.t.Cleanup(func() {
		o.end(syscall.SIGKILL)
		if w.t.Failed() {
			w.t.Logf("an operator said:\n%s", o.log)
		}
	})
	w.Eventually(func() error {
		resp, err := http.Get("http://" + probes + "/readyz")
		if err != nil {
			return err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz answers %s", resp.Status)
		}
		return nil
	}).Should(Succeed())
	return o
}

// end sends a signal and waits until the process is no more.
func (o *operator) end(signal syscall.Signal) {
	o.done.Do(func() {
		_ = o.Process.Signal(signal)
		_ = o.Wait()
	})
}

// declare gives a new credential to Alice.
func (w *world) declare(name string) *v1alpha1.CredentialAssignment {
	w.t.Helper()
	o := &v1alpha1.CredentialAssignment{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: w.namespace},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: w.seam.AddCredential(fakeseam.Credential{SystemID: system}).ID,
			ACSUserID:       alice,
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
		},
	}
	w.Expect(w.api.Create(w.t.Context(), o)).To(Succeed())
	return o
}

func (w *world) assigned(name string) {
	w.t.Helper()
	w.Eventually(func(g Gomega) {
		var o v1alpha1.CredentialAssignment
		g.Expect(w.api.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, &o)).To(Succeed())
		g.Expect(o.Status.ObservedGeneration).To(Equal(o.Generation))
		g.Expect(meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)).To(BeTrue())
	}).Should(Succeed())
}

// changes lists what changed at Seam.
func (w *world) changes() []string {
	var changes []string
	for _, call := range w.seam.Writes() {
		if call.Changed {
			changes = append(changes, strings.TrimSuffix(call.Operation, "_credential")+" "+call.ACSUserID)
		}
	}
	return changes
}

func TestAMoveSurvivesAKilledProcess(t *testing.T) {
	t.Parallel()
	for calls := 1; calls <= 5; calls++ {
		t.Run(fmt.Sprintf("at call %d", calls), func(t *testing.T) {
			w := newWorld(t)
			flags := []string{"--seam-timeout=2s", "--min-retry-delay=100ms"}
			first := w.operate(flags...)
			o := w.declare("front-desk-key")
			w.assigned("front-desk-key")
			w.seam.ResetCalls()

			w.Expect(w.api.Patch(t.Context(), o, client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"acsUserID":"`+bob+`"}}`)))).To(Succeed())
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			w.Expect(w.seam.AwaitCalls(ctx, calls, "")).To(Succeed())
			first.end(syscall.SIGKILL)
			w.operate(flags...)

			w.assigned("front-desk-key")
			w.Expect(w.changes()).To(Equal([]string{"unassign " + alice, "assign " + bob}))
		})
	}
}

func TestAnotherLeaderTakesOverSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	flags := []string{"--leader-elect", "--leader-elect-namespace=" + w.namespace}
	first := w.operate(flags...)
	w.declare("first")
	w.assigned("first")
	second := w.operate(flags...)

	first.end(syscall.SIGKILL)
	var lease coordinationv1.Lease
	w.Expect(w.api.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "seam-operator"}, &lease)).To(Succeed())
	ends := lease.Spec.RenewTime.Add(time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second)
	w.declare("second")
	w.assigned("second")
	writes := w.seam.Writes()
	took := writes[len(writes)-1].Time.Sub(ends)
	t.Logf("after a kill another leader acted %s after the lease ended", took)
	w.Expect(took).To(And(BeNumerically(">", 0), BeNumerically("<", 3*time.Second)), "2 s, and 1 s for a busy machine")

	w.operate(flags...)
	second.end(syscall.SIGTERM)
	released := time.Now()
	w.declare("third")
	w.assigned("third")
	writes = w.seam.Writes()
	took = writes[len(writes)-1].Time.Sub(released)
	t.Logf("after SIGTERM another leader acted %s after the lease was released", took)
	w.Expect(took).To(BeNumerically("<", 3*time.Second), "2 s, and 1 s for a busy machine")
}
