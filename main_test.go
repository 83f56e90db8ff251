package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func noEnv(string) string { return "" }

func TestFlagsHaveTheirDefaults(t *testing.T) {
	o, err := parse(nil, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	c := o.controller
	for name, pair := range map[string][2]any{
		"seam-endpoint":             {o.endpoint, "https://connect.getseam.com"},
		"concurrency":               {c.Concurrency, 32},
		"resync-interval":           {c.ResyncInterval, time.Hour},
		"min-retry-delay":           {c.MinRetryDelay, time.Second},
		"max-retry-delay":           {c.MaxRetryDelay, 5 * time.Minute},
		"seam-timeout":              {c.SeamTimeout, 30 * time.Second},
		"seam-qps":                  {c.Limits.QPS, 50.0},
		"seam-burst":                {c.Limits.Burst, 100},
		"default-deletion-policy":   {c.DeletionPolicy, v1alpha1.DeletionPolicyUnassign},
		"hand-over-grace":           {c.HandOverGrace, 2 * time.Second},
		"leader-elect":              {o.leaderElect, false},
		"metrics-bind-address":      {o.metricsBindAddress, "0"},
		"metrics-secure":            {o.metricsSecure, true},
		"health-probe-bind-address": {o.probeBindAddress, ":8081"},
		"a call's grace at the end": {c.StopGrace, 10 * time.Second},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
}

func TestBadFlagsAreRefusedInOneLine(t *testing.T) {
	for _, c := range []struct{ arg, says string }{
		{"--seam-endpoint=http://connect.getseam.com", "--seam-endpoint"},
		{"--seam-endpoint=", "--seam-endpoint"},
		{"--seam-endpoint=ftp://127.0.0.1", "--seam-endpoint"},
		{"--seam-endpoint=https://key@connect.getseam.com", "--seam-endpoint"},
		{"--concurrency=0", "--concurrency"},
		{"--concurrency=many", "concurrency"},
		{"--resync-interval=10s", "--resync-interval"},
		{"--min-retry-delay=0s", "--min-retry-delay"},
		{"--min-retry-delay=10m", "--max-retry-delay"},
		{"--seam-timeout=0s", "--seam-timeout"},
		{"--seam-qps=0", "--seam-qps"},
		{"--seam-burst=0", "--seam-burst"},
		{"--hand-over-grace=-1s", "--hand-over-grace"},
		{"--default-deletion-policy=Delete", "Unassign or Retain"},
		{"--watch-label-selector=a==b==c", "--watch-label-selector"},
		{"--watch-namespaces=Front_Desk", "--watch-namespaces"},
		{"--no-such-flag", "no-such-flag"},
		{"run", `"run"`},
	} {
		_, err := parse([]string{c.arg}, noEnv)
		switch {
		case err == nil:
			t.Errorf("%s was accepted", c.arg)
		case !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s says %q, want one line with %q", c.arg, err, c.says)
		}
	}
}

func TestTheEndpointComesFromTheEnvironmentUnlessAFlagSaysSo(t *testing.T) {
	env := func(name string) string {
		return map[string]string{"SEAM_ENDPOINT": "http://127.0.0.1:8080"}[name]
	}
	o, err := parse(nil, env)
	if err != nil || o.endpoint != "http://127.0.0.1:8080" {
		t.Errorf("from the environment: %q, %v", o.endpoint, err)
	}
	o, err = parse([]string{"--seam-endpoint=https://seam.example.com"}, env)
	if err != nil || o.endpoint != "https://seam.example.com" {
		t.Errorf("from the flag: %q, %v", o.endpoint, err)
	}
}

func TestNamespacesAreSeparatedByCommas(t *testing.T) {
	o, err := parse([]string{"--watch-namespaces=front-desk, back-office,"}, noEnv)
	if err != nil || strings.Join(o.controller.Namespaces, "|") != "front-desk|back-office" {
		t.Errorf("namespaces %q, %v", o.controller.Namespaces, err)
	}
}

func TestHelpIsNoError(t *testing.T) {
	if _, err := parse([]string{"--help"}, noEnv); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help gives %v", err)
	}
}

// TestThePageOfFlagsIsComplete holds the page of flags against the flags themselves. UPDATE_DOCS=1 rewrites it.
func TestThePageOfFlagsIsComplete(t *testing.T) {
	const path = "docs/flags.md"
	var page strings.Builder
	page.WriteString("# Flags\n\nGenerated from the flags themselves by a test. To rewrite it: `UPDATE_DOCS=1 go test . -run PageOfFlags`.\n\n" +
		"The Kubernetes client finds its cluster as kubectl does, and honours HTTPS_PROXY and NO_PROXY, as the client of Seam does.\n\n" +
		"| flag | default | what it sets |\n|---|---|---|\n")
	newFlags(&options{}, &rawFlags{}, noEnv).VisitAll(func(f *flag.Flag) {
		kind, usage := flag.UnquoteUsage(f)
		value := f.DefValue
		if value != "" {
			value = "`" + value + "`"
		}
		fmt.Fprintf(&page, "| `--%s` %s | %s | %s |\n", f.Name, kind, value, strings.ReplaceAll(usage, "|", "\\|"))
	})
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(page.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != page.String() {
		t.Errorf("%s is out of date: UPDATE_DOCS=1 go test . -run PageOfFlags rewrites it (%v)", path, err)
	}
}
