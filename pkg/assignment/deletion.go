package assignment

import (
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// planDeletion takes the credential from the declared or the recorded person, and lets the object go once that person
// was seen not to hold it.
func (s Situation) planDeletion() *Decision {
	d := s.Declared
	switch {
	case !s.Marks.Finalizer:
		return rest("", "")
	case d.Abandoned:
		return finish(Abandoned, "the clean-up was given up: whoever holds the credential keeps it")
	case d.Retain || d.Mode == v1alpha1.ModeObserve:
		return s.unlessLanding(finish(Retained, "nothing is taken away: the declaration says so"))
	case s.Now.Before(d.ReleaseAt) && s.unheard():
		return read(ReadCredential)
	case s.Claim.Winner != nil && !s.overtaken():
		return s.planLosersDeletion()
	case s.Now.Before(d.ReleaseAt):
		return wait(d.ReleaseAt, v1alpha1.ReasonUnassigning, "deleted: the credential is taken away unless another CredentialAssignment takes over")
	case s.overtaken():
		return s.unlessLanding(handOver(s.Claim.Winner))
	case s.succeeded():
		return s.unlessLanding(handOver(s.Claim.Successor))
	default:
		return s.planRelease()
	}
}

// planRelease unassigns the holder if that is the object's own person. A credential that was found but must not be
// touched still tells whether there is anything to take away.
func (s Situation) planRelease() *Decision {
	unusable := s.credential()
	if !s.Readable() {
		return s.releaseWithout(unusable)
	}
	ours, next := s.ours()
	if next != nil {
		return readPerson(*next)
	}
	if d := s.unsettled(); d != nil {
		return d
	}
	successor, next := s.successor()
	switch {
	case next != nil:
		return readPerson(*next)
	case !ours:
		return finish("", "")
	case successor && s.Claim.Successor.Marked:
		return handOver(s.Claim.Successor)
	case successor && s.Now.Before(s.waitsUntil()):
		d := wait(s.waitsUntil(), v1alpha1.ReasonUnassigning, "deleted: another CredentialAssignment declares the same person and is about to take over")
		d.Successor = s.Claim.Successor.UID
		return d
	case unusable != nil:
		return unusable
	default:
		return s.unlessRefused(WriteUnassign, &Decision{Step: Unassign, Person: s.Seen.Holder.Person(), Owned: true, Finalizer: true})
	}
}

// waitsUntil returns until when a deleted object waits for its successor.
func (s Situation) waitsUntil() time.Time {
	since := s.WaitsSince
	if since.IsZero() {
		since = s.Now
	}
	return since.Add(s.Declared.Patience)
}

// planLosersDeletion is for a deleted object whose credential another object has the claim to: it writes nothing to Seam,
// but goes only once its own person, if it ever had one, is seen not to hold the credential.
func (s Situation) planLosersDeletion() *Decision {
	if !s.Marks.Record.owns() && len(s.Strays) == 0 {
		return s.unlessLanding(finish(Unclaimed, "nothing is taken away: another CredentialAssignment manages the credential"))
	}
	unusable := s.credential()
	if !s.Readable() {
		return s.releaseWithout(unusable)
	}
	own, next := s.own()
	if next != nil {
		return readPerson(*next)
	}
	if d := s.unsettled(); d != nil {
		return d
	}
	if !own {
		return finish(Unclaimed, "nothing is taken away: another CredentialAssignment manages the credential")
	}
	return s.planYielding()
}

// planYielding is for a deleted object whose person holds the credential, which another object has the claim to.
func (s Situation) planYielding() *Decision {
	winner := s.Claim.Winner
	takesOver, next := s.Seen.People.holds(s.Seen.Holder, winner.Person)
	switch {
	case next != nil:
		return readPerson(*next)
	case takesOver && winner.Marked && !winner.Leaving && !winner.Suspended:
		return handOver(winner)
	case winner.Stalled == "" && (winner.Leaving || takesOver && !winner.Suspended):
		return wait(s.Now.Add(s.Declared.Patience), v1alpha1.ReasonUnassigning, "deleted: another CredentialAssignment manages the credential, and takes it over or away first")
	default:
		return rest(v1alpha1.ReasonConflictingClaim, fmt.Sprintf("%s holds the credential by this object, and another CredentialAssignment has the claim to it",
			s.Seen.Holder.Person()))
	}
}

// succeeded reports whether another object has taken over already, as status shows, so that Seam need not be asked.
func (s Situation) succeeded() bool {
	next := s.Claim.Successor
	return next != nil && next.Marked && next.Ready && next.Person == s.Declared.Person
}

// successor reports whether the claimant that comes next declares the holder.
func (s Situation) successor() (bool, *Person) {
	if s.Claim.Successor == nil {
		return false, nil
	}
	return s.Seen.People.holds(s.Seen.Holder, s.Claim.Successor.Person)
}

// overtaken reports whether another object has taken over and goes before this one since.
func (s Situation) overtaken() bool {
	winner := s.Claim.Winner
	return winner != nil && winner.Marked && winner.Ready && !winner.Leaving && !winner.Suspended && winner.Person == s.Declared.Person
}

// unheard reports whether nothing yet bears the record out but the record itself: it is looked into before rivals are
// told of a deletion.
func (s Situation) unheard() bool {
	return s.Marks.Record != nil && s.Marks.WorkspaceID == "" && s.Seen.Credential == NotRead
}

func handOver(to *Claimant) *Decision {
	d := finish(HandedOver, "nothing is taken away: another CredentialAssignment declares the same person and takes over")
	d.Successor = to.UID
	return d
}

// Readable reports whether the credential was read in the right workspace, whatever may be done to it.
func (s Situation) Readable() bool {
	return s.Seen.Credential == Found && s.Seen.WorkspaceID != "" && s.mismatch() == nil
}

// releaseWithout is for a credential that cannot be read. One that is gone from the workspace in which this object
// dealt with it is gone; anything else is for a person to mend.
func (s Situation) releaseWithout(d *Decision) *Decision {
	if d.Reason != v1alpha1.ReasonCredentialNotFound {
		return d
	}
	if s.Marks.workspace() == "" {
		return rest(d.Reason, fmt.Sprintf("workspace %s, to which the API key belongs, has no such credential, and no record tells in which workspace it was",
			s.Seen.WorkspaceID))
	}
	if unsettled := s.unsettled(); unsettled != nil {
		return unsettled
	}
	return finish("", "")
}

// ours reports whether the holder is the declared person or one whom this object assigned before.
func (s Situation) ours() (bool, *Person) {
	if held, next := s.Seen.People.holds(s.Seen.Holder, s.Declared.Person); held || next != nil {
		return held, next
	}
	return s.own()
}
