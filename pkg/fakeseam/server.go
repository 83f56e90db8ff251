package fakeseam

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// Server is a fake Seam. It is an http.Handler, made by New, and safe for
// concurrent use. Functions passed to it (the clock, the change of an Update
// method) run while it is locked and must not call it.
type Server struct {
	clock    func() time.Time
	closed   chan struct{}
	closeOne sync.Once

	mu          sync.Mutex
	ids         idSource
	behaviour   Behaviour
	tokens      map[string]token
	workspaces  table[Workspace]
	systems     table[System]
	users       table[User]
	identities  table[Identity]
	merged      map[string]string
	credentials table[Credential]
	faults      []*injected
	late        []lateWrite
	journal     journal
}

// Option changes how New makes a Server.
type Option func(*Server)

// WithClock makes the server tell the time by now instead of time.Now. Only
// Fault.Delay is measured in real time.
func WithClock(now func() time.Time) Option {
	return func(s *Server) { s.clock = now }
}

// New returns an empty server: without a workspace, a token or a credential.
func New(opts ...Option) *Server {
	s := &Server{
		clock:   time.Now,
		closed:  make(chan struct{}),
		tokens:  map[string]token{},
		merged:  map[string]string{},
		journal: newJournal(),
	}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// Close lets go of every call that a Fault holds, now and later; such a call
// ends without an answer, and without its change if that was still to come.
// Call it before httptest.Server.Close, which waits for calls in flight.
func (s *Server) Close() {
	s.closeOne.Do(func() { close(s.closed) })
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
		a = s.run(ex)
	}
	s.leave(ex, a)
	return a
}

// arrive admits the call, writes it into the journal and finds its fault.
func (s *Server) arrive(ctx context.Context, ex *exchange) (Fault, bool) {
	defer s.enter()()
	ex.call.Time = s.clock()
	ex.call.RequestID = s.ids.next(kindRequest)
	s.admit(ex)
	s.journal.begin(ctx, ex.call)
	return s.faultFor(ex.call)
}

func (s *Server) leave(ex *exchange, a answer) {
	defer s.enter()()
	ex.call.Status = a.status
	s.journal.end(ex.call)
}

// enter locks the server, lands the late writes that are due, and returns the
// function that unlocks it.
func (s *Server) enter() func() {
	s.mu.Lock()
	s.landDue()
	return s.mu.Unlock
}

// horizon is the time up to which reads see writes.
func (s *Server) horizon() time.Time {
	return s.clock().Add(-s.behaviour.ReadLag)
}
