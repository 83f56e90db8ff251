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

// Deadline is when the call of a write has ended, whatever happens.
func (w PendingWrite) Deadline(timeout time.Duration) time.Time { return w.SentAt.Add(timeout) }

// LastEffect is until when a write may come about.
func (w PendingWrite) LastEffect(timeout time.Duration) time.Time { return w.SentAt.Add(2 * timeout) }

// sameCall reports whether two writes ask Seam for the same.
func (w PendingWrite) sameCall(other PendingWrite) bool {
	return w.Operation == other.Operation && w.Person == other.Person
}

// IsEmpty reports whether the object never wrote anything, as far as the record tells.
func (r Record) IsEmpty() bool { return r.AssignedTo == nil && len(r.Pending) == 0 }

// AssignedPerson returns the person whom the object assigned; nobody when there is none.
func (r Record) AssignedPerson() Person {
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

// MayHold returns who may hold the credential because of the object.
func (o Object) MayHold() Person {
	for _, w := range o.Record.Pending {
		if w.Operation == v1alpha1.OperationAssign {
			return w.Person
		}
	}
	if owner := o.Record.AssignedPerson(); !owner.IsZero() {
		return owner
	}
	return o.Declared.Person
}
