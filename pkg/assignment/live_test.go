package assignment

import (
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestSeamIsLookedAtFirst(t *testing.T) {
	tell(t, []story{
		{name: "the credential", given: given(notRead), want: does(CredentialUnread, ReadCredential)},
		{name: "the credential, even when the workspace is known", given: given(notRead, keyOf(home)), want: does(CredentialUnread, ReadCredential)},
		{name: "the key's workspace, when the credential does not tell", given: given(keyOf("")), want: does(WorkspaceUnread, ReadWorkspace)},
		{name: "the key's workspace, when there is no credential", given: given(missing, keyOf("")), want: does(WorkspaceUnread, ReadWorkspace)},
		{name: "where Seam keeps what it does not manage, when it is not among the others", given: given(missing), want: does(UnmanagedUnread, ReadUnmanaged)},
		{name: "one that shows again was missing for a moment only", given: given(unmanaged(Missing), finalizer), want: assigns(alice)},
		{name: "whatever it said when it was there", given: given(missing, unusable), want: does(UnmanagedUnread, ReadUnmanaged)},
		{name: "in mode Observe too", given: given(observe, notRead), want: does(CredentialUnread, ReadCredential)},
		{name: "behind another claim too", given: given(behind(rival(of(bob))), notRead), want: does(CredentialUnread, ReadCredential)},
		{name: "the workspace counts before what the credential says", given: given(unusable, keyOf("")), want: does(WorkspaceUnread, ReadWorkspace)},
	})
}

func TestACredentialThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct {
		name  string
		given change
		state State
		want  string
		says  string
	}{
		{"a mistyped ID", gone, CredentialMissing, "CredentialNotFound", "recreate this object with the right spec.acsCredentialID"},
		{"one that Seam only watches", together(missing, unmanaged(Found)), CredentialUnusable, "CredentialUnusable", "use another one"},
		{"one that Seam is deleting", unusable, CredentialUnusable, "CredentialUnusable", "use another one"},
		{"one that is unusable though Alice holds it", together(unusable, heldBy(alice)), CredentialUnusable, "CredentialUnusable", "use another one"},
		{"a key of another workspace than the pinned one", pinnedTo(elsewhere), OtherWorkspace, "WorkspaceMismatch",
			"workspace workspace-home, spec.workspaceID pins workspace-elsewhere"},
		{"a key of another workspace than the recorded one", together(assignedTo(alice), keyOf(elsewhere)), OtherWorkspace, "WorkspaceMismatch",
			"belongs to workspace workspace-elsewhere, but this credential was handled in workspace workspace-home before"},
		{"a key of another workspace than the one of a pending write", together(handledIn(elsewhere), finalizer), OtherWorkspace, "WorkspaceMismatch",
			"handled in workspace workspace-elsewhere before"},
		{"no credential, because the key is of another workspace", together(gone, pinnedTo(elsewhere)), OtherWorkspace, "WorkspaceMismatch", "pins workspace-elsewhere"},
		{"the pin counts before the record", together(assignedTo(alice), pinnedTo(elsewhere), keyOf("workspace-third")), OtherWorkspace, "WorkspaceMismatch", "pins workspace-elsewhere"},
	} {
		tell(t, []story{
			{name: c.name, given: given(c.given), want: reports(c.state, c.want), says: c.says},
			{name: c.name + ", in mode Enforce", given: given(c.given, enforce), want: reports(c.state, c.want), says: c.says},
			{name: c.name + ", behind another claim", given: given(c.given, behind(rival())), want: reports(c.state, c.want), says: c.says},
		})
	}
	tell(t, []story{
		{
			name:  "an object that has nothing to lose follows its key into another workspace",
			given: given(handledIn(elsewhere)),
			want:  does(Free, AddFinalizer),
		}, {
			name:  "the record names its workspace with more right than status",
			given: given(assignedTo(alice), handledIn(elsewhere)),
			want:  assigns(alice),
		}, {
			name:  "a record without workspace leaves it to status",
			given: given(assignedIn("", alice), handledIn(elsewhere)),
			want:  reports(OtherWorkspace, "WorkspaceMismatch"),
		}, {
			name:  "and so does a pending write, with Retain too",
			given: given(retain, handledIn(elsewhere), pending(assign(alice, before(mid)))),
			want:  waits(OtherWorkspace, after(20*time.Second), "WorkspaceMismatch"),
		}, {
			name:  "a key of the pinned workspace will do",
			given: given(pinnedTo(home), finalizer),
			want:  assigns(alice),
		},
	})
}

