package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestHalfOfTheDoorsAreByIdentity(t *testing.T) {
	f := &fakeSeam{Server: fakeseam.New()}
	d := doors{name: "door", first: newDoors, many: 10, keys: 3}
	d.seed(f)
	byIdentity := 0
	for i := range d.many {
		change := d.assignment(i)
		if (change.ACSUserID == "") == (change.UserIdentityID == "") {
			t.Errorf("door %d names both or neither: %+v", i, change)
		}
		if change.UserIdentityID != "" {
			byIdentity++
		}
		if !d.isFree(f, i) || d.isHeld(f, i) {
			t.Errorf("door %d is not free", i)
		}
		f.UpdateCredential(change.CredentialID, func(c *fakeseam.Credential) { c.ACSUserID = userOf(d.first + i) })
		if d.isFree(f, i) || !d.isHeld(f, i) {
			t.Errorf("door %d is not held by whom its object declares", i)
		}
	}
	if byIdentity != 5 {
		t.Errorf("%d of 10 are by identity", byIdentity)
	}
}

func TestEachDoesEverythingOnceAndStopsAtAnError(t *testing.T) {
	var done atomic.Int64
	if err := each(t.Context(), 1000, func(context.Context, int) error { done.Add(1); return nil }); err != nil || done.Load() != 1000 {
		t.Errorf("%d of 1000 were done, with error %v", done.Load(), err)
	}
	done.Store(0)
	broken := errors.New("broken")
	err := each(t.Context(), 1000, func(context.Context, int) error { done.Add(1); return broken })
	if !errors.Is(err, broken) || done.Load() > workers {
		t.Errorf("%d were begun after the first failed, with error %v", done.Load(), err)
	}
}

func TestTheCommandLineChoosesScenarios(t *testing.T) {
	setups, err := options{objects: "2000, 100000", latencies: "0s,100ms"}.setups()
	if err != nil {
		t.Fatal(err)
	}
	want := []setup{
		{objects: 2000, keys: 1, steps: all},
		{objects: 2000, latency: 100 * time.Millisecond, keys: 1, steps: throughput},
		{objects: 100_000, keys: 1, steps: made},
	}
	if len(setups) != len(want) {
		t.Fatalf("got %+v, want %+v", setups, want)
	}
	for i := range want {
		if setups[i] != want[i] {
			t.Errorf("got %+v, want %+v", setups[i], want[i])
		}
	}
	for _, wrong := range []options{{objects: "many", latencies: "0s"}, {objects: "1", latencies: "0s"}, {objects: "10", latencies: "soon"}} {
		if _, err := wrong.setups(); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

const stream = `{"type":"ADDED","object":{"metadata":{"name":"door-000001","resourceVersion":"11"},"status":{}}}
{"type":"MODIFIED","object":{"metadata":{"name":"door-000001","resourceVersion":"12"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}}
{"type":"MODIFIED","object":{"metadata":{"name":"bare-0-000001","resourceVersion":"13"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}}
{"type":"DELETED","object":{"metadata":{"name":"door-000002","resourceVersion":"14"}}}
{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"15"}}}
`

func TestAWatchNotesWhatIsReadyAndGone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.URL.Query().Get("resourceVersion"); got != "10" {
			t.Errorf("it begins at version %q, want 10", got)
		}
		_, _ = w.Write([]byte(stream))
	}))
	defer server.Close()
	s := &sightings{names: "door-", ready: map[string]time.Time{}, gone: map[string]time.Time{}}
	next, err := s.stream(t.Context(), server.Client(), server.URL, "10")
	if err != nil || next != "15" {
		t.Errorf("the next watch begins at %q with error %v, want 15", next, err)
	}
	if len(s.ready) != 1 || s.ready["door-000001"].IsZero() || len(s.gone) != 1 || s.gone["door-000002"].IsZero() {
		t.Errorf("ready: %v, gone: %v", s.ready, s.gone)
	}
}

func TestAWatchThatCannotGoOnSaysWhy(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"type":"ERROR","object":{"kind":"Status","message":"too old resource version","code":410}}`))
	}))
	defer server.Close()
	s := &sightings{}
	if _, err := s.stream(t.Context(), server.Client(), server.URL, "10"); err == nil || err.Error() != "too old resource version" {
		t.Errorf("got error %v", err)
	}
}
