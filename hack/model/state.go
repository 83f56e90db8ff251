package main

import (
	"fmt"

	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// person is who can hold the credential.
type person uint8

const (
	nobody person = iota
	alice
	bob
)

// mode is spec.mode.
type mode uint8

const (
	modeAssign mode = iota
	modeEnforce
	modeObserve
)

// owner is what status.assignedTo says.
type owner uint8

const (
	noOwner owner = iota // there is none
	makesRoom
	ownsAlice
	ownsBob
)

func ownerOf(p person) owner { return owner(p) + makesRoom }

// person returns whom the record names; nobody when it names none.
func (o owner) person() person {
	if o <= makesRoom {
		return nobody
	}
	return person(o - makesRoom)
}

// operation is what a write asks of Seam; none for no write.
type operation uint8

const (
	none operation = iota
	assign
	unassign
)

// write is a write to Seam. Its age is in ticks, as this process counts it, and stops where it no longer matters.
type write struct {
	op       operation
	person   person
	age      uint8
	accepted bool // Seam said so to this process
}

func (w write) same(other write) bool { return w.op == other.op && w.person == other.person }

// phase is how far the look at an object has come.
type phase uint8

const (
	idle     phase = iota
	hasRead        // the credential was read, and nothing was done since
	recorded       // a write stands in status, and its call is under way
)

// look is one attempt of the operator at one object.
type look struct {
	phase  phase
	seen   person // whom the read showed
	truth  person // who held the credential then
	isOld  bool   // a tick passed since the read
	stale  bool   // another object recorded a write since the read
	call   write  // what was recorded
	edited bool   // the object changed since then
}

// memory is what the process alone knows of an object.
type memory struct {
	tried      bool  // it was looked at
	deletedAge uint8 // ticks since its deletion was seen
	waits      bool  // it waits for a rival that may take over
	waitsAge   uint8
	unassigned bool // Seam accepted an unassign for its deletion
	speaks     person
	last       write // sent and not shown since
	readFor    person
	readSeen   person // who held the credential when its own key read it for readFor
	readSince  bool   // that was after the deletion of the other object was seen
}

// object is one CredentialAssignment. All of them name the one credential.
type object struct {
	exists bool

	// What people declare.
	person    person
	mode      mode
	retain    bool
	suspended bool
	deleting  bool
	abandoned bool
	revoked   bool // Seam refuses its API key

	// What the operator stored.
	finalizer bool
	owner     owner
	pending   [mostPending]write
	ready     uint8 // index into readyStatuses
	reason    uint8 // index into reasons
	stalled   bool
	current   bool // Ready speaks of the declaration as it is
	handled   bool
	reads     bool // status shows what its key reads
	shown     person

	memory memory
	look   look
	next   uint8 // ticks until it is looked at again
}

// state is all that there is: the objects, Seam, and what the process remembers.
type state struct {
	objects [2]object
	older   uint8 // which object was created first

	holder      person // who holds the credential, in truth
	ignoresName bool   // Seam unassigns whoever holds it, whomever the call names: nobody knows whether it does
	lag         bool   // reads still show lagged
	lagged      person
	late        write // its answer was lost, and it may still take effect; its age is the true one
	lateOf      uint8 // whose write that is

	acknowledged write              // the last write that Seam accepted from this process
	leading      uint8              // ticks since this process began to lead
	orphans      [mostOrphans]write // pending writes of objects that are gone
	waited       bool               // the first looks at older objects had their time
}

// The times of the model, in ticks. Their relations are those that matter: a grace is no longer than a time-out, and a read
// that is a tick old is too old to write by.
const (
	timeout   = 1
	effectEnd = 2 * timeout // from then on a write takes effect no more
	grace     = 1
	never     = 255
)

// How many pending writes an object may have here, and how many may be left of objects that are gone. The exploration goes
// no further where there are more, and says so.
const (
	mostPending = 6
	mostOrphans = 4
)

// reconciling stands for all reasons of Ready that go with Reconciling: which of them it is makes no difference.
const reconciling = "Reconciling"

// reasons are the reasons of Ready that occur here; the first one stands for no condition.
var reasons = []string{"", "Assigned", reconciling, "Unauthorized", "HeldByOther", "ConflictingClaim", "Drifted", "Suspended"}

var readyStatuses = []assignment.ReadyStatus{"", assignment.ReadyTrue, assignment.ReadyFalse, assignment.ReadyUnknown}

func indexOf[T comparable](of []T, value T) uint8 {
	for i := range of {
		if of[i] == value {
			return uint8(i)
		}
	}
	panic(fmt.Sprintf("the model does not know %v", value))
}

// takesNothingAway reports whether deletion takes nothing away, so that the object needs no finalizer.
func (o *object) takesNothingAway() bool { return o.retain || o.mode == modeObserve }

func (o *object) isReconciling() bool { return reasons[o.reason] == reconciling }

// isActive reports whether a live object may write to Seam.
func (o *object) isActive() bool {
	return o.exists && !o.deleting && !o.suspended && o.mode != modeObserve
}

// owns reports whether a person is the object's own: the record names that person, or a pending assign does.
func (o *object) owns(p person) bool {
	if p == nobody {
		return false
	}
	for _, w := range o.pending {
		if w.op == assign && w.person == p {
			return true
		}
	}
	return o.owner.person() == p
}

func (o *object) hasRecord() bool { return o.owner != noOwner || o.pending[0].op != none }

// result is who holds the credential once a write has taken effect.
func (s *state) result(w write, holder person) person {
	switch {
	case w.op == assign:
		return w.person
	case w.op == unassign && (holder == w.person || s.ignoresName):
		return nobody
	default:
		return holder
	}
}

// agrees reports whether a holder is what a write asks for.
func (w write) agrees(holder person) bool { return (w.op == assign) == (holder == w.person) }

// inReads is whom a read shows.
func (s *state) inReads() person {
	if s.lag {
		return s.lagged
	}
	return s.holder
}

func other(i int) int { return 1 - i }
