package assignment

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Input is everything that a decision depends on.
type Input struct {
	Object Object
	Claim  Claim
	// Peers are all objects that name the credential, this one included.
	Peers []Peer
	// Orphans are pending writes of objects that are no more.
	Orphans []PendingWrite
	// Acknowledged is the last write for the credential that Seam accepted from this process; nil when there is none.
	Acknowledged *PendingWrite
	Observed     Observed
	// Sends is what this process knows of writes that it sent before for the object.
	Sends  Sends
	Timing Timing
	Now    time.Time
}

// Object is one CredentialAssignment: what it declares, and what status keeps of it.
type Object struct {
	UID      string
	Declared Declaration
	// Deletion is set while the object is being deleted.
	Deletion  *Deletion
	Finalizer bool
	Record    Record
	// WorkspaceID is the workspace in which its key first read the credential; empty when none did.
	WorkspaceID string
}

// Declaration is what an object says.
type Declaration struct {
	Person      Person
	Mode        v1alpha1.Mode
	WorkspaceID string // the pin; empty when there is none
	Retain      bool   // deletion takes nothing away
	Suspended   bool
	Abandoned   bool // deletion gives the clean-up up
}

// Deletion is what this process knows of the deletion of an object, by its own clock.
type Deletion struct {
	// SeenAt is when this process first saw the object being deleted.
	SeenAt time.Time
	// WaitsSince is since when the object has waited for a rival to take over, with Seam in sight; zero when it does not.
	WaitsSince time.Time
	// Unassigned says that Seam accepted an unassign of this process's own for the object.
	Unassigned bool
	// AskedRivals says that the API server itself was asked for rivals: Peers are as new as the question.
	AskedRivals bool
}

// Presence says whether Seam has a credential.
type Presence int

const (
	// NotRead: nobody has asked yet.
	NotRead Presence = iota
	// Missing: Seam answered that there is none.
	Missing
	// Found: Seam showed it.
	Found
)

// Observed is what the object's key read from Seam.
type Observed struct {
	Credential Presence
	// At is when the read of the credential began.
	At          time.Time
	Holder      Holder
	WorkspaceID string // the key's workspace; empty while it is not known
	ACSSystemID string // the credential's access system; empty when Seam does not say
	Unusable    bool   // Seam does not manage the credential, or is deleting it
	// Unmanaged is whether the credential was found among those that Seam does not manage.
	Unmanaged Presence
	People    People
}

// Sends is what one process knows of the writes that it sent for an object. It saves calls; without it the same is sent
// once more.
type Sends struct {
	// Refused is the write that Seam refused last, as long as nothing it depends on changed; nil when there is none.
	Refused *Refusal
	// Last is the write that was sent last and that no read has shown since; nil when there is none.
	Last *PendingWrite
	// NotBefore is when Last may be sent again.
	NotBefore time.Time
}

// Refusal is a write that Seam refused.
type Refusal struct {
	Operation v1alpha1.Operation
	Person    Person
	Holder    Holder // who held the credential then
	Reason    string
	Message   string
}

// Timing is how long things take at most.
type Timing struct {
	SeamTimeout   time.Duration // how long a call may be under way
	HandOverGrace time.Duration // how long a deleted object waits for another one to appear
	LeadingSince  time.Time     // when this process began to lead
}

const (
	// MaxReadAge is how old the read before a write may be.
	MaxReadAge = 10 * time.Second
	// FirstLookWait is how long a deleted object waits for a rival that nobody has handled yet.
	FirstLookWait = 5 * time.Second
	// FirstLooksWait is how long a claim without a record waits for older rivals that nobody has handled yet, together.
	FirstLooksWait = 10 * time.Second
)
