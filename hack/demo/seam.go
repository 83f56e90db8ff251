package main

import (
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// What the fake Seam knows. The IDs of config/samples are those of Seam's documentation.
const (
	apiKey       = "seam_test1demo"
	workspace    = "11111111-1111-1111-1111-111111111111"
	system       = "77777777-7777-7777-7777-777777777777"
	theMobileKey = "66666666-6666-6666-6666-666666666666"
	alice        = "33333333-3333-3333-3333-333333333333"
	bob          = "44444444-4444-4444-4444-444444444444"
	carol        = "55555555-5555-5555-5555-555555555555"
	theKeyCard   = "88888888-8888-8888-8888-888888888888"
)

// fakeSeam is a fake Seam that listens on this machine only.
type fakeSeam struct {
	*fakeseam.Server
	url      string
	answered chan struct{} // holds one token when calls were answered since it was last empty
	told     int           // how many calls were told
	http     http.Server
}

func startSeam() (*fakeSeam, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a port for the fake Seam: %w", err)
	}
	f := &fakeSeam{
		Server:   fakeseam.New(),
		url:      "http://" + listener.Addr().String(),
		answered: make(chan struct{}, 1),
	}
	f.AddWorkspace(fakeseam.Workspace{ID: workspace, Name: "Front desk", Sandbox: true})
	f.AddAPIKey(apiKey, workspace)
	f.AddSystem(fakeseam.System{ID: system, WorkspaceID: workspace})
	f.AddUser(fakeseam.User{ID: alice, SystemID: system, FullName: "Alice"})
	f.AddUser(fakeseam.User{ID: bob, SystemID: system, FullName: "Bob"})
	f.AddUser(fakeseam.User{ID: carol, SystemID: system, FullName: "Carol"})
	f.AddCredential(fakeseam.Credential{ID: theMobileKey, SystemID: system, AccessMethod: "mobile_key"})
	f.AddCredential(fakeseam.Credential{ID: theKeyCard, SystemID: system, AccessMethod: "card"})
	f.http = http.Server{Handler: http.HandlerFunc(f.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = f.http.Serve(listener) }()
	return f, nil
}

func (f *fakeSeam) serve(w http.ResponseWriter, r *http.Request) {
	f.ServeHTTP(w, r)
	select {
	case f.answered <- struct{}{}:
	default:
	}
}

func (f *fakeSeam) stop() {
	f.Close()
	_ = f.http.Close()
}

// untold returns the answered calls that were not returned before.
func (f *fakeSeam) untold() []fakeseam.Call {
	var calls []fakeseam.Call
	for _, call := range f.Calls()[f.told:] {
		if call.Status == 0 {
			break
		}
		calls = append(calls, call)
	}
	f.told += len(calls)
	return calls
}

// name tells who somebody is.
func (f *fakeSeam) name(userID string) string {
	user, ok := f.User(userID)
	if !ok {
		return "nobody"
	}
	return user.FullName + " (" + userID + ")"
}
