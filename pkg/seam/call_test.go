package seam

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestDoneContextSendsNothing(t *testing.T) {
	fake := startSeam(t, says(200, `{}`))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := fake.client(t).AssignCredential(ctx, assignAlice)
	wantClass(t, err, Unavailable)
	if !errors.Is(err, context.Canceled) || err.Error() != "assign_credential: not sent: context canceled" {
		t.Errorf("got %v", err)
	}
	if got := fake.requests(); len(got) != 0 {
		t.Errorf("sent %v", got)
	}
}

// hangs answers with a start and then waits for the client to go away. arrived gets one value for each request.
func hangs(start string, arrived chan<- struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if start != "" {
			_, _ = io.WriteString(w, start)
			_ = http.NewResponseController(w).Flush()
		}
		arrived <- struct{}{}
		<-r.Context().Done()
	}
}

func TestCancelledInFlight(t *testing.T) {
	arrived := make(chan struct{}, 1)
	fake := startSeam(t, hangs("", arrived))
	client := fake.client(t)
	shutdown := errors.New("shutting down")
	for class, call := range map[Class]func(context.Context) error{
		OutcomeUnknown: func(ctx context.Context) error { _, err := client.UnassignCredential(ctx, assignAlice); return err },
		Unavailable:    func(ctx context.Context) error { _, err := client.GetCredential(ctx, credentialID); return err },
	} {
		ctx, cancel := context.WithCancelCause(context.Background())
		go func() { <-arrived; cancel(shutdown) }()
		err := call(ctx)
		wantClass(t, err, class)
		if !errors.Is(err, context.Canceled) || !strings.HasSuffix(err.Error(), "cancelled before the whole answer came") {
			t.Errorf("got %v", err)
		}
	}
	if got := fake.requests(); len(got) != 2 {
		t.Errorf("%d requests", len(got))
	}
}

func TestDeadlineCoversHeadersAndBody(t *testing.T) {
	for name, start := range map[string]string{"silence": "", "half a body": `{"acs_credential":{`} {
		t.Run(name, func(t *testing.T) {
			fake := startSeam(t, hangs(start, make(chan struct{}, 9)))
			client := clientWith(t, Options{Endpoint: fake.URL, Timeout: 100 * time.Millisecond}, apiKey)
			_, err := client.GetCredential(context.Background(), credentialID)
			wantClass(t, err, Unavailable)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.HasSuffix(err.Error(), "no whole answer in time") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSilentServerLeavesAWriteUnknown(t *testing.T) {
	fake := startSeam(t, hangs("", make(chan struct{}, 9)))
	client := clientWith(t, Options{Endpoint: fake.URL, Timeout: 100 * time.Millisecond}, apiKey)
	_, err := client.AssignCredential(context.Background(), assignAlice)
	wantClass(t, err, OutcomeUnknown)
}

func TestLostConnectionNeverRepeatsAWrite(t *testing.T) {
	for name, raw := range map[string]string{
		"no byte":       "",
		"half a header": "HTTP/1.1 200 OK\r\nContent-",
		"garbage":       "SSH-2.0-PIN1234\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			fake := startSeam(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPatch {
					sendsRaw(raw)(w, r)
				}
			})
			client := fake.client(t)
			_, _ = client.GetCredential(context.Background(), credentialID) // on a reused connection net/http may retry
			_, err := client.AssignCredential(context.Background(), assignAlice)
			wantClass(t, err, OutcomeUnknown)
			wantHidden(t, fmt.Sprintf("%v %#v", err, errors.Unwrap(err)), "SECRETKEY")
			wantHidden(t, err.Error()+errors.Unwrap(err).Error(), "1234", userID)
			if got := fake.requests(); len(got) != 2 {
				t.Errorf("%d requests, want one read and one write", len(got))
			}
		})
	}
}

func TestUnreachableServer(t *testing.T) {
	fake := startSeam(t, nil)
	fake.Close()
	write, read := calls(fake.client(t))
	wantClass(t, write, OutcomeUnknown)
	wantClass(t, read, Unavailable)
	if !strings.Contains(read.Error(), "connection refused") {
		t.Errorf("got %v", read)
	}
}

func TestSwitchingProtocolsDoesNotHang(t *testing.T) {
	over := make(chan struct{})
	fake := startSeam(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		<-over
		_ = conn.Close()
	})
	t.Cleanup(func() { close(over) })
	write, read := calls(fake.client(t))
	wantClass(t, write, OutcomeUnknown)
	wantClass(t, read, Unavailable)
}
