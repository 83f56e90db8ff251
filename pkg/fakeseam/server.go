package fakeseam

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Server is a fake Seam. It is an http.Handler, made by New, and safe for
// concurrent use. Functions passed to it (the clock, the change of an Update
// method) run while it is locked and must not call it.
type Server struct {
	*World
	*Tokens
	*Faults
	*Journal

	shared     *shared
	operations *operations
}

// Option changes how New makes a Server.
type Option func(*Server)

// WithClock makes the server tell the time by now instead of time.Now. Only
// Fault.Delay is measured in real time.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.shared.clock = now }
}

// New returns an empty server: without a workspace, a token or a credential.
func New(opts ...Option) *Server {
	common := &shared{clock: time.Now}
	world := emptyWorld(common)
	operations := operationsOn(common, world)
	journal := newJournal(common)
	late := &LateWrites{shared: common, operations: operations}
	common.landDue = late.landDue
	s := &Server{
		World:      world,
		Tokens:     &Tokens{shared: common, workspaces: world.Workspaces, known: map[string]token{}},
		Faults:     &Faults{LateWrites: late, shared: common, operations: operations, journal: journal, closed: make(chan struct{})},
		Journal:    journal,
		shared:     common,
		operations: operations,
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// ServeHTTP answers one call as Seam would, or as an injected Fault says. A call
// that is to end without an answer panics with http.ErrAbortHandler, which
// net/http understands as: close the connection.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ex := receive(r)
	reply := s.reply(r.Context(), ex)
	if reply.hangUp {
		panic(http.ErrAbortHandler)
	}
	reply.send(w, ex.call.RequestID)
}

// reply decides the whole answer, and ends the call in the journal before a
// byte of it leaves: a client's next call must never look like an overlap.
func (s *Server) reply(ctx context.Context, ex *exchange) answer {
	fault, faulty := s.arrive(ctx, ex)
	var a answer
	if faulty {
		a = s.misbehave(ctx, ex, fault)
	} else {
		a = s.operations.run(ex)
	}
	s.leave(ex, a)
	return a
}

// arrive admits the call, writes it into the journal and finds its fault.
func (s *Server) arrive(ctx context.Context, ex *exchange) (Fault, bool) {
	defer s.shared.enter()()
	ex.call.Time = s.shared.clock()
	ex.call.RequestID = s.shared.ids.next(kindRequest)
	s.admit(ex)
	s.Journal.begin(ctx, ex.call)
	return s.useFault(ex.call)
}

func (s *Server) leave(ex *exchange, a answer) {
	defer s.shared.enter()()
	ex.call.Status = a.status
	s.Journal.end(ex.call)
}

// admit checks everything about a call that does not depend on what it is for,
// in Seam's order. What it refuses is kept in the exchange: a Fault comes first.
func (s *Server) admit(ex *exchange) {
	err := s.authenticate(ex.call, ex.header)
	r := routes[ex.call.Path]
	var plain plainRefusal
	switch {
	case errors.As(ex.refused, &plain):
		return
	case err != nil:
		ex.refused = err
	case !slices.Contains(r.methods, ex.call.Method):
		ex.refused = refusal{status: http.StatusMethodNotAllowed, kind: "method_not_allowed",
			message: "only " + strings.Join(r.methods, ",") + " accepted"}
	case ex.foreignBody:
		ex.refused = refusal{status: http.StatusBadRequest, kind: "invalid_content_type",
			message: ex.call.Method + ` requests must have Content-Type header with "application/json"`}
	}
}
