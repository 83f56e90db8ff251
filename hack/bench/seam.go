package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// fakeSeam is a fake Seam that listens on this machine, with a workspace for each key, and counts calls.
type fakeSeam struct {
	*fakeseam.Server
	url  string
	http http.Server

	mu    sync.Mutex
	calls report.Counts
	last  time.Time // when the last call arrived
}

func startSeam(keys int) (*fakeSeam, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a port for the fake Seam: %w", err)
	}
	f := &fakeSeam{Server: fakeseam.New(), url: "http://" + listener.Addr().String(), calls: report.Counts{}}
	for key := range keys {
		f.AddWorkspace(fakeseam.Workspace{ID: idOf(workspaces, key)})
		f.AddAPIKey(tokenOf(key), idOf(workspaces, key))
		f.AddSystem(fakeseam.System{ID: idOf(systems, key), WorkspaceID: idOf(workspaces, key)})
	}
	f.http = http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.http.Serve(listener) }()
	return f, nil
}

func (f *fakeSeam) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.calls[strings.TrimPrefix(r.URL.Path, "/acs")]++
	f.last = time.Now()
	f.mu.Unlock()
	f.ServeHTTP(w, r)
}

// callsSoFar returns how many calls there were, by path.
func (f *fakeSeam) callsSoFar() report.Counts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return report.Counts{}.Plus(f.calls)
}

// lastCall returns when the last call arrived.
func (f *fakeSeam) lastCall() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last
}

// slow lets every call take at least so long from now on.
func (f *fakeSeam) slow(latency time.Duration) {
	f.ClearFaults()
	if latency > 0 {
		f.Inject(fakeseam.Fault{Delay: latency})
	}
}

func (f *fakeSeam) stop() {
	f.Close()
	_ = f.http.Close()
}
