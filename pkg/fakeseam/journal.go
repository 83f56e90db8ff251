package fakeseam

import (
	"context"
	"slices"
)

// Journal is the memory of calls.
type Journal struct {
	*Traffic

	shared *shared
	calls  []*Call
	held   []*Call       // by a Gate, now
	news   chan struct{} // closed when a call arrives or is held
}

func newJournal(common *shared) *Journal {
	return &Journal{Traffic: newTraffic(common), shared: common, news: make(chan struct{})}
}

// Calls returns a copy of all calls in order of arrival.
func (j *Journal) Calls() []Call {
	return j.callsThat(func(*Call) bool { return true })
}

// Writes returns a copy of the calls that assign or unassign, refused ones
// included, in order of arrival.
func (j *Journal) Writes() []Call {
	return j.callsThat(func(c *Call) bool { return isWrite(c.Operation) })
}

func (j *Journal) callsThat(wanted func(*Call) bool) []Call {
	defer j.shared.enter()()
	calls := []Call{}
	for _, c := range j.calls {
		if wanted(c) {
			calls = append(calls, *c)
		}
	}
	return calls
}

// ResetCalls forgets all calls, and with them what MaxInFlight and
// OverlappingWrites know.
func (j *Journal) ResetCalls() {
	defer j.shared.enter()()
	j.calls = nil
	j.Traffic.reset()
}

// begin notes a call that has arrived.
func (j *Journal) begin(ctx context.Context, c *Call) {
	j.Traffic.begin(ctx, c)
	j.calls = append(j.calls, c)
	j.announce()
}

func (j *Journal) hold(c *Call) {
	j.held = append(j.held, c)
	j.announce()
}

func (j *Journal) release(c *Call) {
	j.held = slices.DeleteFunc(j.held, func(held *Call) bool { return held == c })
}

// announce wakes who awaits calls.
func (j *Journal) announce() {
	close(j.news)
	j.news = make(chan struct{})
}
