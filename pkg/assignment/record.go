package assignment

import (
	"encoding/json"
	"time"
)

// Write names a change at Seam.
type Write string

const (
	// WriteAssign gives the credential to a person.
	WriteAssign Write = "assign"
	// WriteUnassign takes the credential from a person.
	WriteUnassign Write = "unassign"
)

// Record is what an object notes about itself before each write to Seam. It proves later whom the object may move or
// remove, also to a process that knows nothing else.
type Record struct {
	// UID is the object's own UID: a record that was copied to another object proves nothing there.
	UID string `json:"uid"`
	// WorkspaceID is the workspace in which the credential was read.
	WorkspaceID string `json:"workspaceID,omitempty"`
	Person
	Write Write `json:"write"`
	// Owned says of an unassign that the person being released was this object's own, not somebody who has to make room.
	Owned bool `json:"owned,omitempty"`
	// Found says that nothing was sent: the person was found to hold the credential.
	Found bool `json:"found,omitempty"`
	// At is when the write was about to go out.
	At time.Time `json:"at"`
}

// ParseRecord reads the record of the object with the given UID. Text that does not parse, names no person or two, or
// carries another UID is no record.
func ParseRecord(text, uid string) *Record {
	var r Record
	if err := json.Unmarshal([]byte(text), &r); err != nil || r.UID != uid || uid == "" {
		return nil
	}
	if (r.ACSUserID == "") == (r.UserIdentityID == "") {
		return nil
	}
	if r.Write != WriteAssign && r.Write != WriteUnassign {
		return nil
	}
	return &r
}

// String returns the record as ParseRecord reads it.
func (r Record) String() string {
	r.At = r.At.UTC().Truncate(time.Millisecond)
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings and a time of this era always marshal
	}
	return string(text)
}

// Owner returns the person whom the record proves to be the object's own.
func (r *Record) Owner() (Person, bool) {
	if r == nil || r.Write == WriteUnassign && !r.Owned {
		return Person{}, false
	}
	return r.Person, true
}

// owns reports whether the record proves anybody to be the object's own.
func (r *Record) owns() bool {
	_, ok := r.Owner()
	return ok
}

// names reports whether the record says that the credential was assigned to the person.
func (r *Record) names(person Person) bool {
	return r != nil && r.Write == WriteAssign && r.Person == person
}
