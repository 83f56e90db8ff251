package keys

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// startSeam answers each question for the workspace, the first being 1, and counts them.
func startSeam(t *testing.T, answer func(number int32, w http.ResponseWriter, r *http.Request)) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer(asked.Add(1), w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func tellWorkspace(_ int32, w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprintf(w, `{"workspace": {"workspace_id": %q}, "ok": true}`, workspace)
}

func wantWorkspace(t *testing.T, k *Key) {
	t.Helper()
	if id, err := k.Workspace(t.Context()); id != workspace || err != nil {
		t.Errorf("the workspace is %q, %v", id, err)
	}
}

func TestTheWorkspaceOfAKeyIsAskedForOnce(t *testing.T) {
	t.Parallel()
	url, asked := startSeam(t, tellWorkspace)
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).key(apiKey, "")

	var objects sync.WaitGroup
	for range 10 {
		objects.Go(func() { wantWorkspace(t, k) })
	}
	objects.Wait()
	wantWorkspace(t, k)

	if asked.Load() != 1 {
		t.Errorf("Seam was asked %d times", asked.Load())
	}
}

func TestTheWorkspaceOfAPersonalAccessTokenIsTheOneNamed(t *testing.T) {
	t.Parallel()
	url, asked := startSeam(t, tellWorkspace)
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).key(personalToken, elsewhere)

	if id, err := k.Workspace(t.Context()); id != elsewhere || err != nil || asked.Load() != 0 {
		t.Errorf("got %q, %v, after %d calls", id, err, asked.Load())
	}
}

func TestTheWorkspaceIsAskedForAgainAfterAnOutage(t *testing.T) {
	t.Parallel()
	url, _ := startSeam(t, func(number int32, w http.ResponseWriter, r *http.Request) {
		if number == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		tellWorkspace(number, w, r)
	})
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).key(apiKey, "")

	if id, err := k.Workspace(t.Context()); id != "" || seam.ClassOf(err) != seam.Unavailable {
		t.Errorf("during the outage: %q, %v", id, err)
	}
	wantWorkspace(t, k)
}

func TestWhoeverGivesUpDoesNotSpoilTheAnswerForOthers(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	url, asked := startSeam(t, func(number int32, w http.ResponseWriter, r *http.Request) {
		if number == 1 {
			close(arrived)
			<-r.Context().Done()
			return
		}
		tellWorkspace(number, w, r)
	})
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).key(apiKey, "")
	impatient, giveUp := context.WithCancel(t.Context())
	patient := &noticedContext{Context: t.Context(), noticed: make(chan struct{})}

	var objects sync.WaitGroup
	objects.Go(func() {
		_, err := k.Workspace(impatient)
		if !errors.Is(err, context.Canceled) || seam.ClassOf(err) != seam.Unavailable {
			t.Errorf("whoever gave up is told %v", err)
		}
	})
	<-arrived
	objects.Go(func() {
		if id, err := k.Workspace(patient); id != workspace || err != nil {
			t.Errorf("the other got %q, %v", id, err)
		}
	})
	<-patient.noticed // it waits for the first one's answer
	giveUp()
	objects.Wait()

	if asked.Load() != 2 {
		t.Errorf("Seam was asked %d times", asked.Load())
	}
}

// noticedContext tells when somebody begins to wait for its end.
type noticedContext struct {
	context.Context
	once    sync.Once
	noticed chan struct{}
}

func (c *noticedContext) Done() <-chan struct{} {
	c.once.Do(func() { close(c.noticed) })
	return c.Context.Done()
}
