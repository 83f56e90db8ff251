package assignment

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Record is what status keeps of an object's doings at Seam, so that it is not forgotten.
type Record struct {
	// AssignedTo is whom the object assigned or found as the declared holder; nil when it never did.
	AssignedTo *AssignedTo
	// Pending are the writes whose effect is not known for sure, the oldest first.
	Pending []PendingWrite
}

// AssignedTo is the person whom the operator may move or remove for an object.
type AssignedTo struct {
	// Person is nobody while the credential makes room for another person.
	Person      Person
	WorkspaceID string
	Since       time.Time
}

// PendingWrite is a write that was sent, or is about to be.
type PendingWrite struct {
	Operation v1alpha1.Operation
	Person    Person
	// StartedAt is the time in the record, by the clock of whatever process sent the write: for people, and to tell
	// entries apart.
	StartedAt time.Time
	// SentAt is when it was sent, by this process's own clock: for what another process sent, when this one first saw it.
	SentAt time.Time
	// Acknowledged says that Seam accepted it, which only the process that sent it knows.
	Acknowledged bool
}

// Same reports whether two entries stand for the same call.
func (w PendingWrite) Same(other PendingWrite) bool {
	return w.sameCall(other) && w.StartedAt.Equal(other.StartedAt)
}

// sameCall reports whether two writes ask Seam for the same.
func (w PendingWrite) sameCall(other PendingWrite) bool {
	return w.Operation == other.Operation && w.Person == other.Person
}

// IsEmpty reports whether the object never wrote anything, as far as the record tells.
func (r Record) IsEmpty() bool { return r.AssignedTo == nil && len(r.Pending) == 0 }

// Owner returns the person whom the object assigned; nobody when there is none.
func (r Record) Owner() Person {
	if r.AssignedTo == nil {
		return Person{}
	}
	return r.AssignedTo.Person
}

// With returns the record with one more pending write. The person of the record is named as in the write when it is the
// same one, so that the effect of an unassign is known by comparison alone.
func (r Record) With(write PendingWrite, isOwner bool) Record {
	r.Pending = append(slices.Clone(r.Pending), write)
	if isOwner && r.AssignedTo != nil && !r.AssignedTo.Person.IsZero() {
		owner := *r.AssignedTo
		owner.Person = write.Person
		r.AssignedTo = &owner
	}
	return r
}

// Without returns the record less one pending write: Seam refused it, or it was never sent.
func (r Record) Without(write PendingWrite) Record {
	r.Pending = slices.DeleteFunc(slices.Clone(r.Pending), write.Same)
	return r
}

// settle returns the record as the present read leaves it. An entry leaves when the read shows its effect, unless another
// lost call for the same stands beside it; and by any read later than twice the time-out after it was sent.
func (f *facts) settle() Record {
	r := f.Object.Record
	if f.credentialIsGone() {
		r.Pending = nil
		return r
	}
	r.Pending = nil
	for _, w := range f.Object.Record.Pending {
		if !f.leaves(w) {
			r.Pending = append(r.Pending, w)
		}
		if f.shows(w) {
			r.AssignedTo = f.afterEffect(r.AssignedTo, w)
		}
	}
	if f.observes() && len(r.Pending) == 0 {
		r.AssignedTo = nil
	}
	return r
}

// leaves reports whether the effect of an own pending write is known, or can come no more. A finalizer that is not wanted
// any more waits for no read.
func (f *facts) leaves(w PendingWrite) bool {
	if f.isSettled(w) || f.isReadable() && !f.isLate && !f.Observed.At.Before(f.ends(w)) {
		return true
	}
	return f.takesNothingAway() && f.Object.Finalizer && !f.Now.Before(f.ends(w))
}

// afterEffect returns whom the object has assigned, once the effect of a write is seen.
func (f *facts) afterEffect(owner *AssignedTo, w PendingWrite) *AssignedTo {
	switch {
	case f.observes():
		return owner
	case w.Operation == v1alpha1.OperationAssign:
		f.assignedAt = w.StartedAt
		return f.ownerSince(owner, w.Person)
	case owner != nil && owner.Person == w.Person:
		return &AssignedTo{WorkspaceID: owner.WorkspaceID, Since: f.Now}
	default:
		return owner
	}
}

// ownerSince returns the record of a person who was seen to hold the credential because of this object.
func (f *facts) ownerSince(owner *AssignedTo, person Person) *AssignedTo {
	if owner != nil && owner.Person == person && owner.WorkspaceID == f.Observed.WorkspaceID {
		return owner
	}
	return &AssignedTo{Person: person, WorkspaceID: f.Observed.WorkspaceID, Since: f.Now}
}

// shows reports whether the present read shows what a write asks for. A read that began before it tells nothing, nor does
// one that lags behind another write.
func (f *facts) shows(w PendingWrite) bool {
	return f.isReadable() && !f.isLate && !f.Observed.At.Before(w.SentAt) && f.agrees(w)
}

// agrees reports whether the holder is what a write asks for.
func (f *facts) agrees(w PendingWrite) bool {
	return f.holds(w.Person) == (w.Operation == v1alpha1.OperationAssign)
}

// isSettled reports whether the present read shows the effect of a write, and no other call for the same may have brought
// it about. One that Seam accepted stays beside a lost one for the same: else its effect would pass for that of the other.
func (f *facts) isSettled(w PendingWrite) bool {
	if !f.shows(w) {
		return false
	}
	calls := 0
	for _, other := range f.pending {
		if other.sameCall(w) {
			calls++
		}
	}
	return calls == 1
}

// deadline is when the call of a write has ended, whatever happens.
func (f *facts) deadline(w PendingWrite) time.Time { return w.SentAt.Add(f.Timing.SeamTimeout) }

// lastEffect is until when a write may come about.
func (f *facts) lastEffect(w PendingWrite) time.Time { return w.SentAt.Add(2 * f.Timing.SeamTimeout) }

// ends is when a write that no read has shown is believed to have had no effect, if a read agrees. Of the object's calls for
// the same the last one counts for all: were the first to leave before, its effect would pass for that of the last.
func (f *facts) ends(w PendingWrite) time.Time {
	end := f.lastEffect(w)
	for _, other := range f.Object.Record.Pending {
		if other.sameCall(w) && f.lastEffect(other).After(end) {
			end = f.lastEffect(other)
		}
	}
	return end
}
