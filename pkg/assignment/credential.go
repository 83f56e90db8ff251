package assignment

import (
	"fmt"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// credential sees to it that the credential was read and can be used; nil means that it was and can.
func (s Situation) credential() *Decision {
	switch {
	case s.Seen.Credential == NotRead:
		return read(ReadCredential)
	case s.Seen.WorkspaceID == "":
		return read(ReadWorkspace)
	case s.mismatch() != nil:
		return s.mismatch()
	case s.Seen.Credential == Missing && s.Seen.Unmanaged == NotRead:
		return read(ReadUnmanaged)
	case s.Seen.Credential == Missing && s.Seen.Unmanaged == Missing:
		return rest(v1alpha1.ReasonCredentialNotFound, fmt.Sprintf("workspace %s, to which the API key belongs, has no such credential: "+
			"correct spec.acsCredentialID (by a new object) or use a key of the right workspace", s.Seen.WorkspaceID))
	case s.Seen.Credential == Missing || s.Seen.Unusable:
		return rest(v1alpha1.ReasonCredentialUnusable, "Seam does not manage this credential, or is deleting it: use another one")
	default:
		return nil
	}
}

// mismatch reports a key whose workspace is not the one that is pinned, or in which this object dealt with the
// credential before.
func (s Situation) mismatch() *Decision {
	pinned, recorded := s.Declared.WorkspaceID, s.Marks.workspace()
	switch {
	case pinned != "" && pinned != s.Seen.WorkspaceID:
		return rest(v1alpha1.ReasonWorkspaceMismatch, fmt.Sprintf("the API key belongs to workspace %s, spec.workspaceID pins %s: "+
			"put a key of that workspace into the Secret, or correct the pin", s.Seen.WorkspaceID, pinned))
	case recorded != "" && recorded != s.Seen.WorkspaceID:
		return rest(v1alpha1.ReasonWorkspaceMismatch, fmt.Sprintf("the API key belongs to workspace %s, but this credential was handled in "+
			"workspace %s before: put a key of that workspace into the Secret", s.Seen.WorkspaceID, recorded))
	default:
		return nil
	}
}

// Displaced reports whether the key was seen to belong to another workspace than the record's: the record's claim is up.
func (s Situation) Displaced() bool {
	record := s.Marks.Record
	return record != nil && s.Seen.WorkspaceID != "" && s.Seen.WorkspaceID != record.WorkspaceID
}

// unsettled waits while the last write may still take effect and what Seam shows does not tell that it did.
func (s Situation) unsettled() *Decision {
	if !s.underWay() {
		return nil
	}
	settled, next := s.shows(*s.Marks.Record)
	switch {
	case next != nil:
		return readPerson(*next)
	case settled:
		return nil
	case s.Pending.Lost:
		return wait(s.Pending.Until, v1alpha1.ReasonOutcomeUnknown, fmt.Sprintf("the answer to the %s of %s was lost: Seam is looked at until it shows, "+
			"or until it can no longer be under way", s.Marks.Record.Write, s.Marks.Record.Person))
	case s.Marks.Record.Write == WriteAssign:
		return wait(s.Pending.Until, v1alpha1.ReasonAssigning, fmt.Sprintf("Seam has accepted the assignment to %s and does not show it yet", s.Marks.Record.Person))
	default:
		return wait(s.Pending.Until, v1alpha1.ReasonUnassigning, fmt.Sprintf("Seam has accepted to unassign %s and does not show it yet", s.Marks.Record.Person))
	}
}

// underWay reports whether the recorded write may still take effect, as far as time tells.
func (s Situation) underWay() bool {
	return s.Pending != nil && s.Marks.Record != nil && s.Now.Before(s.Pending.Until)
}

// unlessLanding returns the step by which the object gives up its credential, or what comes before it: while an assign
// whose answer was lost may still land, a rival would be taken by surprise.
func (s Situation) unlessLanding(d *Decision) *Decision {
	switch {
	case !s.underWay() || !s.Pending.Lost || s.Marks.Record.Write != WriteAssign:
		return d
	case s.Seen.Credential == NotRead:
		return read(ReadCredential)
	}
	if unsettled := s.unsettled(); unsettled != nil {
		return unsettled
	}
	return d
}

// shows reports whether Seam shows the effect of the recorded write.
func (s Situation) shows(r Record) (bool, *Person) {
	held, next := s.Seen.People.holds(s.Seen.Holder, r.Person)
	return held == (r.Write == WriteAssign), next
}

// Settles reports whether what was seen shows the effect of the recorded write, as far as the persons read so far tell.
func (s Situation) Settles() bool {
	if s.Marks.Record == nil || s.Seen.Credential != Found {
		return false
	}
	settled, next := s.shows(*s.Marks.Record)
	return settled && next == nil
}
