package seam

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestRetryAfterHeader(t *testing.T) {
	now := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                                 0,
		"7":                                7 * time.Second,
		" 7 ":                              7 * time.Second,
		"0":                                0,
		"-1":                               0,
		"-9223372036854775807":             0,
		"299":                              299 * time.Second,
		"300":                              5 * time.Minute,
		"301":                              5 * time.Minute,
		"9223372036854775807":              5 * time.Minute,
		"99999999999999999999999":          5 * time.Minute,
		"-99999999999999999999999":         0,
		"99999999999999999999 or so":       0,
		"+7":                               0,
		"1.5":                              0,
		"soon":                             0,
		"7 seconds":                        0,
		"Sat, 01 Mar 2025 12:00:30 GMT":    30 * time.Second,
		"Saturday, 01-Mar-25 12:00:30 GMT": 30 * time.Second,
		"Sat, 01 Mar 2025 11:59:30 GMT":    0,
		"Sat, 01 Mar 9999 12:00:30 GMT":    5 * time.Minute,
		"Sat, 99 Mar 2025 12:00:30 GMT":    0,
	} {
		if got := parseRetryAfter(header, now); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

func TestRetryAfterOfAnError(t *testing.T) {
	fake := startSeam(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "42")
		w.WriteHeader(429)
	})
	_, err := fake.client(t).GetWorkspace(context.Background())
	if delay, ok := RetryAfter(fmt.Errorf("observe: %w", err)); !ok || delay != 42*time.Second {
		t.Errorf("got %v, %v", delay, ok)
	}
	for _, err := range []error{nil, errors.New("other"), &Error{Status: 429}} {
		if delay, ok := RetryAfter(err); ok || delay != 0 {
			t.Errorf("%v: got %v", err, delay)
		}
	}
}
