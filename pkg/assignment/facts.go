package assignment

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// facts is an input with what follows from it.
type facts struct {
	Input
	*matcher
	// pending are the pending writes of every object of the credential.
	pending []PendingWrite
	// isLate says that the read does not show yet what Seam accepted a moment ago.
	isLate bool
	// record is the record as the read leaves it, and assignedAt when the assign was started that the read shows.
	record     Record
	assignedAt time.Time
}

func newFacts(in Input) *facts {
	f := &facts{Input: in, matcher: &matcher{holder: in.Observed.Holder, people: in.Observed.People}}
	f.pending = f.allPending()
	if w := in.Acknowledged; w != nil && in.Observed.At.Before(f.deadline(*w)) {
		f.isLate = f.isReadable() && !f.agrees(*w)
	}
	f.record = f.settle()
	return f
}

func (f *facts) declared() Person { return f.Object.Declared.Person }

func (f *facts) isDeleting() bool { return f.Object.Deletion != nil }

func (f *facts) observes() bool { return f.Object.Declared.Mode == v1alpha1.ModeObserve }

// takesNothingAway reports whether the object needs no finalizer.
func (f *facts) takesNothingAway() bool { return f.observes() || f.Object.Declared.Retain }

func (f *facts) wantsFinalizer() bool { return !f.takesNothingAway() }

func (f *facts) hasClaim() bool { return f.Claim.Winner == nil }

// recordedWorkspace is the workspace in which the object dealt with the credential; empty when it never did.
func (f *facts) recordedWorkspace() string {
	switch owner := f.Object.Record.AssignedTo; {
	case owner != nil && owner.WorkspaceID != "":
		return owner.WorkspaceID
	case f.Object.Finalizer || !f.Object.Record.IsEmpty():
		return f.Object.WorkspaceID
	default:
		return ""
	}
}

func (f *facts) isPinnedElsewhere() bool {
	pin := f.Object.Declared.WorkspaceID
	return pin != "" && pin != f.Observed.WorkspaceID
}

func (f *facts) isRecordedElsewhere() bool {
	recorded := f.recordedWorkspace()
	return recorded != "" && recorded != f.Observed.WorkspaceID
}

// isReadable reports whether the credential was read in the right workspace, whatever may be done to it.
func (f *facts) isReadable() bool {
	return f.Observed.Credential == Found && f.Observed.WorkspaceID != "" && !f.isPinnedElsewhere() && !f.isRecordedElsewhere()
}

// credentialIsGone reports whether the credential is gone from the workspace in which the object dealt with it.
func (f *facts) credentialIsGone() bool {
	return f.Observed.Credential == Missing && f.Observed.Unmanaged == Missing &&
		f.Observed.WorkspaceID != "" && !f.isPinnedElsewhere() && f.recordedWorkspace() == f.Observed.WorkspaceID
}

// allPending returns the pending writes of every object of the credential, those of vanished ones included.
func (f *facts) allPending() []PendingWrite {
	all := slices.Concat(f.Object.Record.Pending, f.Orphans)
	for i := range f.Peers {
		if p := &f.Peers[i]; p.UID != f.Object.UID {
			all = append(all, p.Record.Pending...)
		}
	}
	return all
}

// inFlightUntil returns until when a write whose answer was lost may be under way: the latest deadline of those whose
// effect the read does not show. It is zero when there is none.
func (f *facts) inFlightUntil() (until time.Time, write PendingWrite) {
	for _, w := range f.pending {
		if !w.Acknowledged && f.Now.Before(f.deadline(w)) && !f.isSettled(w) && f.deadline(w).After(until) {
			until, write = f.deadline(w), w
		}
	}
	return until, write
}

// couldUndo returns until when a pending write of any object could still take the credential from the declared person, or
// have done so since the read began. It is zero when there is none.
func (f *facts) couldUndo() (until time.Time) {
	for _, w := range f.pending {
		if end := f.lastEffect(w); f.Observed.At.Before(end) && !f.agrees(w) && end.After(until) {
			until = end
		}
	}
	return until
}

// isOwn reports whether the holder is a person whom this object assigned, or may have assigned.
func (f *facts) isOwn() bool {
	if f.holds(f.record.Owner()) {
		return true
	}
	for _, w := range f.Object.Record.Pending {
		if w.Operation == v1alpha1.OperationAssign && f.holds(w.Person) {
			return true
		}
	}
	return false
}

// isPending reports whether the effect of a write is not known for sure yet.
func (f *facts) isPending(w PendingWrite) bool { return slices.ContainsFunc(f.pending, w.Same) }

// isOwnWrite reports whether this object sent a write.
func (f *facts) isOwnWrite(w PendingWrite) bool {
	return slices.ContainsFunc(f.Object.Record.Pending, w.Same)
}

// isToBeTaken reports whether a deleted object takes the credential from the holder: its own person or, with the claim, the
// declared one.
func (f *facts) isToBeTaken() bool {
	return f.wantsFinalizer() && (f.hasClaim() && f.holds(f.declared()) || f.isOwn())
}

// wasRefused returns the refusal of the same write in the same situation; nil when there is none.
func (f *facts) wasRefused(operation v1alpha1.Operation, person Person) *Refusal {
	if r := f.Sends.Refused; r != nil && r.Operation == operation && r.Person == person && r.Holder == f.holder {
		return r
	}
	return nil
}

// sentBefore returns the same write, sent before and never shown, while it is too early to send it again; nil when nothing
// is in the way.
func (f *facts) sentBefore(operation v1alpha1.Operation, person Person) *PendingWrite {
	last := f.Sends.Last
	if last != nil && last.Operation == operation && last.Person == person && f.Now.Before(f.Sends.NotBefore) {
		return last
	}
	return nil
}
