package controllers

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestALeaseIsHeldAsLongAsItsLastRenewalIsGood(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	lease := &Lease{Lasts: time.Hour}
	transport := lease.Watch(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	}))
	path, body := "/apis/coordination.k8s.io/v1/namespaces/x/leases/y", `{"spec":{"holderIdentity":"us"}}`
	send := func(method string, answer int) {
		status = answer
		resp, err := transport.RoundTrip(httptest.NewRequest(method, path, strings.NewReader(body)))
		if err != nil || resp.Body.Close() != nil {
			t.Fatal(err)
		}
	}

	send(http.MethodGet, http.StatusOK)
	send(http.MethodPut, http.StatusConflict)
	if lease.held() {
		t.Error("neither a read nor a conflict makes a leader")
	}
	send(http.MethodPut, http.StatusOK)
	if !lease.held() {
		t.Error("a renewal was not noticed")
	}
	lease.renewed = lease.renewed.Add(-time.Hour)
	if lease.held() {
		t.Error("a process that slept an hour believes that it still leads")
	}
	send(http.MethodPost, http.StatusCreated)
	if !lease.held() {
		t.Error("a new lease was not noticed")
	}
	body = `{"spec":{"leaseTransitions":1}}`
	send(http.MethodPut, http.StatusOK)
	if lease.held() {
		t.Error("a lease that was given back still makes a leader")
	}
	path, body = "/api/v1/namespaces/x/events", `{"spec":{"holderIdentity":"us"}}`
	send(http.MethodPost, http.StatusCreated)
	if lease.held() {
		t.Error("an event makes a leader")
	}
}

func TestWithoutALeaseNobodyElseLeads(t *testing.T) {
	t.Parallel()
	var none *Lease
	if !none.held() {
		t.Error("an operator without leader election does not act")
	}
}
