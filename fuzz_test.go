package main

import (
	"errors"
	"flag"
	"strings"
	"testing"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// The operator starts with exactly the endpoints that its client takes, from the flag and from the environment alike;
// what it refuses is told in one line that names the flag and does not repeat a password.
func FuzzEndpointFlag(f *testing.F) {
	for _, endpoint := range []string{"https://connect.getseam.com", "http://127.0.0.1:8080", "http://seam.example", "https://user:SECRETPW@seam.example", "https://user:SECRETPW@%zz",
		"--help", "-h", "", "\n", "https://h\nx", "=", "https://h?token=SECRETPW"} {
		f.Add(endpoint)
	}
	f.Fuzz(func(t *testing.T, endpoint string) {
		_, wrong := seam.ParseEndpoint(endpoint)
		env := func(name string) string {
			return map[string]string{"SEAM_ENDPOINT": endpoint}[name]
		}
		byFlag, err := parse([]string{"--seam-endpoint=" + endpoint}, noEnv)
		if (err == nil) != (wrong == nil) || err == nil && byFlag.endpoint != endpoint || errors.Is(err, flag.ErrHelp) {
			t.Fatalf("--seam-endpoint=%q is %v, which the client takes as %v", endpoint, err, wrong)
		}
		byEnv, envErr := parse(nil, env)
		switch {
		case endpoint == "" && (envErr != nil || byEnv.endpoint != "https://connect.getseam.com"):
			t.Errorf("an empty variable is %v", envErr)
		case endpoint != "" && (envErr == nil) != (err == nil):
			t.Errorf("%q is %v by flag, %v by environment", endpoint, err, envErr)
		}
		if err == nil {
			return
		}
		if text := err.Error(); !strings.HasPrefix(text, "--seam-endpoint: ") || strings.Contains(text, "\n") || strings.Contains(text, "SECRETPW") {
			t.Errorf("%q is refused as %q", endpoint, text)
		}
	})
}
