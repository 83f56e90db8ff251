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
	// IsRecordedPerson says of an unassign that Person is whom the record names.
	IsRecordedPerson bool
	// Until is when to look again at the latest; zero when only the usual intervals count.
	Until time.Time
	// Successor is the UID of the object that takes over; Awaited are those of the objects that may, to be looked at now.
	Successor string
	Awaited   []string
	// Reason is Ready's reason, and Message says why; both are empty when status stays as it is. Of a deleted object that goes
	// (RemoveFinalizer) they are the reason and the note of its event.
	Reason  string
	Message string
	// IsInterrupted says that the look did not come to an end: Seam did not tell what Reason says.
	IsInterrupted bool
	// HasRead says of a look that Seam's silence ended that the credential was read, or written to, before.
	HasRead bool
	// KeepsReady says that a status that is Ready stays so: Seam showed it, and a read that lags shows it no more.
	KeepsReady bool
	// AssignedAt is when the assign was started whose effect the read shows; zero when it shows none.
	AssignedAt time.Time
	// Record is what the record becomes; what is decided goes by it.
	Record Record
	// IsReadable says that the credential was read in the right workspace, whatever may be done to it.
	IsReadable bool
	// Read is what that told, for the other objects that name the credential; zero when it tells nothing yet.
	Read PeerRead
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
	state := stateOf(f)
	d := decide(f, state)
	if f.missing != nil {
		return Decision{State: PersonUnread, Action: ReadPerson, Person: *f.missing, Record: in.Object.Record, IsReadable: f.isReadable()}
	}
	d.State, d.Record, d.AssignedAt = state, f.recordIn(state), f.assignedAt
	d.IsReadable, d.Read = f.isReadable(), f.read()
	if d.Action == Report {
		d.Until = Earlier(d.Until, f.firstEnd(d.Record.Pending))
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

// Earlier returns the earlier of two times, of which zero means never.
func Earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Interrupted returns the report on an object whose attempt ended with an error, for a reason of Ready: an empty one leaves
// status as it is. When an end of a pending write has passed, only the error keeps it from leaving, which is retried in its
// own time.
func Interrupted(in Input, reason, message string) Decision {
	f := newFacts(in)
	until := f.firstEnd(in.Object.Record.Pending)
	if !until.After(in.Now) {
		until = time.Time{}
	}
	return Decision{
		Action:        Report,
		IsInterrupted: true,
		Until:         until,
		Reason:        reason,
		Message:       message,
		Record:        in.Object.Record,
		IsReadable:    f.isReadable(),
	}
}

// read returns what the object's own key read, for the others that name the credential. It is zero while nobody can tell yet
// who the holder is, or the read lags: then the others go on waiting for one that tells.
func (f *facts) read() PeerRead {
	isHeld := f.holds(f.declared()) // before missing is asked: it may note that somebody has to be read
	if !f.isBelieved() || f.missing != nil {
		return PeerRead{}
	}
	return PeerRead{
		At:          f.Observed.At,
		WorkspaceID: f.Observed.WorkspaceID,
		Person:      f.declared(),
		Holder:      f.holder,
		IsHeld:      isHeld,
	}
}
