package assignment

import "time"

// Step is what to do next.
type Step int

const (
	// Rest: nothing; report Reason and Message.
	Rest Step = iota
	// Wait: nothing now; report Reason and Message and look again, at Until at the latest.
	Wait
	// ReadCredential: read the credential from Seam.
	ReadCredential
	// ReadUnmanaged: look for the credential among those that Seam does not manage.
	ReadUnmanaged
	// ReadWorkspace: ask which workspace the key belongs to.
	ReadWorkspace
	// ReadPerson: read Person from Seam.
	ReadPerson
	// Mark: set the object's finalizer and record to what Finalizer and Person say; an empty Person means no change of
	// the record.
	Mark
	// Unmark: take both the finalizer and the record off.
	Unmark
	// Assign: record, then give the credential to Person.
	Assign
	// Unassign: record, then take the credential from Person.
	Unassign
	// Finish: take the finalizer off a deleted object, and so let it go.
	Finish
)

// Decision is one step and why.
type Decision struct {
	Step      Step
	Person    Person
	Owned     bool      // Unassign: Person is the object's own
	Finalizer bool      // Mark, Assign, Unassign: whether the object shall carry the finalizer
	Until     time.Time // Wait
	Successor string    // Finish by hand-over: the UID of the object that takes over; Wait: of the one that is waited for
	Reason    string    // Ready's reason; Finish: why nothing was taken away, empty when the person was seen gone
	Message   string
}

// The reasons of a Finish that takes nothing away.
const (
	// Abandoned: a person gave up the clean-up.
	Abandoned = "Abandoned"
	// Retained: the declaration says that nothing is taken away.
	Retained = "Retained"
	// HandedOver: another object declares the same person and takes over.
	HandedOver = "HandedOver"
	// Unclaimed: another object has the claim.
	Unclaimed = "Unclaimed"
)

func rest(reason, message string) *Decision {
	return &Decision{Step: Rest, Reason: reason, Message: message}
}

func wait(until time.Time, reason, message string) *Decision {
	return &Decision{Step: Wait, Until: until, Reason: reason, Message: message}
}

func read(step Step) *Decision { return &Decision{Step: step} }

func readPerson(person Person) *Decision { return &Decision{Step: ReadPerson, Person: person} }

func finish(reason, message string) *Decision {
	return &Decision{Step: Finish, Reason: reason, Message: message}
}
