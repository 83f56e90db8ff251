package fakeseam

import (
	"context"
	"fmt"
	"slices"
)

// journal is the memory of calls, and of how many ran side by side.
type journal struct {
	calls    []*Call
	live     map[*Call]context.Context // until the answer starts out
	held     []*Call                   // by a Gate, now
	most     map[string]int            // in flight, by operation and, under "", in all
	overlaps []string
	news     chan struct{} // closed when a call arrives or is held
}

func newJournal() journal {
	return journal{live: map[*Call]context.Context{}, most: map[string]int{}, news: make(chan struct{})}
}

func (j *journal) reset() {
	j.calls, j.overlaps, j.most = nil, nil, map[string]int{}
}

func (j *journal) begin(ctx context.Context, c *Call) {
	j.noteOverlaps(c)
	j.calls = append(j.calls, c)
	j.live[c] = ctx
	for _, operation := range slices.Compact([]string{"", c.Operation}) {
		j.most[operation] = max(j.most[operation], j.inFlight(operation))
	}
	j.announce()
}

func (j *journal) end(c *Call) { delete(j.live, c) }

func (j *journal) noteOverlaps(c *Call) {
	if !isWrite(c.Operation) {
		return
	}
	for other, ctx := range j.live {
		if isWrite(other.Operation) && other.CredentialID == c.CredentialID && ctx.Err() == nil {
			j.overlaps = append(j.overlaps, fmt.Sprintf("credential %s: %s (%s) during %s (%s)",
				c.CredentialID, c.Operation, c.RequestID, other.Operation, other.RequestID))
		}
	}
}

// inFlight counts the calls whose client still waits.
func (j *journal) inFlight(operation string) int {
	n := 0
	for c, ctx := range j.live {
		if matches(operation, c.Operation) && ctx.Err() == nil {
			n++
		}
	}
	return n
}

func (j *journal) hold(c *Call) {
	j.held = append(j.held, c)
	j.announce()
}

func (j *journal) release(c *Call) {
	j.held = slices.DeleteFunc(j.held, func(held *Call) bool { return held == c })
}

func (j *journal) announce() {
	close(j.news)
	j.news = make(chan struct{})
}

func countOf(calls []*Call, operation string) int {
	n := 0
	for _, c := range calls {
		if matches(operation, c.Operation) {
			n++
		}
	}
	return n
}

// MaxInFlight returns how many calls of an operation ("" for any) were in flight at
// most at one time. A call is in flight from its arrival until its answer starts
// out or its client gives up.
func (s *Server) MaxInFlight(operation string) int {
	defer s.enter()()
	return s.journal.most[operation]
}

// OverlappingWrites describes each write that arrived while another one for the
// same credential was in flight. That a client gave up is noticed when its
// connection closes: not in the same instant.
func (s *Server) OverlappingWrites() []string {
	defer s.enter()()
	return slices.Clone(s.journal.overlaps)
}
