package controllers

import (
	"net/http"
	"sync"
	"time"
)

// Lease knows when this process last renewed its leadership, by watching the traffic of leader election. A process that
// was paused wakes up believing that it still leads; its lease tells that it may not.
type Lease struct {
	// Lasts is how long a renewal is good for: the renew deadline, after which the process gives up by itself.
	Lasts time.Duration

	mu      sync.Mutex
	renewed time.Time
}

// Watch wraps the transport of leader election.
func (l *Lease) Watch(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		began := time.Now()
		resp, err := next.RoundTrip(req)
		if err == nil && resp.StatusCode < http.StatusMultipleChoices && (req.Method == http.MethodPut || req.Method == http.MethodPost) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.renewed = began
		}
		return resp, err
	})
}

// held reports whether the lease can be another's by now. Without a lease there is no other. Both clocks count: the
// monotonic one stands still while a machine sleeps, the other one may be set.
func (l *Lease) held() bool {
	if l == nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	return now.Sub(l.renewed) < l.Lasts && now.Round(0).Sub(l.renewed.Round(0)) < l.Lasts
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
