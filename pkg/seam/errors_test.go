package seam

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestTypeIsFitForPrintOrEmpty(t *testing.T) {
	for _, kind := range []string{"invalid_input", "acs_user_not_found", "salto2_error", "not-issued", "error_404"} {
		if got := refusalOf(kind).Type; got != kind {
			t.Errorf("%q: got %q", kind, got)
		}
	}
	for _, kind := range []string{"", "PIN 1234", "ünknown", "pin_1234", "code1234", "seam_testkey", "SEAM_TESTKEY", "eyJhbGciOi", "bad_seam_testkey", `bad_\u0073eam_testkey`, "a1b2c3d4e5", "x__y", "1_2"} {
		if got := refusalOf(kind).Type; got != "" {
			t.Errorf("%q: got %q", kind, got)
		}
	}
}

// refusalOf is the error for an answer with this error.type.
func refusalOf(kind string) *Error {
	return answer{status: 400, body: []byte(`{"error":{"type":"` + kind + `"}}`)}.refusal(OpGetWorkspace, time.Now())
}

func TestRequestIDsTellNothingElse(t *testing.T) {
	for id, want := range map[string]string{
		"9f8e1234-5678-4abc-9def-123456789012": "9f8e1234-5678-4abc-9def-123456789012",
		"req_482915_7":                         "req_…_7",
		"seam_testkey":                         "",
		"eyJhbGciOi.1":                         "",
		"two words":                            "",
	} {
		if got := safeRequestID(id); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}

func TestATokenThatSeamRepeatsIsTakenOut(t *testing.T) {
	fake := startSeam(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Seam-Request-Id", "of-"+apiKey)
		says(400, `{"error":{"type":"bad_`+apiKey+`","message":"`+apiKey+`"}}`)(w, r)
	})
	_, err := fake.client(t).AssignCredential(context.Background(), assignAlice)
	var failure *Error
	if !errors.As(err, &failure) {
		t.Fatalf("got %v", err)
	}
	wantHidden(t, fmt.Sprint(failure.Type, failure.RequestID, err), "SECRETKEY")
}
