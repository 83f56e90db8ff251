package assignment

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Action is what to do next.
type Action string

const (
	// Report: nothing more at Seam; put Reason and Message into status, and look again at Until at the latest.
	Report Action = "Report"
	// ReadCredential: read the credential.
	ReadCredential Action = "ReadCredential"
	// ReadUnmanaged: look for the credential among those that Seam does not manage.
	ReadUnmanaged Action = "ReadUnmanaged"
	// ReadWorkspace: ask which workspace the key belongs to.
	ReadWorkspace Action = "ReadWorkspace"
	// ReadPerson: read Person.
	ReadPerson Action = "ReadPerson"
	// ReadRivals: ask the API server itself for the other objects of the credential.
	ReadRivals Action = "ReadRivals"
	// ConfirmSuccessor: ask the API server itself for the object of UID Successor.
	ConfirmSuccessor Action = "ConfirmSuccessor"
	// AddFinalizer: put the finalizer on the object.
	AddFinalizer Action = "AddFinalizer"
	// RemoveFinalizer: take the finalizer off; of a deleted object that lets it go.
	RemoveFinalizer Action = "RemoveFinalizer"
	// Assign: record it, then give the credential to Person.
	Assign Action = "Assign"
	// Unassign: record it, then take the credential from Person.
	Unassign Action = "Unassign"
)

// IsWrite reports whether the action changes something at Seam.
func (a Action) IsWrite() bool { return a == Assign || a == Unassign }

// Operation returns the change that a write makes. It is for actions that are writes.
func (a Action) Operation() v1alpha1.Operation { return v1alpha1.Operation(a) }

// Decision is what to do next, and why.
type Decision struct {
	State  State
	Action Action
	// Person is whom to read, assign or unassign.
	Person Person
	// IsOwner says of an unassign that Person is whom the record names.
	IsOwner bool
	// Until is when to look again at the latest; zero when only the usual intervals count.
	Until time.Time
	// Successor is the UID of the object that takes over, or that is waited for.
	Successor string
	// Reason is Ready's reason, and Message says why; both are empty when status stays as it is.
	Reason  string
	Message string
	// HasRead says of a look that Seam's silence ended that the credential was read, or written to, before.
	HasRead bool
	// KeepsReady says that a status that is Ready stays so: Seam showed it, and a read that lags shows it no more.
	KeepsReady bool
	// AssignedAt is when the assign was started whose effect the read shows; zero when it shows none.
	AssignedAt time.Time
	// Record is what the record becomes; what is decided goes by it.
	Record Record
}

// The reasons of the events of a deleted object that goes without anything being taken away.
const (
	// Abandoned: a person gave the clean-up up.
	Abandoned = "Abandoned"
	// Retained: the declaration says that nothing is taken away.
	Retained = "Retained"
	// HandedOver: another object declares the same person and took over.
	HandedOver = "HandedOver"
	// Unclaimed: another object has the claim.
	Unclaimed = "Unclaimed"
)

// Decide finds the state that an object is in, and says what to do in it. The caller does that, adds what it learnt to the
// input, and asks again, until the action is Report, or RemoveFinalizer of a deleted object.
func Decide(in Input) Decision {
	f := newFacts(in)
	state := f.state()
	d := f.decide(state)
	if f.missing != nil {
		return Decision{State: PersonUnread, Action: ReadPerson, Person: *f.missing, Record: in.Object.Record}
	}
	d.State, d.Record, d.AssignedAt = state, f.recordIn(state), f.assignedAt
	if d.Action == Report {
		d.Until = earlier(d.Until, f.firstEnd(d.Record))
	}
	return d
}

// recordIn returns what the record becomes in a state: a person who is seen to hold the credential because of this object
// is its own from now on.
func (f *facts) recordIn(state State) Record {
	record := f.record
	if state == Held || state == TakenOver || state == HeldUntilUndone {
		record.AssignedTo = f.ownerSince(record.AssignedTo, f.declared())
	}
	return record
}

// firstEnd returns when the first pending write of a record leaves by a read; zero for none. A time that has passed counts
// when the present read began before it, so that another one settles the matter; when Seam cannot be read it does not.
func (f *facts) firstEnd(r Record) time.Time {
	var first time.Time
	for _, w := range r.Pending {
		end := f.ends(w)
		if f.isLate && end.Before(f.deadline(*f.Acknowledged)) {
			end = f.deadline(*f.Acknowledged) // by then a read is believed
		}
		if f.isReadable() || f.Now.Before(end) {
			first = earlier(first, end)
		}
	}
	return first
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// IsReadable reports whether the credential was read in the right workspace, whatever may be done to it.
func IsReadable(in Input) bool { return newFacts(in).isReadable() }

// ReadOf returns what an object's own key read, for the others that name the credential. It is zero while nobody can tell
// yet who the holder is, or the read lags: then the others go on waiting for one that tells.
func ReadOf(in Input) PeerRead {
	f := newFacts(in)
	isHeld := f.holds(f.declared())
	if f.isLate || f.missing != nil {
		return PeerRead{}
	}
	return PeerRead{
		At:          in.Observed.At,
		WorkspaceID: in.Observed.WorkspaceID,
		Person:      f.declared(),
		Holder:      in.Observed.Holder,
		IsHeld:      isHeld,
	}
}
