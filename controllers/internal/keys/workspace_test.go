package keys

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
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
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).newKey(apiKey, "")

	wantWorkspace(t, k)
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
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).newKey(apiKey, "")

	if id, err := k.Workspace(t.Context()); id != "" || seam.ClassOf(err) != seam.Unavailable {
		t.Errorf("during the outage: %q, %v", id, err)
	}
	wantWorkspace(t, k)
}

func TestTheWorkspaceThatAnAnswerNamedIsNotAskedFor(t *testing.T) {
	t.Parallel()
	url, asked := startSeam(t, tellWorkspace)
	k := newStoryAt(t, url, Limits{QPS: 1, Burst: 1}).newKey(apiKey, "")

	k.BelongsTo(strings.ToUpper(workspace))

	wantWorkspace(t, k)
	if asked.Load() != 0 {
		t.Errorf("Seam was asked %d times", asked.Load())
	}
}
