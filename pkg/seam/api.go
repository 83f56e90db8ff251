package seam

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	// defaultTimeout is that of Seam's SDKs.
	defaultTimeout = 30 * time.Second

	maxHeaderBytes = 64 << 10
)

// Options says where Seam is and how to call it.
type Options struct {
	// Endpoint is the base URL, e.g. https://connect.getseam.com; see ParseEndpoint.
	Endpoint string
	// Timeout bounds a whole call, from the dial to the last byte of the answer. Zero means 30 s, as in Seam's SDKs.
	Timeout time.Duration
	// Concurrency is how many calls are expected at once; as many idle connections are kept. Zero means 2.
	Concurrency int
	// UserAgent is sent with each call, e.g. "seam-operator/v1.2.3".
	UserAgent string
	// Observe, when set, is called once for each request that was made, from the goroutine that made it.
	Observe func(Observation)
}

// Observation is what a metric may know of one request.
type Observation struct {
	// Operation is one of the Op constants.
	Operation string
	// Code is the HTTP status ("200", "404"), or "error" when no answer came.
	Code string
	// Duration is the time until the answer was read, or the failure.
	Duration time.Duration
}

// API is Seam's API at one endpoint. A process needs one: all clients share its connections.
type API struct {
	options   Options
	endpoint  *url.URL
	transport *http.Transport
}

// New checks the options and makes no call. Errors are those of ParseEndpoint.
func New(options Options) (*API, error) {
	endpoint, err := ParseEndpoint(options.Endpoint)
	if err != nil {
		return nil, err
	}
	if options.Timeout <= 0 {
		options.Timeout = defaultTimeout
	}
	if options.Observe == nil {
		options.Observe = func(Observation) {}
	}
	return &API{options: options, endpoint: endpoint, transport: newTransport(options.Concurrency)}, nil
}

// Client returns a client that calls with the token. It makes no call and is cheap. With a personal access token,
// workspaceID is named in each call, and required: without it the error is a *TokenError. With an API key, which
// belongs to one workspace, workspaceID is not sent.
func (a *API) Client(token Token, workspaceID string) (*Client, error) {
	switch {
	case token.IsZero():
		return nil, &TokenError{text: unusableValue}
	case !token.IsPersonalAccessToken():
		workspaceID = ""
	case workspaceID == "":
		return nil, &TokenError{text: noWorkspace}
	case !isGraphic(workspaceID):
		return nil, fmt.Errorf("the workspace ID %q is no UUID", workspaceID)
	}
	return &Client{api: a, token: token, workspaceID: workspaceID}, nil
}

// CloseIdleConnections closes the connections that no call is using.
func (a *API) CloseIdleConnections() { a.transport.CloseIdleConnections() }

// newTransport is used without an http.Client around it: that would follow redirects, or put a Location that does not
// parse into its error.
func newTransport(concurrency int) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    concurrency,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeaderBytes,
		// An HTTP/2 connection that died silently would take every call until the kernel gives it up, after minutes.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
	}
}
