package assignment

// State is the one situation that an object is in, with the credential that it names.
type State string

// The states. Of those that hold at the same time, the one that is named first counts, but for two: a suspended object with
// unsettled writes is StillUnsettled whatever else is wrong, and a deleted one finds its credential unusable only when it has
// somebody to take it from.
const (
	// PersonUnread: who holds the credential can only be told when a person was read.
	PersonUnread State = "PersonUnread"

	// NothingToCleanUp: the object is being deleted and has no finalizer of ours.
	NothingToCleanUp State = "NothingToCleanUp"
	// CleanUpAbandoned: a person gave the clean-up of a deleted object up.
	CleanUpAbandoned State = "CleanUpAbandoned"
	// FinalizerMissing: somebody may hold the credential because of this object, and its deletion would take nothing away.
	FinalizerMissing State = "FinalizerMissing"
	// FinalizerUnwanted: the declaration says that nothing is taken away, and the finalizer is still on the object.
	FinalizerUnwanted State = "FinalizerUnwanted"
	// NothingRecorded: the object is being deleted, another one has the claim, and nobody holds the credential because of
	// this one.
	NothingRecorded State = "NothingRecorded"
	// InGrace: the object is being deleted, and another one may appear that takes over.
	InGrace State = "InGrace"
	// IsSuspended: the object is suspended, and no write of its own has an unknown effect.
	IsSuspended State = "IsSuspended"

	// CredentialUnread: the credential was not read yet.
	CredentialUnread State = "CredentialUnread"
	// WorkspaceUnread: which workspace the key belongs to is not known.
	WorkspaceUnread State = "WorkspaceUnread"
	// OtherWorkspace: the key belongs to another workspace than the pinned or recorded one.
	OtherWorkspace State = "OtherWorkspace"
	// UnmanagedUnread: the credential is missing, and was not looked for among those that Seam does not manage.
	UnmanagedUnread State = "UnmanagedUnread"
	// CredentialGone: a deleted object's credential is gone from its workspace.
	CredentialGone State = "CredentialGone"
	// CredentialMissing: the workspace of the key has no such credential.
	CredentialMissing State = "CredentialMissing"
	// CredentialUnusable: Seam does not manage the credential, or is deleting it.
	CredentialUnusable State = "CredentialUnusable"

	// StillUnsettled: a suspended object has a write whose effect is not known.
	StillUnsettled State = "StillUnsettled"
	// ReadIsLate: Seam accepted a write a moment ago that the read does not show yet.
	ReadIsLate State = "ReadIsLate"
	// WriteInFlight: a write whose answer was lost may be under way.
	WriteInFlight State = "WriteInFlight"

	// OnlyObserved: the object's mode is Observe.
	OnlyObserved State = "OnlyObserved"
	// ClaimByReading: this object has the claim once its status shows that its key reads the credential.
	ClaimByReading State = "ClaimByReading"
	// TakenOver: the object with the claim is being deleted, and this one's person holds the credential.
	TakenOver State = "TakenOver"
	// NotTheWinner: another object has the claim.
	NotTheWinner State = "NotTheWinner"
	// HeldUntilUndone: the declared person holds the credential, and a pending write could still undo that.
	HeldUntilUndone State = "HeldUntilUndone"
	// Held: the declared person holds the credential.
	Held State = "Held"
	// Free: nobody holds the credential.
	Free State = "Free"
	// HeldByOwn: somebody else holds it, whom this object assigned.
	HeldByOwn State = "HeldByOwn"
	// HeldByOther: somebody else holds it.
	HeldByOther State = "HeldByOther"

	// PersonMayReturn: nothing is to be taken away, but a pending write may still give the credential to somebody.
	PersonMayReturn State = "PersonMayReturn"
	// PersonGoneUnconfirmed: nobody to take it from seems to hold the credential, but this process is young, and reads may lag.
	PersonGoneUnconfirmed State = "PersonGoneUnconfirmed"
	// PersonGone: nobody whom the deleted object has to take it from holds the credential.
	PersonGone State = "PersonGone"
	// Succeeded: another object took over from the deleted one.
	Succeeded State = "Succeeded"
	// LeftToWinner: the holder is the deleted object's person, whom the object with the claim declares too.
	LeftToWinner State = "LeftToWinner"
	// SuccessorExpected: another object is about to take over.
	SuccessorExpected State = "SuccessorExpected"
	// PersonToBeTaken: the credential has to be taken from the deleted object's person.
	PersonToBeTaken State = "PersonToBeTaken"
)

// stateOf finds the state, by what costs nothing first.
func stateOf(f *facts) State {
	if s := stateBeforeReading(f); s != "" {
		return s
	}
	if s := stateOfCredential(f); s != "" {
		return s
	}
	if s := stateOfWrites(f); s != "" {
		return s
	}
	if f.isDeleting() {
		return stateOfDeletion(f)
	}
	return stateOfHolder(f)
}

// stateBeforeReading is told by the object alone; empty when Seam has to be read.
func stateBeforeReading(f *facts) State {
	o := f.Object
	switch {
	case f.isDeleting():
		return stateOfDeletionBeforeReading(f)
	case f.wantsFinalizer() && !o.Finalizer && !f.record.IsEmpty():
		return FinalizerMissing
	case o.Finalizer && f.takesNothingAway() && f.hasSettled():
		return FinalizerUnwanted
	case o.Declared.Suspended && f.hasSettled():
		return IsSuspended
	default:
		return ""
	}
}

