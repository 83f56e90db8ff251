package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// apiRequests counts the requests of everybody but this program: what the API server counted, less what this program sent. The
// API server's own metrics do not tell clients apart, but nobody except the operator and this program has a reason to ask for
// what is counted.
type apiRequests struct {
	client *http.Client
	url    string

	mu  sync.Mutex
	own report.Counts
}

// requestsOf makes a counter, and lets each request that is sent with the config be counted as one of this program's own.
func requestsOf(config *rest.Config) (*apiRequests, error) {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	a := &apiRequests{client: client, url: config.Host + "/metrics", own: report.Counts{}}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			a.noteOwn(req)
			return next.RoundTrip(req)
		})
	})
	return a, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return r(req) }

func (a *apiRequests) noteOwn(req *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.own[kindOf(req)]++
}

// ownSoFar returns what this program has sent so far.
func (a *apiRequests) ownSoFar() report.Counts {
	a.mu.Lock()
	defer a.mu.Unlock()
	return report.Counts{}.Plus(a.own)
}

// byOthers asks the API server how many requests there were of others so far. It is exact while this program has none under way.
func (a *apiRequests) byOthers(ctx context.Context) (report.Counts, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return nil, err
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading the API server's metrics: %s", res.Status)
	}
	all, err := countsOf(res.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's metrics: %w", err)
	}
	return interesting(all.Since(a.ownSoFar())), nil
}

// settled waits until nobody has asked the API server or Seam for anything for a while, and returns what was asked until then.
// An operator that is never quiet fails here.
func (w *world) settled(ctx context.Context) (requests, calls report.Counts, err error) {
	const quiet = time.Second
	began := time.Now()
	for last := time.Now(); time.Since(last) < quiet; {
		if time.Since(began) > w.patience {
			return nil, nil, fmt.Errorf("%s after the last thing that it had to do, the operator still asks: %v", w.patience, requests)
		}
		if err := process.Pause(ctx, quiet/2); err != nil {
			return nil, nil, err
		}
		asked, err := w.requests.byOthers(ctx)
		if err != nil {
			return nil, nil, err
		}
		called := w.seam.callsSoFar()
		if len(asked.Since(requests)) > 0 || len(called.Since(calls)) > 0 {
			last, requests, calls = time.Now(), asked, called
		}
	}
	return requests, calls, nil
}
