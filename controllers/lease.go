package controllers

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
)

// Lease knows when this process last renewed its leadership, by watching the traffic of leader election. A process that
// was paused wakes up believing that it still leads; its lease tells that it may not.
type Lease struct {
	// Lasts is how long a renewal is good for: the renew deadline, after which the process gives up by itself.
	Lasts time.Duration

	mu      sync.Mutex
	renewed time.Time
}

// Watch wraps the transport of leader election, which speaks JSON.
func (l *Lease) Watch(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		lease := leaseIn(req)
		if lease == nil {
			return next.RoundTrip(req)
		}
		renews, began := ptr.Deref(lease.Spec.HolderIdentity, "") != "", time.Now()
		if !renews {
			l.renew(time.Time{}) // it is being given back
		}
		resp, err := next.RoundTrip(req)
		if err == nil && resp.StatusCode < http.StatusMultipleChoices && renews {
			l.renew(began)
		}
		return resp, err
	})
}

func (l *Lease) renew(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed = at
}

// leaseIn returns the lease that a request writes; nil for any other request. Leader election writes events too.
func leaseIn(req *http.Request) *coordinationv1.Lease {
	if !strings.Contains(req.URL.Path, "/leases") || req.Method != http.MethodPut && req.Method != http.MethodPost || req.Body == nil {
		return nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body = io.NopCloser(bytes.NewReader(body))
	lease := &coordinationv1.Lease{}
	if err != nil || json.Unmarshal(body, lease) != nil {
		return nil
	}
	return lease
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
