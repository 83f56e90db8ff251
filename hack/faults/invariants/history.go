package invariants

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Moment is when something happened.
type Moment struct {
	Order    int       // its place among all that was seen at Seam; it grows
	Time     time.Time // by the clock of the world, which is not always that of the operator
	Revision int64     // the newest one of the API server: what was stored at it was stored before
}

// History is all that was seen of one or more processes of the operator.
type History struct {
	Versions []Version // in the order of their revisions
	Calls    []Call    // in the order of their arrival
	// ChangedByHand are the changes of holders that somebody made in Seam's console.
	ChangedByHand []ChangeByHand
	// Identities are the user identities of ACS users.
	Identities map[string]string
	// Truth is who holds each credential at the end; one that is gone is left out.
	Truth map[string]Holder
	// Texts are all that the operator tells: log lines, events, metrics. Secrets may not stand there.
	Texts   []Text
	Secrets []string

	// Timeout is how long a call may be under way: two of them after it was sent it comes about no more.
	Timeout time.Duration
	// Calm is when the last fault was over, and the last thing had landed that it held up.
	Calm Moment
	// Settle is how long after that the operator may take until nothing changes any more.
	Settle time.Duration
	// AtRest is since when nothing may be written, because nothing changes; zero when that was not watched.
	AtRest Moment
	// Bystanders are the UIDs of objects that no fault concerns, and Patience how long each of their changes may take.
	Bystanders map[string]bool
	Patience   time.Duration
}

// Version is an object as the API server stored it.
type Version struct {
	Revision int64
	Time     time.Time // when the watch told it, by the clock of the world
	Object   v1alpha1.CredentialAssignment
	// IsGone says that the object was removed, as which the version is its last one.
	IsGone bool
	// Process is which process of the operator wrote it; empty when somebody else did.
	Process string
}

// Holder is who holds a credential as Seam shows it; zero when it is free.
type Holder struct{ ACSUserID, UserIdentityID string }

// Person is whom a write names: an ACS user or a user identity.
type Person struct{ ACSUserID, UserIdentityID string }

// Call is one call to Seam.
type Call struct {
	Process      string // which process of the operator made it
	Token        string // which key it used, by a name that is no secret
	Operation    string // as the fake Seam names it
	CredentialID string
	Person       Person
	Arrived      Moment
	Ended        Moment // when the answer went out, or the client gave up
	Status       int    // of the answer that reached the operator; zero when none did
	// Shown is what the answer shows of the credential; nil when it shows nothing.
	Shown *Shown
	// Changed says that the call changed the holder, at once or late.
	Changed bool
	// LateBy is how long after its arrival the call came about, when its answer was lost; zero for at once.
	LateBy time.Duration
}

// Shown is what an answer tells of a credential.
type Shown struct {
	Missing bool // Seam has no such credential
	Holder  Holder
}

// ChangeByHand is a change of a holder in Seam's console.
type ChangeByHand struct {
	At           Moment
	CredentialID string
}

// Text is something that the operator told.
type Text struct{ Where, Content string }

// The operations that the invariants know, as the fake Seam names them.
const (
	OpAssign   = "assign_credential"
	OpUnassign = "unassign_credential"
	OpGet      = "get_credential"
	OpList     = "list_credentials"
)

func (c *Call) isWrite() bool { return c.Operation == OpAssign || c.Operation == OpUnassign }

// isLost reports whether the operator cannot know what became of a write.
func (c *Call) isLost() bool {
	return c.Status < 200 || c.Status >= 300 && c.Status < 400 || c.Status >= 500 || c.Status == 408
}

// operation names a write as the record in status does.
func (c *Call) operation() v1alpha1.Operation {
	if c.Operation == OpAssign {
		return v1alpha1.OperationAssign
	}
	return v1alpha1.OperationUnassign
}
