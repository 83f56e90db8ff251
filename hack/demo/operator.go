package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// Where config/default puts the operator, and who it is there.
const (
	operatorNamespace = "seam-operator-system"
	operatorAccount   = "seam-operator"
)

// startOperator runs the operator as its shipped service account and returns once it is ready.
func startOperator(ctx context.Context, binary string, c *cluster, seamURL string, logs *logs, fail func(error)) (_ *process.Process, err error) {
	kubeconfig := filepath.Join(logs.dir, "operator.kubeconfig")
	if err := writeAccountConfig(ctx, c, kubeconfig); err != nil {
		return nil, fmt.Errorf("a kubeconfig for service account %s: %w", operatorAccount, err)
	}
	probes, err := process.FreeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary,
		"--seam-endpoint="+seamURL,
		// Until a write is this old, reads that contradict it count as late ones, and what people do as not seen yet.
		"--seam-timeout=3s",
		"--leader-elect",
		"--leader-elect-namespace="+operatorNamespace,
		"--health-probe-bind-address="+probes,
	)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	p, err := start(cmd, logs, fail)
	if err != nil {
		return nil, err
	}
	if err := process.AwaitReady(ctx, "http://"+probes+"/readyz"); err != nil {
		p.Stop()
		return nil, fmt.Errorf("waiting until the operator is ready: %w", err)
	}
	say("(the operator runs on this machine, as system:serviceaccount:%s:%s)", operatorNamespace, operatorAccount)
	return p, nil
}

func writeAccountConfig(ctx context.Context, c *cluster, path string) error {
	clients, err := kubernetes.NewForConfig(c.admin)
	if err != nil {
		return err
	}
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To(int64(7 * 24 * time.Hour / time.Second))},
	}
	answer, err := clients.CoreV1().ServiceAccounts(operatorNamespace).CreateToken(ctx, operatorAccount, request, metav1.CreateOptions{})
	if err != nil {
		return err
	}
	return clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"demo": {Server: c.admin.Host, CertificateAuthorityData: c.admin.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{operatorAccount: {Token: answer.Status.Token}},
		Contexts:       map[string]*clientcmdapi.Context{"demo": {Cluster: "demo", AuthInfo: operatorAccount}},
		CurrentContext: "demo",
	}, path)
}
