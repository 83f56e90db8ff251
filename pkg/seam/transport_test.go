package seam

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// startTLS starts a server that the returned client trusts.
func startTLS(t *testing.T, config *tls.Config, answer http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewUnstartedServer(answer)
	server.TLS = config
	server.EnableHTTP2 = config.MaxVersion == 0
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	client := clientWith(t, Options{Endpoint: server.URL}, apiKey)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	client.api.transport.TLSClientConfig.RootCAs = roots
	return client
}

func TestOldTLSIsRefused(t *testing.T) {
	answer := says(200, `{"workspace":{"workspace_id":"w"}}`)
	old := startTLS(t, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, answer)
	_, err := old.GetWorkspace(context.Background())
	wantClass(t, err, Unavailable)
	if err == nil || err.Error() != "get_workspace: no answer from Seam: remote error: tls: protocol version not supported" {
		t.Errorf("got %v", err)
	}
	current := startTLS(t, &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}, answer)
	if _, err := current.GetWorkspace(context.Background()); err != nil {
		t.Errorf("TLS 1.2: %v", err)
	}
}

func TestUntrustedCertificateIsRefusedAndNamed(t *testing.T) {
	var asked atomic.Bool
	client := startTLS(t, &tls.Config{}, func(http.ResponseWriter, *http.Request) { asked.Store(true) })
	client.api.transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	write, read := calls(client)
	wantClass(t, write, OutcomeUnknown)
	wantClass(t, read, Unavailable)
	if !strings.Contains(read.Error(), "certificate signed by unknown authority") {
		t.Errorf("got %v", read)
	}
	if asked.Load() {
		t.Error("the key went to a server that is not trusted")
	}
}

func TestHTTP2IsSpoken(t *testing.T) {
	client := startTLS(t, &tls.Config{}, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"workspace":{"workspace_id":"`+r.Proto+`"}}`)
	})
	workspace, err := client.GetWorkspace(context.Background())
	if err != nil || workspace.WorkspaceID != "HTTP/2.0" {
		t.Errorf("got %v, %v", workspace, err)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	fake := &fakeSeam{}
	fake.Server = httptest.NewUnstartedServer(says(404, `{"error":{"type":"acs_credential_not_found"}}`))
	var connections atomic.Int32
	fake.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	fake.Start()
	t.Cleanup(fake.Close)
	client := fake.client(t)
	for range 5 {
		calls(client)
	}
	if got := connections.Load(); got != 1 {
		t.Errorf("10 calls took %d connections", got)
	}
}

func TestConcurrencySizesTheIdlePool(t *testing.T) {
	if got := newTransport(7).MaxIdleConnsPerHost; got != 7 {
		t.Errorf("keeps %d", got)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	elsewhere := startSeam(t, says(200, `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666"}}`))
	for _, status := range []int{301, 302, 303, 307, 308} {
		fake := startSeam(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL+"/SECRETPLACE")
			w.WriteHeader(status)
		})
		write, read := calls(fake.client(t))
		wantClass(t, write, OutcomeUnknown)
		wantClass(t, read, Unavailable)
		wantHidden(t, write.Error()+read.Error(), "SECRETPLACE", elsewhere.URL)
		if got := fake.requests(); len(got) != 2 {
			t.Errorf("%d: %d requests for 2 calls", status, len(got))
		}
	}
	if got := elsewhere.requests(); len(got) != 0 {
		t.Errorf("followed, with key %q", got[0].header.Get("Authorization"))
	}
}

func TestLocationThatDoesNotParseIsNotPrinted(t *testing.T) {
	fake := startSeam(t, sendsRaw("HTTP/1.1 302 Found\r\nLocation: http://%zzSECRETPLACE\r\nContent-Length: 0\r\n\r\n"))
	write, read := calls(fake.client(t))
	wantClass(t, write, OutcomeUnknown)
	wantClass(t, read, Unavailable)
	wantHidden(t, write.Error()+read.Error(), "SECRETPLACE")
}

func TestHugeHeadersAreRefused(t *testing.T) {
	fake := startSeam(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Huge", strings.Repeat("x", 100<<10))
		_, _ = io.WriteString(w, `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666"}}`)
	})
	write, read := calls(fake.client(t))
	wantClass(t, write, OutcomeUnknown)
	wantClass(t, read, Unavailable)
}
