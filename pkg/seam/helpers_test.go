package seam

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	credentialID = "66666666-6666-6666-6666-666666666666"
	userID       = "33333333-3333-3333-3333-333333333333"
	identityID   = "44444444-4444-4444-4444-444444444444"
	otherID      = "99999999-9999-9999-9999-999999999999"
	workspaceID  = "55555555-5555-5555-5555-555555555555"
	apiKey       = "seam_test1abc_SECRETKEY"
	personal     = "seam_at1abc_SECRETKEY"
)

var assignAlice = Assignment{CredentialID: credentialID, ACSUserID: userID}

// seen is one request as the server got it.
type seen struct {
	method, path, query, body string
	header                    http.Header
}

// fakeSeam answers with a handler and remembers what it was asked.
type fakeSeam struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func startSeam(t *testing.T, answer http.HandlerFunc) *fakeSeam {
	t.Helper()
	fake := &fakeSeam{}
	fake.Server = httptest.NewServer(fake.record(answer))
	t.Cleanup(fake.Close)
	return fake
}

func (f *fakeSeam) record(answer http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		f.seen = append(f.seen, seen{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header})
		f.mu.Unlock()
		answer(w, r)
	}
}

func (f *fakeSeam) requests() []seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]seen(nil), f.seen...)
}

// client calls the fake with an API key.
func (f *fakeSeam) client(t *testing.T) *Client {
	t.Helper()
	return clientWith(t, Options{Endpoint: f.URL}, apiKey)
}

func clientWith(t *testing.T, options Options, token string) *Client {
	t.Helper()
	if options.Timeout == 0 {
		options.Timeout = 20 * time.Second
	}
	api, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	client, err := api.Client(mustParse(t, token), workspaceID)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func mustParse(t *testing.T, raw string) Token {
	t.Helper()
	token, err := ParseToken(raw)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// says answers with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// sendsRaw answers with these bytes and closes the connection.
func sendsRaw(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, raw)
		_ = conn.Close()
	}
}

// calls are one write and one read, to see how each takes the same answer.
func calls(client *Client) (write, read error) {
	_, write = client.AssignCredential(context.Background(), assignAlice)
	_, read = client.GetCredential(context.Background(), credentialID)
	return write, read
}

func wantClass(t *testing.T, err error, want Class) {
	t.Helper()
	if got := ClassOf(err); got != want {
		t.Errorf("class %q, want %q (error: %v)", got, want, err)
	}
}

func wantHidden(t *testing.T, text string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("%q shows %q", text, secret)
		}
	}
}
