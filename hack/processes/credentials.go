package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// What the API server reads, and the operator's kubeconfig, in the cluster's folder.
const (
	tokensFile      = "tokens.csv"
	accountsKeyFile = "service-accounts.pem"
	kubeconfigFile  = "kubeconfig"

	adminToken = "admin-of-this-run" // on loopback, for as long as the program runs
)

// writeCredentials writes what has to be the same after a restart.
func writeCredentials(c *cluster) error {
	tokens := adminToken + ",admin,admin,system:masters\n"
	if err := os.WriteFile(filepath.Join(c.dir, tokensFile), []byte(tokens), 0o600); err != nil {
		return err
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	block := &pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}
	if err := os.WriteFile(filepath.Join(c.dir, accountsKeyFile), pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	return clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"this": {Server: "https://" + c.addresses.apiServer, InsecureSkipTLSVerify: true}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"admin": {Token: adminToken}},
		Contexts:       map[string]*clientcmdapi.Context{"this": {Cluster: "this", AuthInfo: "admin"}},
		CurrentContext: "this",
	}, filepath.Join(c.dir, kubeconfigFile))
}
