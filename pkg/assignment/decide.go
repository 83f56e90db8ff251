package assignment

import (
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// decide says what to do in a state.
func decide(f *facts, state State) Decision {
	switch state {
	case CredentialUnread:
		return Decision{Action: ReadCredential}
	case WorkspaceUnread:
		return Decision{Action: ReadWorkspace}
	case UnmanagedUnread:
		return Decision{Action: ReadUnmanaged}
	case FinalizerMissing:
		return Decision{Action: AddFinalizer}
	case IsSuspended, StillUnsettled:
		return report(v1alpha1.ReasonSuspended, suspendedText)
	case OtherWorkspace, CredentialMissing, CredentialUnusable:
		return decideUnreadable(f, state)
	case ReadIsLate, WriteInFlight, PersonMayReturn:
		return decideUnsettled(f, state)
	case OnlyObserved, NotTheWinner, ClaimByReading, TakenOver, Held, HeldUntilUndone, Free, HeldByOwn, HeldByOther:
		return decideLive(f, state)
	default:
		return decideDeleted(f, state)
	}
}

// undecided stands before a state for which nobody said what to do: nothing is guessed then.
const undecided = "nothing is decided for the state "

func report(reason, message string, args ...any) Decision {
	return Decision{Action: Report, Reason: reason, Message: fmt.Sprintf(message, args...)}
}

func wait(until time.Time, reason, message string, args ...any) Decision {
	d := report(reason, message, args...)
	d.Until = until
	return d
}

// decideUnreadable is for a credential that cannot be read in the right workspace, or must not be touched.
func decideUnreadable(f *facts, state State) Decision {
	seen := f.Observed.WorkspaceID
	switch {
	case state == CredentialUnusable:
		return report(v1alpha1.ReasonCredentialUnusable, "Seam does not manage this credential, or is deleting it: use another one")
	case f.isPinnedElsewhere():
		return report(v1alpha1.ReasonWorkspaceMismatch, "the API key belongs to workspace %s, spec.workspaceID pins %s: "+
			"put a key of that workspace into the Secret, or correct the pin", seen, f.Object.Declared.WorkspaceID)
	case state == OtherWorkspace:
		return report(v1alpha1.ReasonWorkspaceMismatch, "the API key belongs to workspace %s, but this credential was handled in "+
			"workspace %s before: put a key of that workspace into the Secret", seen, f.recordedWorkspace())
	case f.isDeleting():
		return report(v1alpha1.ReasonCredentialNotFound, "workspace %s, to which the API key belongs, has no such credential, and "+
			"status does not tell in which workspace it was", seen)
	default:
		return report(v1alpha1.ReasonCredentialNotFound, "workspace %s, to which the API key belongs, has no such credential: "+
			"recreate this object with the right spec.acsCredentialID, or use a key of the right workspace", seen)
	}
}

// decideUnsettled waits while the effect of a write is not known.
func decideUnsettled(f *facts, state State) Decision {
	switch state {
	case PersonMayReturn:
		return wait(f.firstEnd(f.record.Pending), v1alpha1.ReasonOutcomeUnknown, "deleted: the answer to a change at Seam was lost, and it may "+
			"still come about: Seam is read again before this object goes")
	case WriteInFlight:
		return awaitLost(f)
	default: // ReadIsLate
		return awaitRead(f)
	}
}

// awaitLost waits until a write whose answer was lost can no longer be under way.
func awaitLost(f *facts) Decision {
	until, w := f.inFlightUntil()
	if !f.isOwnWrite(w) {
		return wait(until, v1alpha1.ReasonOutcomeUnknown, "the answer to a change of this credential was lost: nothing is sent until it "+
			"can no longer be under way")
	}
	return wait(until, v1alpha1.ReasonOutcomeUnknown, "the answer to the %s of %s was lost: Seam is read until it shows, or until it can "+
		"no longer be under way", w.Operation.Verb(), w.Person)
}

// awaitRead waits until reads show what Seam accepted.
func awaitRead(f *facts) Decision {
	w := *f.Acknowledged
	d := wait(w.Deadline(f.timeout), v1alpha1.ReasonAssigning, "Seam has accepted the assignment to %s and does not show it yet", w.Person)
	if w.Operation == v1alpha1.OperationUnassign {
		d = wait(w.Deadline(f.timeout), v1alpha1.ReasonUnassigning, "Seam has accepted to unassign %s and does not show it yet", w.Person)
	}
	d.KeepsReady = !f.isPending(w)
	return d
}

// decideLive is for a live object whose credential can be used, and that no write stands in the way of.
func decideLive(f *facts, state State) Decision {
	switch state {
	case OnlyObserved:
		return decideObserved(f)
	case ClaimByReading:
		return report(v1alpha1.ReasonAssigning, "its API key reads the credential: this object has the claim to it")
	case NotTheWinner:
		return decideWithoutClaim(f)
	case TakenOver, Held, HeldUntilUndone:
		return decideHeld(f)
	case Free:
		return write(f, Assign, f.declared())
	case HeldByOwn:
		return makeRoom(f)
	case HeldByOther:
		if f.Object.Declared.Mode == v1alpha1.ModeEnforce {
			return makeRoom(f)
		}
		return report(v1alpha1.ReasonHeldByOther, "%s holds the credential, and mode Assign takes nothing from another holder: "+
			"unassign it at Seam, declare that person here, or set spec.mode to Enforce", f.holder.Person())
	default:
		panic(undecided + string(state))
	}
}

// decideHeld is for the declared person who holds the credential because of this object from now on.
func decideHeld(f *facts) Decision {
	if f.wantsFinalizer() && !f.Object.Finalizer {
		return Decision{Action: AddFinalizer}
	}
	return assigned(f)
}

// assigned reports that the declared person holds the credential, unless a pending write could still undo that.
func assigned(f *facts) Decision {
	if until := f.couldUndo(); !until.IsZero() {
		return wait(until, v1alpha1.ReasonOutcomeUnknown, "Seam shows %s as the holder, but the answer to an earlier change was lost, and it may "+
			"still come about: Seam is read again", f.declared())
	}
	d := report(v1alpha1.ReasonAssigned, "Seam shows %s as the holder", f.declared())
	if !f.hasClaim() && !f.Claim.Winner.Deleting && !f.observes() {
		d.Message += "; another CredentialAssignment manages it"
	}
	if f.Object.Declared.Abandoned {
		d.Message += "; deleting this object will take nothing away, because the annotation " + v1alpha1.AnnotationAbandon + " says so"
	}
	return d
}

// decideObserved only compares.
func decideObserved(f *facts) Decision {
	switch {
	case f.holds(f.declared()):
		return assigned(f)
	default:
		return report(v1alpha1.ReasonDrifted, "%s holds the credential at Seam, %s is declared; mode Observe changes nothing",
			f.holder.Person(), f.declared())
	}
}

// decideWithoutClaim is for an object whose credential another object has the claim to: it writes nothing to Seam.
func decideWithoutClaim(f *facts) Decision {
	winner := f.Claim.Winner
	switch {
	case f.holds(f.declared()) && f.holds(winner.Declared.Person):
		return assigned(f)
	case winner.Declared.Person != f.declared():
		return report(v1alpha1.ReasonConflictingClaim, "another CredentialAssignment has this credential for another person: "+
			"delete one of the two, or declare the same person in both")
	case winner.Declared.Suspended && !winner.Deleting:
		return report(v1alpha1.ReasonConflictingClaim, "another CredentialAssignment declares the same person for this credential and has the "+
			"claim to it, but is suspended: set its spec.suspend to false, or delete one of the two")
	case winner.Seen.Stalled != "":
		return report(winner.Seen.Stalled, "another CredentialAssignment declares the same person for this credential and manages it; it is stalled for this reason")
	default:
		return report(v1alpha1.ReasonAssigning, "another CredentialAssignment declares the same person for this credential and manages it")
	}
}

// makeRoom takes the credential from its holder, once the declared person was seen to exist and Seam is not known to refuse
// the assignment, so that a mistake locks nobody out.
func makeRoom(f *facts) Decision {
	if r := f.Sends.Refused; r != nil && r.Operation == v1alpha1.OperationAssign && r.Person == f.declared() {
		return report(r.Reason, "%s", r.Message)
	}
	account, known := f.account(f.declared())
	switch {
	case !known:
		return Decision{} // void: Decide sees that a person is missing, and asks for that
	case !account.Exists:
		return report(v1alpha1.ReasonAssigneeNotFound, "Seam has no %s in this workspace, so %s keeps the credential: correct spec",
			f.declared(), f.holder.Person())
	case account.ACSSystemID != "" && f.Observed.ACSSystemID != "" && account.ACSSystemID != f.Observed.ACSSystemID:
		return report(v1alpha1.ReasonInvalidRequest, "%s belongs to another access system than the credential, so %s keeps the credential: "+
			"correct spec", f.declared(), f.holder.Person())
	default:
		return write(f, Unassign, f.holder.Person())
	}
}

// write returns a change at Seam, or what comes before it or is in its way.
func write(f *facts, action Action, person Person) Decision {
	operation := action.Operation()
	refused, sent := f.wasRefused(operation, person), f.sentBefore(operation, person)
	switch {
	case refused != nil:
		return report(refused.Reason, "%s", refused.Message)
	case sent != nil:
		return sendLater(f, *sent)
	case len(f.record.Pending) >= v1alpha1.MaxPendingWrites:
		return wait(f.firstEnd(f.record.Pending), v1alpha1.ReasonOutcomeUnknown, "the answers to %d changes were lost: Seam is read until they can no longer "+
			"come about", v1alpha1.MaxPendingWrites)
	case f.wantsFinalizer() && !f.Object.Finalizer:
		return Decision{Action: AddFinalizer}
	case f.isDeleting() && !f.Object.Deletion.AskedRivals:
		return Decision{Action: ReadRivals}
	default:
		return Decision{Action: action, Person: person, IsRecordedPerson: f.holds(f.record.AssignedPerson())}
	}
}

// sendLater waits until a write that no read has shown is sent again.
func sendLater(f *facts, sent PendingWrite) Decision {
	switch {
	case !sent.Acknowledged:
		return wait(f.Sends.NotBefore, v1alpha1.ReasonOutcomeUnknown, "the answer to the %s of %s was lost, and Seam does not show it: it is sent again",
			sent.Operation.Verb(), sent.Person)
	case sent.Operation == v1alpha1.OperationUnassign:
		return wait(f.Sends.NotBefore, v1alpha1.ReasonUnassigning, "Seam has accepted to unassign %s and does not show it: it is sent again", sent.Person)
	default:
		return wait(f.Sends.NotBefore, v1alpha1.ReasonAssigning, "Seam has accepted the assignment to %s and does not show it: it is sent again", sent.Person)
	}
}

// decideDeleted is for an object that is being deleted.
func decideDeleted(f *facts, state State) Decision {
	switch state {
	case CleanUpAbandoned:
		return letGo(Abandoned, "the clean-up was given up: whoever holds the credential keeps it")
	case FinalizerUnwanted:
		return letGo(Retained, "nothing is taken away: the declaration says so")
	case NothingRecorded:
		return letGo(Unclaimed, unclaimedText)
	case LeftToWinner:
		return leaveToWinner(f.Claim.Winner)
	case InGrace:
		return wait(f.Object.Deletion.SeenAt.Add(f.Timing.HandOverGrace), "", "")
	case CredentialGone, PersonGone:
		return letGo("", "")
	case PersonGoneUnconfirmed:
		return wait(f.Timing.LeadingSince.Add(f.Timing.SeamTimeout), v1alpha1.ReasonUnassigning,
			"deleted: Seam is read once more before this object goes, because its reads may lag")
	case Succeeded:
		return handOver(successor(f))
	case SuccessorExpected:
		return awaitSuccessors(f, expected(f))
	case PersonToBeTaken:
		return write(f, Unassign, f.holder.Person())
	case NothingToCleanUp:
		return Decision{Action: Report}
	default:
		panic(undecided + string(state))
	}
}

func letGo(reason, message string) Decision {
	return Decision{Action: RemoveFinalizer, Reason: reason, Message: message}
}

const unclaimedText = "nothing is taken away: another CredentialAssignment manages the credential"
