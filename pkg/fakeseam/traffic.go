package fakeseam

import (
	"context"
	"fmt"
	"slices"
)

// Traffic is the memory of how many calls ran side by side.
type Traffic struct {
	shared   *shared
	live     map[*Call]context.Context // until the answer starts out
	most     map[string]int            // in flight, by operation and, under "", in all
	overlaps []string
}

func newTraffic(common *shared) *Traffic {
	return &Traffic{shared: common, live: map[*Call]context.Context{}, most: map[string]int{}}
}

// MaxInFlight returns how many calls of an operation ("" for any) were in flight at
// most at one time. A call is in flight from its arrival until its answer starts
// out or its client gives up.
func (t *Traffic) MaxInFlight(operation string) int {
	defer t.shared.enter()()
	return t.most[operation]
}

// OverlappingWrites describes each write that arrived while another one for the
// same credential was in flight. That a client gave up is noticed when its
// connection closes: not in the same instant.
func (t *Traffic) OverlappingWrites() []string {
	defer t.shared.enter()()
	return slices.Clone(t.overlaps)
}

func (t *Traffic) reset() { t.overlaps, t.most = nil, map[string]int{} }

func (t *Traffic) begin(ctx context.Context, c *Call) {
	t.noteOverlaps(c)
	t.live[c] = ctx
	for _, operation := range slices.Compact([]string{"", c.Operation}) {
		t.most[operation] = max(t.most[operation], t.inFlight(operation))
	}
}

func (t *Traffic) end(c *Call) { delete(t.live, c) }

func (t *Traffic) noteOverlaps(c *Call) {
	if !isWrite(c.Operation) {
		return
	}
	for other, ctx := range t.live {
		if isWrite(other.Operation) && other.CredentialID == c.CredentialID && ctx.Err() == nil {
			t.overlaps = append(t.overlaps, fmt.Sprintf("credential %s: %s (%s) during %s (%s)",
				c.CredentialID, c.Operation, c.RequestID, other.Operation, other.RequestID))
		}
	}
}

// inFlight counts the calls whose client still waits.
func (t *Traffic) inFlight(operation string) int {
	n := 0
	for c, ctx := range t.live {
		if matches(operation, c.Operation) && ctx.Err() == nil {
			n++
		}
	}
	return n
}
