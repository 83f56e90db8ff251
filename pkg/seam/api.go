package seam

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// defaultTimeout is that of Seam's SDKs.
const defaultTimeout = 30 * time.Second

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
	endpoint  *url.URL
	transport *http.Transport
	timeout   time.Duration
	userAgent string
	observe   func(Observation)
}

// New checks the options and makes no call. Errors are those of ParseEndpoint.
func New(options Options) (*API, error) {
	endpoint, err := ParseEndpoint(options.Endpoint)
	if err != nil {
		return nil, err
	}
	api := &API{
		endpoint:  endpoint,
		transport: newTransport(options.Concurrency),
		timeout:   options.Timeout,
		userAgent: options.UserAgent,
		observe:   options.Observe,
	}
	if api.timeout <= 0 {
		api.timeout = defaultTimeout
	}
	if api.observe == nil {
		api.observe = func(Observation) {}
	}
	return api, nil
}

// Client returns a client that calls with the token. It makes no call and is cheap. With a personal access token,
// workspaceID is named in each call, and required: without it the error is a *TokenError. With an API key, which
// belongs to one workspace, workspaceID is not sent.
func (a *API) Client(token Token, workspaceID string) (*Client, error) {
	if token.IsZero() {
		return nil, &TokenError{text: unusableValue}
	}
	if !token.IsPersonalAccessToken() {
		return &Client{api: a, token: token}, nil
	}
	if workspaceID == "" {
		return nil, &TokenError{text: noWorkspace}
	}
	if !isGraphic(workspaceID) {
		return nil, fmt.Errorf("the workspace ID %q is no UUID", workspaceID)
	}
	return &Client{api: a, token: token, workspaceID: workspaceID}, nil
}

// CloseIdleConnections closes the connections that no call is using.
func (a *API) CloseIdleConnections() { a.transport.CloseIdleConnections() }
