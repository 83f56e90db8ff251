package assignment

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Situation is everything that a decision depends on.
type Situation struct {
	Declared Declaration
	Marks    Marks
	Claim    Claim
	// Pending is the write that the record names, until it is known whether it took effect; nil when that is known.
	Pending *Pending
	// Strays are persons to whom earlier writes, whose answers were lost, may have given the credential late.
	Strays []Person
	// WaitsSince is since when a deleted object waits for its successor; zero when it does not wait yet.
	WaitsSince time.Time
	// Refused is the write that Seam refused last, as long as nothing it depends on changed; nil when there is none.
	Refused *Refusal
	Seen    Seen
	Now     time.Time
}

// Declaration is what the object says.
type Declaration struct {
	Person      Person
	Mode        v1alpha1.Mode
	WorkspaceID string // the pin; empty when there is none
	Retain      bool   // nothing is taken away on deletion
	Suspended   bool
	Abandoned   bool      // the clean-up of a deleted object is given up
	ReleaseAt   time.Time // when a deleted object may take the credential away; zero while the object lives
	// Patience is how long it waits, with Seam in sight, for a successor that is not ready to take over yet.
	Patience time.Duration
}

// Deleting reports whether the object is being deleted.
func (d Declaration) Deleting() bool { return !d.ReleaseAt.IsZero() }

// Marks are what the operator left on the object.
type Marks struct {
	Finalizer bool
	// Annotated says that there is a record annotation, readable or not; Overwritten that it is not the record that stands.
	Annotated   bool
	Overwritten bool
	Record      *Record
	// WorkspaceID is the workspace in which the credential was read before, as status has it.
	WorkspaceID string
}

// workspace returns the workspace in which this object dealt with the credential before; empty when it never did.
func (m Marks) workspace() string {
	if m.Record != nil && m.Record.WorkspaceID != "" {
		return m.Record.WorkspaceID
	}
	return m.WorkspaceID
}

// Pending is a write that may or may not have taken effect.
type Pending struct {
	// Until is when the write can no longer be under way.
	Until time.Time
	// Lost says that no answer came; otherwise Seam acknowledged the write and only reads do not show it yet.
	Lost bool
}

// Refusal is a write that Seam refused.
type Refusal struct {
	Write   Write
	Person  Person
	Holder  Holder // who held the credential then
	Reason  string
	Message string
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

// Seen is what was read from Seam in this pass.
type Seen struct {
	Credential  Presence
	Holder      Holder
	WorkspaceID string // the key's workspace; empty while it is not known
	ACSSystemID string // the credential's access system; empty when Seam does not say
	Unusable    bool   // Seam does not manage the credential, or is deleting it
	// Unmanaged is whether the credential was found among those that Seam does not manage.
	Unmanaged Presence
	People    People
}
