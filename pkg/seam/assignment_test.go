package seam

import (
	"context"
	"net/http"
	"testing"
)

func TestAcceptedWriteTellsTheCredentialAndItsRequest(t *testing.T) {
	fake := startSeam(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seam-Request-Id", "req-7")
		says(200, `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666",
			"acs_user_id":"33333333-3333-3333-3333-333333333333"},"ok":true}`)(w, r)
	})
	result, err := fake.client(t).AssignCredential(context.Background(), assignAlice)
	if err != nil || result.RequestID != "req-7" {
		t.Fatalf("got %v, %v", result, err)
	}
	if result.Credential == nil || result.Credential.ACSUserID != "33333333-3333-3333-3333-333333333333" {
		t.Errorf("got %v", result.Credential)
	}
}

func TestRequestIDUnfitForPrintIsLeftOut(t *testing.T) {
	fake := startSeam(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Seam-Request-Id", "req 7") })
	result, err := fake.client(t).UnassignCredential(context.Background(), assignAlice)
	if err != nil || result.RequestID != "" || result.Credential != nil {
		t.Errorf("got %v, %v", result, err)
	}
}
