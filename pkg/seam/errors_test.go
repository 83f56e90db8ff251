package seam

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestMessageIsKeptButNeverPrinted(t *testing.T) {
	fake := startSeam(t, says(409, `{"error":{"type":"conflict","message":"PIN 1234 of Alice"}}`))
	_, err := fake.client(t).AssignCredential(context.Background(), assignAlice)
	var failure *Error
	if !errors.As(err, &failure) || failure.Message != "PIN 1234 of Alice" || failure.Type != "conflict" {
		t.Fatalf("got %v", err)
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "err", err)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "err", err, "in", []any{failure})
	raw, _ := json.Marshal(failure)
	out.Write(raw)
	for _, format := range []string{"%s", "%v", "%+v", "%#v", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, format, err)
	}
	wantHidden(t, out.String(), "1234", "Alice", "SECRETKEY", "50494e")
}

func TestTypeIsFitForPrintOrEmpty(t *testing.T) {
	for kind, want := range map[string]string{"invalid_input": "invalid_input", "PIN 1234": "", "": "", "ünknown": ""} {
		if got := (&Error{Type: kind}).SafeType(); got != want {
			t.Errorf("%q: got %q", kind, got)
		}
	}
}
