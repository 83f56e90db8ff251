package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

const metricsBefore = `# HELP apiserver_request_total Counter of apiserver requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="secrets",scope="resource",subresource="",verb="GET",version="v1"} 3
apiserver_request_total{code="200",component="apiserver",dry_run="",group="acs.seam.co",resource="credentialassignments",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 5
apiserver_request_total{code="409",component="apiserver",dry_run="",group="acs.seam.co",resource="credentialassignments",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 1
apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 70
# TYPE apiserver_current_inflight_requests gauge
apiserver_current_inflight_requests{request_kind="mutating"} 2
`

func TestRequestsAreCountedByVerbAndResource(t *testing.T) {
	got, err := countsOf(strings.NewReader(metricsBefore))
	if err != nil {
		t.Fatal(err)
	}
	want := report.Counts{"GET secrets": 3, "PATCH credentialassignments/status": 6, "PUT leases": 70}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v: a refused request is one, too", got, want)
	}
}

func TestOnlyRequestsOfTheOperatorAreToldOf(t *testing.T) {
	got := interesting(report.Counts{
		"PUT leases": 3, "WATCH secrets": 1, "GET ": 2, "LIST services": 1, "POST events": 4, "PATCH credentialassignments/status": 2, "GET secrets": 0,
	})
	want := report.Counts{"POST events": 4, "PATCH credentialassignments/status": 2}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestOwnRequestsAreNamedAsTheAPIServerNamesThem(t *testing.T) {
	const assignments = "/apis/acs.seam.co/v1alpha1/namespaces/front-desk/credentialassignments"
	for _, test := range []struct{ method, target, want string }{
		{"POST", assignments, "POST credentialassignments"},
		{"GET", assignments + "?limit=1", "LIST credentialassignments"},
		{"GET", assignments + "?watch=true", "WATCH credentialassignments"},
		{"GET", assignments + "/door-1", "GET credentialassignments"},
		{"PATCH", assignments + "/door-1/status", "PATCH credentialassignments/status"},
		{"DELETE", assignments + "/door-1", "DELETE credentialassignments"},
		{"GET", "/apis/acs.seam.co/v1alpha1/credentialassignments", "LIST credentialassignments"},
		{"GET", "/api/v1/namespaces/front-desk/secrets/seam-0", "GET secrets"},
		{"POST", "/api/v1/namespaces", "POST namespaces"},
		{"GET", "/api/v1/namespaces/front-desk", "GET namespaces"},
		{"GET", "/version", "GET "},
		{"GET", "/apis", "GET "},
	} {
		if got := kindOf(httptest.NewRequest(test.method, test.target, http.NoBody)); got != test.want {
			t.Errorf("%s %s: got %q, want %q", test.method, test.target, got, test.want)
		}
	}
}
