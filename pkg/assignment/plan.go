package assignment

import (
	"fmt"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Plan decides the one next step. The caller carries it out, adds what it learnt to the situation, and asks again; a
// pass ends with Rest, Wait or Finish, and performs at most one Assign or Unassign.
func Plan(s Situation) Decision {
	d := s.Declared
	switch {
	case d.Deleting():
		return *s.planDeletion()
	case s.lacksFinalizer():
		return Decision{Step: Mark, Finalizer: true}
	case d.Suspended:
		return *rest(v1alpha1.ReasonSuspended, "suspended: nothing is looked at or changed at Seam until spec.suspend is false")
	case d.Mode == v1alpha1.ModeObserve:
		return *s.planObservation()
	case d.Retain && s.Marks.Finalizer:
		return *s.unlessLanding(&Decision{Step: Mark, Finalizer: false})
	case s.Claim.Winner != nil:
		return *s.planLoser()
	default:
		return *s.planAssignment()
	}
}

// lacksFinalizer reports whether somebody may hold the credential by this object, and deleting it would take nothing away.
func (s Situation) lacksFinalizer() bool {
	d := s.Declared
	if d.Retain || d.Mode == v1alpha1.ModeObserve || s.Marks.Finalizer {
		return false
	}
	return s.Marks.Record.owns()
}

// planAssignment is for an object that has the claim: it makes Seam agree.
func (s Situation) planAssignment() *Decision {
	person := s.Declared.Person
	if d := s.credential(); d != nil {
		return d
	}
	if d := s.unsettled(); d != nil {
		return d
	}
	held, next := s.Seen.People.holds(s.Seen.Holder, person)
	switch {
	case next != nil:
		return readPerson(*next)
	case held && s.marked():
		return s.assigned()
	case held:
		return &Decision{Step: Mark, Person: person, Finalizer: !s.Declared.Retain}
	case s.Seen.Holder.Free():
		return s.unlessRefused(WriteAssign, &Decision{Step: Assign, Person: person, Finalizer: !s.Declared.Retain})
	default:
		return s.planTakeover()
	}
}

// planTakeover is for a credential that somebody else holds: it is moved when that person is this object's own or the
// mode is Enforce, and only once the declared person was seen to exist, so that a typo locks nobody out.
func (s Situation) planTakeover() *Decision {
	own, next := s.recorded()
	if next != nil {
		return readPerson(*next)
	}
	stray, next := s.stray()
	switch {
	case own:
	case next != nil:
		return readPerson(*next)
	case stray != nil: // from now on that is this object's own person, also to a process that knows nothing of the lost write
		return &Decision{Step: Mark, Person: *stray, Finalizer: !s.Declared.Retain}
	}
	if !own && s.Declared.Mode != v1alpha1.ModeEnforce {
		return rest(v1alpha1.ReasonHeldByOther, fmt.Sprintf("%s holds the credential, and mode Assign takes nothing from another holder: "+
			"unassign it at Seam, declare that person here, or set spec.mode to Enforce", s.Seen.Holder.Person()))
	}
	if r := s.Refused; r != nil && r.Write == WriteAssign && r.Person == s.Declared.Person {
		return rest(r.Reason, r.Message) // making room for somebody whom Seam does not take only locks out the holder
	}
	account, known := s.Seen.People[s.Declared.Person]
	if !known {
		return readPerson(s.Declared.Person)
	}
	if !account.Exists {
		return rest(v1alpha1.ReasonAssigneeNotFound, fmt.Sprintf("Seam has no %s in this workspace, so %s keeps the credential: "+
			"correct spec", s.Declared.Person, s.Seen.Holder.Person()))
	}
	if theirs, its := account.ACSSystemID, s.Seen.ACSSystemID; theirs != "" && its != "" && theirs != its {
		return rest(v1alpha1.ReasonInvalidRequest, fmt.Sprintf("%s belongs to another access system than the credential, so %s keeps the credential: "+
			"correct spec", s.Declared.Person, s.Seen.Holder.Person()))
	}
	return s.unlessRefused(WriteUnassign, &Decision{Step: Unassign, Person: s.Seen.Holder.Person(), Owned: own, Finalizer: !s.Declared.Retain})
}

// planObservation is for mode Observe: it leaves no marks, and only compares.
func (s Situation) planObservation() *Decision {
	if s.Marks.Finalizer || s.Marks.Annotated {
		return s.unlessLanding(&Decision{Step: Unmark})
	}
	if d := s.credential(); d != nil {
		return d
	}
	held, next := s.Seen.People.holds(s.Seen.Holder, s.Declared.Person)
	switch {
	case next != nil:
		return readPerson(*next)
	case held:
		return s.assigned()
	case s.Seen.Holder.Free():
		return rest(v1alpha1.ReasonDrifted, fmt.Sprintf("nobody holds the credential at Seam, %s is declared; mode Observe changes nothing", s.Declared.Person))
	default:
		return rest(v1alpha1.ReasonDrifted, fmt.Sprintf("%s holds the credential at Seam, %s is declared; mode Observe changes nothing",
			s.Seen.Holder.Person(), s.Declared.Person))
	}
}

// planLoser is for an object whose credential another object has the claim to: it writes nothing to Seam.
func (s Situation) planLoser() *Decision {
	if d := s.credential(); d != nil {
		return d
	}
	winner := s.Claim.Winner
	held, next := s.Seen.People.holds(s.Seen.Holder, s.Declared.Person)
	if held && winner.Leaving && !s.marked() && !s.underWay() { // so that deleting this one takes the credential away
		return &Decision{Step: Mark, Person: s.Declared.Person, Finalizer: !s.Declared.Retain}
	}
	if held {
		held, next = s.Seen.People.holds(s.Seen.Holder, winner.Person)
	}
	switch {
	case next != nil:
		return readPerson(*next)
	case held:
		d := s.assigned()
		d.Message += "; another CredentialAssignment manages it"
		return d
	case winner.Person != s.Declared.Person:
		return rest(v1alpha1.ReasonConflictingClaim, "another CredentialAssignment has this credential for another person: "+
			"delete one of the two, or declare the same person in both")
	case winner.Suspended:
		return rest(v1alpha1.ReasonConflictingClaim, "another CredentialAssignment declares the same person for this credential and has the claim to it, "+
			"but is suspended: set its spec.suspend to false, or delete one of the two")
	case winner.Stalled != "":
		return rest(winner.Stalled, "another CredentialAssignment declares the same person for this credential and manages it; it is stalled for this reason")
	default:
		return rest(v1alpha1.ReasonAssigning, "another CredentialAssignment declares the same person for this credential and manages it")
	}
}

func (s Situation) assigned() *Decision {
	d := rest(v1alpha1.ReasonAssigned, fmt.Sprintf("Seam shows %s as the holder", s.Declared.Person))
	if s.Declared.Abandoned {
		d.Message += "; deleting this object will take nothing away, because the annotation " + v1alpha1.AnnotationAbandon + " says so"
	}
	return d
}

// marked reports whether the object carries the marks of one whose person holds the credential.
func (s Situation) marked() bool {
	return s.Marks.Annotated && !s.Marks.Overwritten && s.Marks.Record.names(s.Declared.Person) && s.Marks.Finalizer == !s.Declared.Retain
}

// recorded reports whether the holder is the person whom the record proves to be this object's own.
func (s Situation) recorded() (bool, *Person) {
	owner, ok := s.Marks.Record.Owner()
	if !ok {
		return false, nil
	}
	return s.Seen.People.holds(s.Seen.Holder, owner)
}

// own reports whether the holder is a person whom this object assigned, by its record or by a lost write.
func (s Situation) own() (bool, *Person) {
	if held, next := s.recorded(); held || next != nil {
		return held, next
	}
	stray, next := s.stray()
	return stray != nil, next
}

// stray returns the person to whom a lost write gave the credential late, if that is who holds it.
func (s Situation) stray() (person, next *Person) {
	for _, person := range s.Strays {
		held, next := s.Seen.People.holds(s.Seen.Holder, person)
		switch {
		case next != nil:
			return nil, next
		case held:
			return &person, nil
		}
	}
	return nil, nil
}

// unlessRefused returns the write, or why it is not worth sending: Seam refused the same before.
func (s Situation) unlessRefused(write Write, d *Decision) *Decision {
	if r := s.Refused; r != nil && r.Write == write && r.Person == d.Person && r.Holder == s.Seen.Holder {
		return rest(r.Reason, r.Message)
	}
	return d
}
