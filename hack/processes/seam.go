package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

const (
	apiKey    = "seam_test1key_of_the_front_desk"
	workspace = "11111111-1111-1111-1111-111111111111"
	system    = "77777777-7777-7777-7777-777777777777"
	alice     = "33333333-3333-3333-3333-333333333333"
	bob       = "44444444-4444-4444-4444-444444444444"
	carol     = "55555555-5555-5555-5555-555555555555"
)

var names = map[string]string{"": "nobody", alice: "Alice", bob: "Bob", carol: "Carol"}

// seam is a fake Seam, and whom the case declared.
type seam struct {
	*fakeseam.Server
	servers  []*http.Server
	declared map[string][]string // by credential, everybody whom an object ever declared
}

func newSeam() *seam {
	s := &seam{Server: fakeseam.New(), declared: map[string][]string{}}
	s.AddWorkspace(fakeseam.Workspace{ID: workspace})
	s.AddAPIKey(apiKey, workspace)
	s.AddSystem(fakeseam.System{ID: system, WorkspaceID: workspace})
	for _, id := range []string{alice, bob, carol} {
		s.AddUser(fakeseam.User{ID: id, SystemID: system, FullName: names[id]})
	}
	return s
}

// listen gives a replica an address of its own, and its name to the calls that arrive there.
func (s *seam) listen(replica string) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("a port for the fake Seam: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("User-Agent", replica)
		s.ServeHTTP(w, r)
	})}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// close ends the calls that are held, which the servers would wait for.
func (s *seam) close() {
	s.Close()
	for _, server := range s.servers {
		_ = server.Close()
	}
}

// holder returns the ACS user who holds a credential; empty when nobody does.
func (s *seam) holder(credential string) string {
	c, _ := s.Credential(credential)
	return c.ACSUserID
}

// changes lists what became of a credential, such as "assign Alice".
func (s *seam) changes(credential string) []string {
	var changes []string
	for _, call := range s.Writes() {
		if call.CredentialID == credential && call.Changed {
			changes = append(changes, strings.TrimSuffix(call.Operation, "_credential")+" "+names[call.ACSUserID])
		}
	}
	return changes
}

// expectChanges fails unless exactly this became of the credential, in this order.
func (s *seam) expectChanges(credential string, expected ...string) error {
	if got := s.changes(credential); !slices.Equal(got, expected) {
		return fmt.Errorf("at Seam there should have been %q, there was %q", expected, got)
	}
	return nil
}

// judge holds for every case: no two writes for a credential at once, none that changes nothing because it was sent before,
// and none of somebody whom nobody declared for the credential.
func (s *seam) judge() error {
	var broken []error
	for _, overlap := range s.OverlappingWrites() {
		broken = append(broken, errors.New("overlapping writes: "+overlap))
	}
	for _, call := range s.Writes() {
		if call.Status == http.StatusOK && !call.Changed {
			broken = append(broken, fmt.Errorf("sent although it was done already: %s", call))
		}
		if !slices.Contains(s.declared[call.CredentialID], call.ACSUserID) {
			broken = append(broken, fmt.Errorf("declared by nobody: %s", call))
		}
	}
	return errors.Join(broken...)
}

// held returns when a call of the operation is held by a gate.
func (s *seam) held(ctx context.Context, operation string) error {
	return s.AwaitHeld(ctx, 1, operation)
}

// hold lets the next call of the operation wait until it is released: before its change is done, or after.
func (s *seam) hold(operation string, after bool) (release func()) {
	gate := make(chan struct{})
	s.Inject(fakeseam.Fault{Operation: operation, Times: 1, Gate: gate, After: after})
	return func() { close(gate) }
}