func TestAFreeCredentialIsAssigned(t *testing.T) {
	tell(t, []story{
		{name: "the finalizer comes first", given: given(), want: does(Free, AddFinalizer)},
		{name: "then Alice gets it", given: given(finalizer), want: assigns(alice), becomes: record(nil)},
		{name: "and so in mode Enforce", given: given(enforce, finalizer), want: assigns(alice)},
		{name: "with Retain no finalizer comes", given: given(retain), want: assigns(alice)},
		{name: "one that became free is assigned again", given: given(assignedTo(alice)), want: assigns(alice), becomes: record(owner(alice, morning))},
		{name: "one that made room is assigned", given: given(makingRoom), want: assigns(alice)},
		{name: "an identity gets it", given: given(declares(aliceIdentity), finalizer), want: assigns(aliceIdentity)},
		{name: "Bob's late assign is no reason to wait", given: given(pending(assign(bob, before(mid)))), want: assigns(alice)},
	})
}

func TestNothingNeedless(t *testing.T) {
	tell(t, []story{
		{
			name:    "Alice has it: nothing needs doing",
			given:   given(assignedTo(alice), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			says:    "Seam shows ACS user alice as the holder",
			becomes: record(owner(alice, morning)),
		}, {
			name:    "she had it before anybody declared it: she becomes the object's own",
			given:   given(finalizer, heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "after the finalizer",
			given:   given(heldBy(alice)),
			want:    does(Held, AddFinalizer),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "which does not come with Retain",
			given:   given(retain, heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "the object assigned Bob before: Alice takes his place",
			given:   given(assignedTo(bob), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "it makes room for her, and she has it",
			given:   given(makingRoom, heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "her ACS user has it, who is declared by identity",
			given:   given(declares(aliceIdentity), assignedTo(aliceIdentity), heldBy(alice), knownAs(alice, "id-alice")),
			want:    reports(Held, "Assigned"),
			says:    "Seam shows user identity id-alice as the holder",
			becomes: record(owner(aliceIdentity, morning)),
		}, {
			name:  "somebody took the finalizer off: it comes back, whatever Seam says",
			given: given(assignedTo(alice), noFinalizer, notRead),
			want:  does(FinalizerMissing, AddFinalizer),
		}, {
			name:  "and so after a switch back from Retain, with a write in the dark",
			given: given(pending(assign(alice, before(early))), noFinalizer, notRead),
			want:  does(FinalizerMissing, AddFinalizer),
		}, {
			name:  "and so while it is suspended, for the day it is deleted",
			given: given(assignedTo(alice), noFinalizer, suspended, notRead),
			want:  does(FinalizerMissing, AddFinalizer),
		}, {
			name:    "switching to Retain takes the finalizer off and leaves the record, before Seam is asked",
			given:   given(assignedTo(alice), retain, notRead),
			want:    letsGo(FinalizerUnwanted, Retained),
			becomes: record(owner(alice, morning)),
		}, {
			name:  "and so of an object behind another claim, and of a suspended one",
			given: given(assignedTo(alice), retain, suspended, behind(rival()), notRead),
			want:  letsGo(FinalizerUnwanted, Retained),
		}, {
			name:  "but not while a write is in the dark",
			given: given(assignedTo(alice), pending(assign(alice, before(mid))), retain, notRead),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "a person who reads of the annotation to abandon knows what deletion will do",
			given: given(assignedTo(alice), heldBy(alice), abandoned),
			want:  reports(Held, "Assigned"),
			says:  "as the holder; deleting this object will take nothing away, because the annotation acs.seam.co/abandon says so",
		}, {
			name:  "while the object lives the annotation does nothing",
			given: given(assignedTo(alice), abandoned),
			want:  assigns(alice),
		},
	})
}

func TestReadyWaitsForWhatCouldStillUndoIt(t *testing.T) {
	says := "Seam shows ACS user alice as the holder, but the answer to an earlier change was lost"
	tell(t, []story{
		{
			name:    "Bob's lost assign",
			given:   given(pending(assign(bob, before(mid))), heldBy(alice)),
			want:    waits(HeldUntilUndone, after(20*time.Second), "OutcomeUnknown"),
			says:    says,
			becomes: record(owner(alice, noon), assign(bob, before(mid))),
		}, {
			name:  "the finalizer does not wait",
			given: given(pending(assign(bob, before(mid))), heldBy(alice), retain, othersPending(assign(bob, before(mid)))),
			want:  waits(HeldUntilUndone, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "it comes",
			given: given(orphaned(assign(bob, before(mid))), heldBy(alice)),
			want:  does(HeldUntilUndone, AddFinalizer),
		}, {
			name:  "her own lost unassign",
			given: given(pending(unassign(alice, before(mid))), heldBy(alice)),
			want:  waits(HeldUntilUndone, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "another object's lost assign",
			given: given(assignedTo(alice), othersPending(assign(bob, before(mid))), heldBy(alice)),
			want:  waits(HeldUntilUndone, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "that of an object that is no more, the last of two",
			given: given(assignedTo(alice), orphaned(assign(carol, before(31*time.Second)), assign(bob, before(mid))), heldBy(alice)),
			want:  waits(HeldUntilUndone, after(29*time.Second), "OutcomeUnknown"),
		}, {
			name:  "a second later it is over",
			given: given(assignedTo(alice), orphaned(assign(bob, before(late))), heldBy(alice)),
			want:  reports(Held, "Assigned"),
		}, {
			name:  "unless the read began before that",
			given: given(assignedTo(alice), orphaned(assign(bob, before(late))), heldBy(alice), readAt(before(time.Second))),
			want:  waits(HeldUntilUndone, noon, "OutcomeUnknown"),
		}, {
			name:  "not what asks for the same",
			given: given(assignedTo(alice), othersPending(assign(alice, before(mid)), unassign(bob, before(mid))), heldBy(alice)),
			want:  reports(Held, "Assigned"),
		}, {
			name:  "a lost unassign of somebody else, which a second one for the same keeps from being settled: Seam may go by the credential alone",
			given: given(assignedTo(alice), pending(unassign(bob, before(31*time.Second)), acknowledged(unassign(bob, before(mid)))), heldBy(alice)),
			want:  waits(HeldUntilUndone, after(29*time.Second), "OutcomeUnknown"),
			says:  says,
		}, {
			name:  "the same of another object, sent since the read began",
			given: given(assignedTo(alice), othersPending(unassign(bob, before(mid))), heldBy(alice), readAt(before(mid+time.Second))),
			want:  waits(HeldUntilUndone, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "not one that Seam accepted: it has had its effect",
			given: given(assignedTo(alice), othersPending(acknowledged(unassign(bob, before(mid)))), heldBy(alice), readAt(before(mid+time.Second))),
			want:  reports(Held, "Assigned"),
		}, {
			name:  "an observer waits too",
			given: given(observe, othersPending(assign(bob, before(mid))), heldBy(alice)),
			want:  waits(OnlyObserved, after(20*time.Second), "OutcomeUnknown"),
			says:  says,
		}, {
			name:  "and one behind another claim",
			given: given(behind(rival(owns(alice), lost(assign(bob, before(mid))))), heldBy(alice)),
			want:  waits(NotTheWinner, after(20*time.Second), "OutcomeUnknown"),
			says:  says,
		},
	})
}

func TestNoWriteWhileALostOneMayBeUnderWay(t *testing.T) {
	others := "the answer to a change of this credential was lost: nothing is sent until it can no longer be under way"
	tell(t, []story{
		{
			name:  "its own is not repeated before its deadline",
			given: given(pending(assign(alice, before(29*time.Second)))),
			want:  waits(WriteInFlight, after(time.Second), "OutcomeUnknown"),
			says:  "the answer to the assign of ACS user alice was lost",
		}, {
			name:  "and is at the deadline",
			given: given(pending(assign(alice, before(timeout)))),
			want:  assigns(alice),
		}, {
			name:  "nobody else gets the credential before that",
			given: given(pending(assign(bob, before(early)))),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			says:  "the answer to the assign of ACS user bob was lost",
		}, {
			name:  "Carol does not make room before that, in mode Enforce",
			given: given(enforce, pending(assign(alice, before(early))), heldBy(carol), known(alice)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "and afterwards she does",
			given: given(enforce, pending(assign(alice, before(mid))), heldBy(carol), known(alice)),
			want:  Decision{State: HeldByOther, Action: Unassign, Person: carol},
		}, {
			name:  "Bob got it by the lost write: at once he makes room",
			given: given(pending(assign(bob, before(early))), heldBy(bob), known(alice)),
			want:  makesRoom(bob),
		}, {
			name:  "another object's counts as well, and names nobody",
			given: given(finalizer, othersPending(assign(bob, before(early)))),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			says:  others,
		}, {
			name:  "unless it shows",
			given: given(finalizer, othersPending(unassign(bob, before(early)))),
			want:  assigns(alice),
		}, {
			name:  "that of an object that is no more, too, the last of two",
			given: given(finalizer, orphaned(assign(bob, before(early)), assign(carol, before(20*time.Second)))),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			says:  others,
		}, {
			name:  "one that Seam accepted is not under way any more",
			given: given(finalizer, orphaned(acknowledged(assign(bob, before(early))))),
			want:  assigns(alice),
		}, {
			name:  "who only observes waits for nothing",
			given: given(observe, othersPending(assign(bob, before(early)))),
			want:  reports(OnlyObserved, "Drifted"),
		}, {
			name:  "nor does who has no claim: it writes nothing",
			given: given(behind(rival(of(bob), owns(bob))), orphaned(assign(carol, before(early)))),
			want:  reports(NotTheWinner, "ConflictingClaim"),
		},
	})
}

func TestWhatSeamAcceptedAndDoesNotShowYet(t *testing.T) {
	tell(t, []story{
		{
			name:    "an assignment is not sent again",
			given:   given(accepted(assign(alice, before(early)))),
			want:    waits(ReadIsLate, after(20*time.Second), "Assigning"),
			says:    "Seam has accepted the assignment to ACS user alice and does not show it yet",
			becomes: record(nil, acknowledged(assign(alice, before(early)))),
		}, {
			name:  "a read that contradicts it is not called drift",
			given: given(accepted(assign(alice, before(early))), heldBy(bob)),
			want:  waits(ReadIsLate, after(20*time.Second), "Assigning"),
		}, {
			name:  "until the deadline",
			given: given(accepted(assign(alice, before(timeout))), heldBy(bob)),
			want:  waits(HeldByOther, after(timeout), "HeldByOther"),
		}, {
			name:  "a read that began before that lags still",
			given: given(accepted(assign(alice, before(timeout))), heldBy(bob), readAt(before(time.Second))),
			want:  waits(ReadIsLate, noon, "Assigning"),
		}, {
			name:  "a read that shows it ends the wait",
			given: given(accepted(assign(alice, before(early))), heldBy(alice)),
			want:  reports(Held, "Assigned"),
		}, {
			name:  "a read that shows it no more keeps Ready",
			given: given(assignedTo(alice), acceptedBefore(assign(alice, before(early)))),
			want:  Decision{State: ReadIsLate, Action: Report, Until: after(20 * time.Second), Reason: "Assigning", KeepsReady: true},
		}, {
			name:  "an unassign is not sent again either",
			given: given(assignedTo(bob), accepted(unassign(bob, before(early))), heldBy(bob), known(alice)),
			want:  waits(ReadIsLate, after(20*time.Second), "Unassigning"),
			says:  "Seam has accepted to unassign ACS user bob and does not show it yet",
		}, {
			name:    "nor does a read that lags settle another write",
			given:   given(pending(unassign(alice, before(mid))), accepted(assign(alice, before(early)))),
			want:    waits(ReadIsLate, after(20*time.Second), "Assigning"),
			becomes: record(nil, unassign(alice, before(mid)), acknowledged(assign(alice, before(early)))),
		}, {
			name:    "nor end one whose time is over, nor is there a hurry to look again",
			given:   given(pending(assign(bob, before(late))), accepted(assign(alice, before(early)))),
			want:    waits(ReadIsLate, after(20*time.Second), "Assigning"),
			becomes: record(nil, assign(bob, before(late)), acknowledged(assign(alice, before(early)))),
		}, {
			name:  "Alice gets the credential once it shows as free",
			given: given(assignedTo(bob), accepted(unassign(bob, before(early)))),
			want:  assigns(alice),
		}, {
			name:  "an observer calls it no drift",
			given: given(observe, acceptedBefore(assign(alice, before(early))), heldBy(bob)),
			want:  Decision{State: ReadIsLate, Action: Report, Until: after(20 * time.Second), Reason: "Assigning", KeepsReady: true},
		}, {
			name:  "in another workspace nothing lags",
			given: given(assignedTo(alice), acceptedBefore(assign(alice, before(early))), keyOf(elsewhere)),
			want:  reports(OtherWorkspace, "WorkspaceMismatch"),
		}, {
			name:  "nor does a credential that is missing",
			given: given(assignedTo(alice), acceptedBefore(assign(alice, before(early))), gone),
			want:  reports(CredentialMissing, "CredentialNotFound"),
		},
	})
}

func TestWritesThatAreNotSentAgainYet(t *testing.T) {
	lostAlice, soon := assign(alice, before(mid)), after(5*time.Second)
	tell(t, []story{
		{
			name:  "a lost assign, in a while",
			given: given(pending(lostAlice), sentLast(lostAlice, soon)),
			want:  waits(Free, soon, "OutcomeUnknown"),
			says:  "the answer to the assign of ACS user alice was lost, and Seam does not show it: it is sent again",
		}, {
			name:  "an assign that Seam accepted and never showed",
			given: given(pending(lostAlice), sentLast(acknowledged(lostAlice), soon)),
			want:  waits(Free, soon, "Assigning"),
			says:  "Seam has accepted the assignment to ACS user alice and does not show it: it is sent again",
		}, {
			name:  "an unassign that Seam accepted and never showed",
			given: given(assignedTo(bob), heldBy(bob), known(alice), sentLast(acknowledged(unassign(bob, before(mid))), soon)),
			want:  waits(HeldByOwn, soon, "Unassigning"),
			says:  "Seam has accepted to unassign ACS user bob and does not show it: it is sent again",
		}, {
			name:  "a lost unassign",
			given: given(assignedTo(bob), heldBy(bob), known(alice), sentLast(unassign(bob, before(mid)), soon)),
			want:  waits(HeldByOwn, soon, "OutcomeUnknown"),
			says:  "the answer to the unassign of ACS user bob was lost",
		}, {
			name:  "when it is time it is sent",
			given: given(pending(lostAlice), sentLast(lostAlice, noon)),
			want:  assigns(alice),
		}, {
			name:  "for another person it is sent",
			given: given(pending(assign(bob, before(mid))), sentLast(assign(bob, before(mid)), soon)),
			want:  assigns(alice),
		}, {
			name:  "the opposite is sent",
			given: given(finalizer, sentLast(unassign(alice, before(mid)), soon)),
			want:  assigns(alice),
		}, {
			name:  "with eight in the dark nothing is sent before the first is over",
			given: given(eight(before(31*time.Second)), heldBy(nobody)),
			want:  waits(Free, after(22*time.Second), "OutcomeUnknown"),
			says:  "the answers to 8 changes were lost",
		}, {
			name:  "with seven it is",
			given: given(eight(before(31*time.Second)), func(in *Input) { in.Object.Record.Pending = in.Object.Record.Pending[1:] }),
			want:  assigns(alice),
		}, {
			name:  "the finalizer comes when it is known that the write goes out",
			given: given(retain, pending(assign(bob, before(mid))), sentLast(assign(alice, before(mid)), soon), func(in *Input) { in.Object.Declared.Retain, in.Object.Record = false, Record{} }),
			want:  waits(Free, soon, "OutcomeUnknown"),
		},
	})
}

// eight are as many lost assigns of strangers as status can hold, the last of them sent then, each a second after the other.
func eight(last time.Time) change {
	var lost []PendingWrite
	for i := range v1alpha1.MaxPendingWrites {
		lost = append(lost, assign(Person{ACSUserID: string(rune('p' + i))}, last.Add(time.Duration(i-7)*time.Second)))
	}
	return pending(lost...)
}

func TestAWriteThatSeamRefusedIsNotSentAgain(t *testing.T) {
	const saysWhy = "Seam refuses the 100% request"
	assignOp, unassignOp := v1alpha1.OperationAssign, v1alpha1.OperationUnassign
	fromBob := together(assignedTo(bob), heldBy(bob), known(alice))
	tell(t, []story{
		{name: "an assignment", given: given(finalizer, refused(assignOp, alice, nobody)), want: reports(Free, "InvalidRequest"), says: saysWhy},
		{name: "unless another person is declared", given: given(finalizer, refused(assignOp, bob, nobody)), want: assigns(alice)},
		{name: "or the credential was not free then", given: given(finalizer, refused(assignOp, alice, bob)), want: assigns(alice)},
		{name: "or the refusal was of an unassign", given: given(finalizer, refused(unassignOp, alice, nobody)), want: assigns(alice)},
		{name: "an unassign", given: given(fromBob, refused(unassignOp, bob, bob)), want: reports(HeldByOwn, "InvalidRequest"), says: saysWhy},
		{name: "unless it was of somebody else", given: given(fromBob, refused(unassignOp, carol, bob)), want: makesRoom(bob)},
		{name: "nobody makes room for somebody whom Seam does not take, whoever held it then", given: given(fromBob, refused(assignOp, alice, nobody)),
			want: reports(HeldByOwn, "InvalidRequest"), says: saysWhy},
		{name: "but for another one", given: given(fromBob, refused(assignOp, carol, nobody)), want: makesRoom(bob)},
		{name: "a refused unassign of the same person is no refused assignment", given: given(fromBob, refused(unassignOp, alice, alice)), want: makesRoom(bob)},
	})
}

func TestWhoMakesRoomForAlice(t *testing.T) {
	tell(t, []story{
		{
			name:  "mode Assign takes nothing from Carol",
			given: given(heldBy(carol)),
			want:  reports(HeldByOther, "HeldByOther"),
			says:  "ACS user carol holds the credential, and mode Assign takes nothing from another holder",
		}, {
			name:  "not even when this object's own person had it before her",
			given: given(assignedTo(bob), heldBy(carol)),
			want:  reports(HeldByOther, "HeldByOther"),
		}, {
			name:  "nor after a lost unassign of hers",
			given: given(pending(unassign(carol, before(mid))), heldBy(carol)),
			want:  waits(HeldByOther, after(20*time.Second), "HeldByOther"),
		}, {
			name:  "nor when another object's lost assign may have given it to her",
			given: given(finalizer, othersPending(assign(carol, before(mid))), heldBy(carol)),
			want:  reports(HeldByOther, "HeldByOther"),
		}, {
			name:  "before Bob makes room, Alice must be seen to exist",
			given: given(assignedTo(bob), heldBy(bob)),
			want:  asksFor(alice),
		}, {
			name:    "a typo locks nobody out",
			given:   given(assignedTo(bob), heldBy(bob), unknownToSeam(alice)),
			want:    reports(HeldByOwn, "AssigneeNotFound"),
			says:    "Seam has no ACS user alice in this workspace, so ACS user bob keeps the credential",
			becomes: record(owner(bob, morning)),
		}, {
			name:  "nor does somebody of another access system",
			given: given(assignedTo(bob), heldBy(bob), inSystems("hotel", "office")),
			want:  reports(HeldByOwn, "InvalidRequest"),
			says:  "belongs to another access system than the credential, so ACS user bob keeps the credential",
		}, {
			name:  "somebody of the same one will do",
			given: given(assignedTo(bob), heldBy(bob), inSystems("hotel", "hotel")),
			want:  makesRoom(bob),
		}, {
			name:  "or when Seam does not say of which the person is",
			given: given(assignedTo(bob), heldBy(bob), inSystems("hotel", "")),
			want:  makesRoom(bob),
		}, {
			name:  "or of which the credential is",
			given: given(assignedTo(bob), heldBy(bob), inSystems("", "office")),
			want:  makesRoom(bob),
		}, {
			name:    "Bob makes room for Alice",
			given:   given(assignedTo(bob), heldBy(bob), known(alice)),
			want:    makesRoom(bob),
			becomes: record(owner(bob, morning)),
		}, {
			name:  "without a finalizer, with Retain",
			given: given(retain, assignedTo(bob), heldBy(bob), known(alice)),
			want:  makesRoom(bob),
		}, {
			name:  "and so in mode Enforce",
			given: given(enforce, assignedTo(bob), heldBy(bob), known(alice)),
			want:  makesRoom(bob),
		}, {
			name:  "Bob, who got it by a lost assign",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), heldBy(bob), known(alice)),
			want:  makesRoom(bob),
		}, {
			name:  "Bob, whose assign is shown late by a read from before it: he is not named in the record yet",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), heldBy(bob), known(alice), readAt(before(41*time.Second))),
			want:  Decision{State: HeldByOwn, Action: Unassign, Person: bob},
		}, {
			name:  "mode Enforce takes it from Carol",
			given: given(enforce, finalizer, heldBy(carol), known(alice)),
			want:  Decision{State: HeldByOther, Action: Unassign, Person: carol},
		}, {
			name:  "after the finalizer",
			given: given(enforce, heldBy(carol), known(alice)),
			want:  does(HeldByOther, AddFinalizer),
		}, {
			name:  "but not for somebody whom Seam does not know",
			given: given(enforce, heldBy(carol), unknownToSeam(alice)),
			want:  reports(HeldByOther, "AssigneeNotFound"),
		}, {
			name:  "nor before it has asked",
			given: given(enforce, heldBy(carol)),
			want:  asksFor(alice),
		}, {
			name:  "somebody shown as ACS user and identity is released as ACS user",
			given: given(enforce, finalizer, showing(Holder{ACSUserID: "carol", UserIdentityID: "id-carol"}), known(alice)),
			want:  Decision{State: HeldByOther, Action: Unassign, Person: carol},
		}, {
			name:  "somebody shown as identity only is released as identity",
			given: given(declares(aliceIdentity), assignedTo(bobIdentity), heldBy(bobIdentity), knownAs(aliceIdentity, "id-alice"), knownAs(bobIdentity, "id-bob")),
			want:  makesRoom(bobIdentity),
		},
	})
}

func TestAnObserverOnlyCompares(t *testing.T) {
	tell(t, []story{
		{name: "Alice has it", given: given(observe, heldBy(alice)), want: reports(OnlyObserved, "Assigned"), says: "Seam shows ACS user alice as the holder", becomes: record(nil)},
		{name: "nobody has it", given: given(observe), want: reports(OnlyObserved, "Drifted"),
			says: "nobody holds the credential at Seam, ACS user alice is declared; mode Observe changes nothing"},
		{name: "Carol has it", given: given(observe, heldBy(carol)), want: reports(OnlyObserved, "Drifted"),
			says: "ACS user carol holds the credential at Seam, ACS user alice is declared; mode Observe changes nothing"},
		{name: "whether the holder is Alice's identity takes a look", given: given(observe, declares(aliceIdentity), heldBy(alice)), want: asksFor(alice)},
		{name: "the finalizer of another mode goes", given: given(finalizer, observe, notRead), want: letsGo(FinalizerUnwanted, Retained)},
		{name: "the claim of another object does not matter to it", given: given(observe, behind(rival(of(bob))), heldBy(bob)), want: reports(OnlyObserved, "Drifted")},
		{name: "nor that it could win one", given: given(observe, behind(rival(of(bob))), winsByReading, heldBy(alice)), want: reports(OnlyObserved, "Assigned")},
	})
	if got := Decide(given(observe, behind(rival()), heldBy(alice))).Message; got != "Seam shows ACS user alice as the holder" {
		t.Errorf("an observer says %q", got)
	}
}

func TestASuspendedObjectIsLeftAlone(t *testing.T) {
	says := "suspended: nothing is changed at Seam until spec.suspend is false"
	for _, mode := range []v1alpha1.Mode{"", v1alpha1.ModeAssign, v1alpha1.ModeEnforce, v1alpha1.ModeObserve} {
		tell(t, []story{{
			name:  "nothing is read in mode " + string(mode),
			given: given(suspended, inMode(mode), notRead),
			want:  reports(IsSuspended, "Suspended"),
			says:  says,
		}})
	}
	lostAlice := pending(assign(alice, before(mid)))
	end := after(20 * time.Second)
	tell(t, []story{
		{name: "but to know what became of a write", given: given(suspended, lostAlice, notRead), want: does(CredentialUnread, ReadCredential)},
		{name: "which shows", given: given(suspended, lostAlice, heldBy(alice)), want: reports(IsSuspended, "Suspended"), becomes: record(owner(alice, noon))},
		{name: "or does not yet", given: given(suspended, lostAlice), want: waits(StillUnsettled, end, "Suspended"), says: says, becomes: record(nil, assign(alice, before(mid)))},
		{name: "or never will", given: given(suspended, pending(assign(alice, before(late)))), want: reports(IsSuspended, "Suspended"), becomes: record(nil)},
		{name: "with a key of another workspace nobody knows", given: given(suspended, pinnedTo(elsewhere), lostAlice), want: waits(StillUnsettled, end, "Suspended")},
		{name: "nor of a credential that is missing", given: given(suspended, lostAlice, gone), want: waits(StillUnsettled, end, "Suspended")},
		{name: "one that is gone settles it", given: given(suspended, lostAlice, handledIn(home), gone), want: reports(IsSuspended, "Suspended"), becomes: record(nil)},
		{name: "one that Seam does not manage does not", given: given(suspended, lostAlice, handledIn(home), missing, unmanaged(Found)), want: waits(StillUnsettled, end, "Suspended")},
		{name: "one that Seam is deleting may", given: given(suspended, lostAlice, unusable, heldBy(alice)), want: reports(IsSuspended, "Suspended"), becomes: record(owner(alice, noon))},
		{name: "what another object lost is no matter", given: given(suspended, othersPending(assign(bob, before(early))), notRead), want: reports(IsSuspended, "Suspended")},
		{name: "nor does one that lags end a write whose time is over: it is read again when reads are believed",
			given: given(suspended, acceptedBefore(assign(alice, before(early))), pending(assign(bob, before(late)))), want: waits(StillUnsettled, after(20*time.Second), "Suspended")},
		{name: "a read that lags changes nothing", given: given(suspended, accepted(assign(alice, before(early)))), want: waits(StillUnsettled, after(50*time.Second), "Suspended")},
	})
}

func TestAnObjectWithoutTheClaim(t *testing.T) {
	tell(t, []story{
		{
			name:  "another one has it for Bob",
			given: given(behind(rival(of(bob))), heldBy(bob)),
			want:  reports(NotTheWinner, "ConflictingClaim"),
			says:  "delete one of the two, or declare the same person in both",
		}, {
			name:  "even while it is free, and in mode Enforce",
			given: given(behind(rival(of(bob))), enforce),
			want:  reports(NotTheWinner, "ConflictingClaim"),
		}, {
			name:    "whoever holds it, the other one has it for Bob",
			given:   given(assignedTo(bob), behind(rival(of(bob))), heldBy(alice)),
			want:    reports(NotTheWinner, "ConflictingClaim"),
			becomes: record(owner(bob, morning)),
		}, {
			name:    "another one manages it for Alice too",
			given:   given(behind(rival()), heldBy(alice)),
			want:    reports(NotTheWinner, "Assigned"),
			says:    "Seam shows ACS user alice as the holder; another CredentialAssignment manages it",
			becomes: record(nil),
		}, {
			name:  "for Alice's identity, which is Alice",
			given: given(behind(rival(of(aliceIdentity))), heldBy(alice), knownAs(alice, "id-alice")),
			want:  reports(NotTheWinner, "Assigned"),
		}, {
			name:  "and has not given it to her yet",
			given: given(behind(rival())),
			want:  reports(NotTheWinner, "Assigning"),
			says:  "another CredentialAssignment declares the same person for this credential and manages it",
		}, {
			name:  "and is stalled, which is true of both",
			given: given(behind(rival(stalled("HeldByOther"))), heldBy(carol)),
			want:  reports(NotTheWinner, "HeldByOther"),
			says:  "it is stalled for this reason",
		}, {
			name:  "and is suspended, so that nobody gives it to her",
			given: given(behind(rival(isSuspended, stalled("HeldByOther")))),
			want:  reports(NotTheWinner, "ConflictingClaim"),
			says:  "set its spec.suspend to false",
		}, {
			name:  "and is suspended, and she has it all the same",
			given: given(behind(rival(isSuspended)), heldBy(alice)),
			want:  reports(NotTheWinner, "Assigned"),
		}, {
			name:  "and is suspended and being deleted: it goes on",
			given: given(behind(rival(isSuspended, isDeleting))),
			want:  reports(NotTheWinner, "Assigning"),
		}, {
			name:  "whether the holder is Alice's identity takes a look",
			given: given(behind(rival(of(bob))), declares(aliceIdentity), heldBy(alice)),
			want:  asksFor(alice),
		}, {
			name:  "and this object would have it, once its status shows that its key reads the credential",
			given: given(behind(rival(of(bob))), winsByReading, heldBy(bob)),
			want:  reports(ClaimByReading, "Assigning"),
			says:  "its API key reads the credential: this object has the claim to it",
		},
	})
}

func TestAnObjectTakesOverFromADeletedOne(t *testing.T) {
	leaving := behind(rival(owns(alice), isDeleting))
	tell(t, []story{
		{
			name:    "it puts the person down as its own, after the finalizer",
			given:   given(leaving, heldBy(alice)),
			want:    does(TakenOver, AddFinalizer),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "then it is Ready, and manages it itself",
			given:   given(leaving, finalizer, heldBy(alice)),
			want:    reports(TakenOver, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "without a finalizer, with Retain",
			given:   given(retain, leaving, heldBy(alice)),
			want:    reports(TakenOver, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "whomever the deleted one declares by now",
			given:   given(behind(rival(of(bob), owns(bob), isDeleting)), finalizer, heldBy(alice)),
			want:    reports(TakenOver, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "what could still undo it is waited for, the record is not",
			given:   given(behind(rival(owns(alice), isDeleting, lost(unassign(alice, before(mid))))), finalizer, heldBy(alice)),
			want:    waits(TakenOver, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "not while another person holds it",
			given:   given(leaving, heldBy(carol)),
			want:    reports(NotTheWinner, "Assigning"),
			becomes: record(nil),
		}, {
			name:    "not while the other one lives",
			given:   given(behind(rival(owns(alice))), heldBy(alice)),
			want:    reports(NotTheWinner, "Assigned"),
			becomes: record(nil),
		}, {
			name:    "not while a read lags",
			given:   given(leaving, heldBy(alice), acceptedBefore(unassign(alice, before(early)))),
			want:    Decision{State: ReadIsLate, Action: Report, Until: after(20 * time.Second), Reason: "Unassigning", KeepsReady: true},
			becomes: record(nil),
		}, {
			name:    "not while it only observes",
			given:   given(observe, leaving, heldBy(alice)),
			want:    reports(OnlyObserved, "Assigned"),
			becomes: record(nil),
		},
	})
	if got := Decide(given(leaving, finalizer, heldBy(alice))).Message; got != "Seam shows ACS user alice as the holder" {
		t.Errorf("it says %q", got)
	}
}

func TestAnErrorIsRetriedInItsOwnTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sent, until time.Time
	}{
		"a pending write that leaves by a read to come":                               {before(timeout), after(timeout)},
		"one that leaves by any read, which the error keeps from being taken for one": {before(3 * timeout), time.Time{}},
	} {
		in := given(declares(aliceIdentity), heldBy(alice), pending(assign(aliceIdentity, c.sent)))
		if d := Decide(in); d.Action != ReadPerson {
			t.Fatalf("%s: decided %+v", name, d)
		}
		if d := Interrupted(in, v1alpha1.ReasonSeamUnavailable, "down"); !d.Until.Equal(c.until) || len(d.Record.Pending) != 1 {
			t.Errorf("%s: looked at again at %s, with %v", name, d.Until, d.Record.Pending)
		}
	}
}