func stateOfDeletionBeforeReading(f *facts) State {
	o := f.Object
	switch {
	case !o.Finalizer:
		return NothingToCleanUp
	case o.Declared.Abandoned:
		return CleanUpAbandoned
	case f.takesNothingAway() && f.hasSettled():
		return FinalizerUnwanted
	case f.takesNothingAway():
		return "" // until its writes are settled
	case !f.hasClaim() && f.assignedNobody():
		return NothingRecorded
	case f.Now.Before(o.Deletion.SeenAt.Add(f.Timing.HandOverGrace)):
		return InGrace
	default:
		return ""
	}
}

// hasSettled reports whether the effect of every write of the object is known.
func (f *facts) hasSettled() bool { return len(f.record.Pending) == 0 }

// assignedNobody reports whether nobody can hold the credential because of this object.
func (f *facts) assignedNobody() bool {
	return f.record.AssignedPerson().IsZero() && f.hasSettled()
}

// stateOfCredential is told by whether the credential can be read and used; empty when it can. That a deleted object's
// credential must not be touched is no matter while there is nothing to take away.
func stateOfCredential(f *facts) State {
	seen := f.Observed
	switch {
	case seen.Credential == NotRead:
		return CredentialUnread
	case seen.WorkspaceID == "":
		return WorkspaceUnread
	case f.isPinnedElsewhere() || f.isRecordedElsewhere():
		return unlessSuspended(f, OtherWorkspace)
	case seen.Credential == Found && seen.Unusable && !f.isDeleting():
		return unlessSuspended(f, CredentialUnusable)
	case seen.Credential == Found:
		return ""
	case seen.Unmanaged == NotRead:
		return UnmanagedUnread
	case seen.Unmanaged == Found:
		return unlessSuspended(f, CredentialUnusable)
	case f.isDeleting() && f.isGone():
		return CredentialGone
	default:
		return unlessSuspended(f, CredentialMissing)
	}
}

func (f *facts) isSuspended() bool { return f.Object.Declared.Suspended && !f.isDeleting() }

// unlessSuspended returns the state of an object that is not suspended. A suspended one is read only to settle its writes.
func unlessSuspended(f *facts, state State) State {
	if f.isSuspended() {
		return StillUnsettled
	}
	return state
}

// stateOfWrites is told by writes whose effect is not known; empty when they stand in nobody's way.
func stateOfWrites(f *facts) State {
	if f.isSuspended() {
		return unlessSuspended(f, "")
	}
	until, _ := f.inFlightUntil()
	switch {
	case f.isLate():
		return ReadIsLate
	case !until.IsZero() && !f.observes() && (f.hasClaim() || f.isDeleting()):
		return WriteInFlight
	default:
		return ""
	}
}

// stateOfHolder is told by who holds the credential of a live object.
func stateOfHolder(f *facts) State {
	held := f.holds(f.declared())
	switch {
	case f.observes():
		return OnlyObserved
	case f.Claim.WinsByReading:
		return ClaimByReading
	case !f.hasClaim() && held && f.Claim.Winner.Deleting:
		return TakenOver
	case !f.hasClaim():
		return NotTheWinner
	case held && !f.couldUndo().IsZero():
		return HeldUntilUndone
	case held:
		return Held
	case f.holder.IsFree():
		return Free
	case f.isOwn():
		return HeldByOwn
	default:
		return HeldByOther
	}
}

// stateOfDeletion is told by who holds the credential of a deleted object.
func stateOfDeletion(f *facts) State {
	if !f.isToBeTaken() {
		return stateOfPersonGone(f)
	}
	isTakenOver, isLeft := successor(f) != nil, isLeftToWinner(f)
	switch {
	case (isTakenOver || isLeft) && !f.hasSettled():
		return PersonMayReturn
	case isTakenOver:
		return Succeeded
	case isLeft:
		return LeftToWinner
	case len(expected(f)) > 0:
		return SuccessorExpected
	case f.Observed.Unusable:
		return CredentialUnusable
	default:
		return PersonToBeTaken
	}
}

// stateOfPersonGone is for a deleted object that has nobody to take the credential from.
func stateOfPersonGone(f *facts) State {
	switch {
	case !f.hasSettled():
		return PersonMayReturn
	case isTooEarly(f):
		return PersonGoneUnconfirmed
	default:
		return PersonGone
	}
}

// isLeftToWinner reports whether another object has the claim and declares the holder, and more than its word speaks for it.
func isLeftToWinner(f *facts) bool {
	winner := f.Claim.Winner
	return winner != nil && (!winner.Record.IsEmpty() || winner.Seen.ReadsIn == f.Observed.WorkspaceID) && f.holds(winner.Declared.Person)
}

// isTooEarly reports whether a young process believes no single read that a person is gone whom it did not unassign itself:
// reads may lag behind what the leader before it did.
func isTooEarly(f *facts) bool {
	young := f.Timing.LeadingSince.Add(f.Timing.SeamTimeout)
	return !f.Object.Deletion.Unassigned && f.Observed.At.Before(young)
}
