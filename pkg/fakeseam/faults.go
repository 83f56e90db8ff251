package fakeseam

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with the calls it matches. The first
// injected one that matches a call is the one it meets; it comes before everything
// else, authentication included.
//
// A fault without an answer of its own (Status, EmptyBody, Body, Huge, Redirect,
// Close, LateBy) lets the call go through after Delay and Gate. One with an
// answer gives it instead of doing what was asked for, or with After, having
// done it. If several are set, the answer is the first of Close, Redirect, Huge,
// Body, EmptyBody, Status.
type Fault struct {
	Operation    string // as in Call.Operation; "" matches all
	CredentialID string // "" matches all
	Token        string // "" matches all

	Times int // how many calls it hits; 0: until it is removed
	Skip  int // how many matching calls go through first

	Status     int    // of the answer, with Seam's error envelope unless another body is set
	Type       string // error.type of the envelope; the usual one for Status when empty
	Message    string // error.message of the envelope
	EmptyBody  bool   // nothing after the header; Status 200 unless set
	RetryAfter string // value of the header Retry-After
	// Body is sent as it is, as ContentType (JSON when empty), with Status 200
	// unless set: garbage, or a proxy's HTML.
	Body        string
	ContentType string
	// Huge is the size in bytes of a body that looks like a credential without an end.
	Huge     int64
	Redirect string // Location of the answer; Status 302 unless set

	// Delay holds the call for this long in real time. If the client gives up or
	// the server is closed meanwhile, the call ends there.
	Delay time.Duration
	// Gate holds the call until it is closed, or Server.Close. A client that gives
	// up meanwhile does not stop the call: its change still comes.
	Gate <-chan struct{}
	// After lets the change (or the reading) be done before Delay and Gate rather
	// than after them, and the answer be lost or late.
	After bool
	// Close closes the connection without an answer. Go's HTTP client repeats a GET
	// (never a PATCH or POST) once by itself when a kept connection closes like that.
	Close bool
	// LateBy makes the change happen only when this much time has passed by the
	// server's clock, or at LandLate: a lost write that lands late. The call itself
	// ends at once, by closing the connection unless another answer is set.
	LateBy time.Duration
}

// injected is a fault with what is left of it.
type injected struct {
	Fault
	left int // calls to hit, if Times is set
	skip int
}

// Faults are the faults that were injected. What they do to a call is in
// misbehave.go.
type Faults struct {
	*LateWrites

	shared     *shared
	operations *operations
	journal    *Journal
	injected   []*injected
	closed     chan struct{}
	closeOnce  sync.Once
}

// Inject adds a fault, and returns the function that removes it.
func (fs *Faults) Inject(f Fault) (remove func()) {
	defer fs.shared.enter()()
	f.CredentialID = strings.ToLower(f.CredentialID)
	added := &injected{Fault: f, left: f.Times, skip: f.Skip}
	fs.injected = append(fs.injected, added)
	return func() {
		defer fs.shared.enter()()
		fs.drop(added)
	}
}

// ClearFaults removes all faults. Calls that one holds already stay held.
func (fs *Faults) ClearFaults() {
	defer fs.shared.enter()()
	fs.injected = nil
}

func (fs *Faults) drop(f *injected) {
	fs.injected = slices.DeleteFunc(fs.injected, func(other *injected) bool { return other == f })
}

// useFault finds the fault that a call meets, and uses it up.
func (fs *Faults) useFault(c *Call) (Fault, bool) {
	for _, f := range fs.injected {
		if !f.meets(c) {
			continue
		}
		if f.skip > 0 {
			f.skip--
			continue
		}
		if f.left--; f.left == 0 {
			fs.drop(f)
		}
		return f.Fault, true
	}
	return Fault{}, false
}

func (f Fault) meets(c *Call) bool {
	return matches(f.Operation, c.Operation) && matches(f.CredentialID, c.CredentialID) && matches(f.Token, c.token)
}

// answer is what the fault answers by itself, if anything.
func (f Fault) answer() (answer, bool) {
	a := answer{retryAfter: f.RetryAfter}
	switch {
	case f.Close:
		return answer{hangUp: true}, true
	case f.Redirect != "":
		a.status, a.location = f.statusOr(http.StatusFound), f.Redirect
	case f.Huge > 0:
		a.status, a.contentType, a.huge = f.statusOr(http.StatusOK), "application/json", f.Huge
	case f.Body != "":
		a.status, a.contentType, a.content = f.statusOr(http.StatusOK), f.ContentType, []byte(f.Body)
		if a.contentType == "" {
			a.contentType = "application/json"
		}
	case f.EmptyBody:
		a.status = f.statusOr(http.StatusOK)
	case f.Status != 0:
		a = refuse(refusal{status: f.Status, kind: f.kind(), message: f.Message})
		a.retryAfter = f.RetryAfter
	default:
		return answer{hangUp: true}, f.LateBy > 0
	}
	return a, true
}

func (f Fault) statusOr(usual int) int {
	if f.Status != 0 {
		return f.Status
	}
	return usual
}

func (f Fault) kind() string {
	if f.Type != "" {
		return f.Type
	}
	switch f.Status {
	case http.StatusBadRequest:
		return "invalid_input"
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusForbidden:
		return "forbidden"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusConflict:
		return "conflict"
	case http.StatusTooManyRequests:
		return "rate_limit_exceeded"
	default:
		return "internal_server_error"
	}
}
