package assignment

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// pendingWrites are the writes for the credential whose effect is not known for sure, and what the present read tells of
// them.
type pendingWrites struct {
	reading
	// own are those of this object; all are those of every object, vanished ones included.
	own, all []PendingWrite
	// acknowledged is the last write that Seam accepted from this process; nil when there is none.
	acknowledged *PendingWrite
	timeout      time.Duration
	now          time.Time
}

func newPendingWrites(in *Input, r reading) pendingWrites {
	all := slices.Concat(in.Object.Record.Pending, in.Orphans)
	for i := range in.Peers {
		if p := &in.Peers[i]; p.UID != in.Object.UID {
			all = append(all, p.Record.Pending...)
		}
	}
	return pendingWrites{
		reading: r, own: in.Object.Record.Pending, all: all, acknowledged: in.Acknowledged,
		timeout: in.Timing.SeamTimeout, now: in.Now,
	}
}

// agrees reports whether the holder is what a write asks for.
func (p *pendingWrites) agrees(w PendingWrite) bool {
	return p.holds(w.Person) == (w.Operation == v1alpha1.OperationAssign)
}

// isLate reports whether the read does not show yet what Seam accepted a moment ago.
func (p *pendingWrites) isLate() bool {
	w := p.acknowledged
	return w != nil && p.observed.At.Before(w.Deadline(p.timeout)) && p.isReadable() && !p.agrees(*w)
}

// isBelieved reports whether the present read tells anything about writes.
func (p *pendingWrites) isBelieved() bool { return p.isReadable() && !p.isLate() }

// shows reports whether the present read shows what a write asks for. A read that began before it tells nothing.
func (p *pendingWrites) shows(w PendingWrite) bool {
	return p.isBelieved() && !p.observed.At.Before(w.SentAt) && p.agrees(w)
}

// isSettled reports whether the present read shows the effect of a write, and no other call for the same may have brought
// it about. One that Seam accepted stays beside a lost one for the same: else its effect would pass for that of the other.
func (p *pendingWrites) isSettled(w PendingWrite) bool {
	if !p.shows(w) {
		return false
	}
	calls := 0
	for _, other := range p.all {
		if other.sameCall(w) {
			calls++
		}
	}
	return calls == 1
}

// ends is when an own write that no read has shown is believed to have had no effect, if a read agrees. Of the object's
// calls for the same the last one counts for all: were the first to leave before, its effect would pass for that of the
// last.
func (p *pendingWrites) ends(w PendingWrite) time.Time {
	end := w.LastEffect(p.timeout)
	for _, other := range p.own {
		if other.sameCall(w) && other.LastEffect(p.timeout).After(end) {
			end = other.LastEffect(p.timeout)
		}
	}
	return end
}

// firstEnd returns when the first of some own writes leaves by a read; zero for none. A time that has passed counts when the
// present read began before it, so that another one settles the matter; when Seam cannot be read it does not.
func (p *pendingWrites) firstEnd(writes []PendingWrite) time.Time {
	var first time.Time
	for _, w := range writes {
		end := p.ends(w)
		if p.isLate() && end.Before(p.acknowledged.Deadline(p.timeout)) {
			end = p.acknowledged.Deadline(p.timeout) // by then a read is believed
		}
		if p.isReadable() || p.now.Before(end) {
			first = Earlier(first, end)
		}
	}
	return first
}

// inFlightUntil returns until when a write whose answer was lost may be under way: the latest deadline of those whose
// effect the read does not show. It is zero when there is none.
func (p *pendingWrites) inFlightUntil() (until time.Time, write PendingWrite) {
	for _, w := range p.all {
		if end := w.Deadline(p.timeout); !w.Acknowledged && p.now.Before(end) && end.After(until) && !p.isSettled(w) {
			until, write = end, w
		}
	}
	return until, write
}

// couldUndo returns until when a pending write of any object could still take the credential from the declared person, who
// holds it, or have done so since the read began. It is zero when there is none.
func (p *pendingWrites) couldUndo() (until time.Time) {
	for _, w := range p.all {
		if end := w.LastEffect(p.timeout); p.observed.At.Before(end) && end.After(until) && p.mayChange(w) {
			until = end
		}
	}
	return until
}

// mayChange reports whether a pending write would change the holder if it took effect. Nobody knows whether Seam takes a
// credential from another holder than the one whom an unassign names: one that was lost may, unless the read settles it.
func (p *pendingWrites) mayChange(w PendingWrite) bool {
	return !p.agrees(w) || w.Operation == v1alpha1.OperationUnassign && !w.Acknowledged && !p.isSettled(w)
}
