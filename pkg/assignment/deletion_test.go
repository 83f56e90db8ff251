package assignment

import (
	"slices"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func takes(p Person) Decision {
	return Decision{State: PersonToBeTaken, Action: Unassign, Person: p, IsRecordedPerson: true}
}

func TestADeletedObjectTakesTheCredentialAway(t *testing.T) {
	graceEnds := after(time.Second)
	justDeleted := deletedAt(before(time.Second))
	tell(t, []story{
		{
			name:  "without this operator's finalizer there is nothing to do",
			given: given(assignedTo(alice), deletedAt(before(grace)), noFinalizer, heldBy(alice), notRead),
			want:  reports(NothingToCleanUp, ""),
		}, {
			name:  "a declaration that replaces this one gets a moment to appear, before anything is read",
			given: given(assignedTo(alice), justDeleted, notRead),
			want:  waits(InGrace, graceEnds, ""),
		}, {
			name:  "and no more than that",
			given: given(assignedTo(alice), deletedAt(before(grace)), notRead),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "just before it is taken away, the API server is asked for rivals",
			given: given(assignedTo(alice), deleted, rivalsUnasked, heldBy(alice)),
			want:  does(PersonToBeTaken, ReadRivals),
		}, {
			name:    "then it is taken from Alice",
			given:   given(assignedTo(alice), deleted, heldBy(alice)),
			want:    takes(alice),
			becomes: record(owner(alice, morning)),
		}, {
			name:  "suspended or not",
			given: given(assignedTo(alice), suspended, deleted, heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "even when this object did not give it to her",
			given: given(deleted, heldBy(alice)),
			want:  Decision{State: PersonToBeTaken, Action: Unassign, Person: alice},
		}, {
			name:  "and from Bob, to whom this object gave it, though Alice is declared by now",
			given: given(assignedTo(bob), deleted, heldBy(bob)),
			want:  takes(bob),
		}, {
			name:  "and from Bob, to whom a lost assign may have given it",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), deleted, heldBy(bob)),
			want:  takes(bob),
		}, {
			name:  "from the ACS user of the declared identity",
			given: given(declares(aliceIdentity), assignedTo(aliceIdentity), deleted, heldBy(alice), knownAs(alice, "id-alice")),
			want:  takes(alice),
		}, {
			name:  "once it is seen who that is",
			given: given(declares(aliceIdentity), assignedTo(aliceIdentity), deleted, heldBy(alice)),
			want:  asksFor(alice),
		}, {
			name:    "nothing is taken from Carol",
			given:   given(assignedTo(alice), deleted, heldBy(carol)),
			want:    letsGo(PersonGone, ""),
			becomes: record(owner(alice, morning)),
		}, {
			name:  "not even in mode Enforce",
			given: given(enforce, assignedTo(alice), deleted, heldBy(carol)),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "nor after a lost unassign of hers",
			given: given(enforce, assignedTo(alice), pending(unassign(carol, before(late))), deleted, heldBy(carol)),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "the object goes when nobody has it",
			given: given(assignedTo(alice), deleted),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "or when its person made room already",
			given: given(makingRoom, deleted),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "a refused unassign is not asked for again",
			given: given(assignedTo(alice), deleted, heldBy(alice), refused(v1alpha1.OperationUnassign, alice, alice)),
			want:  reports(PersonToBeTaken, "InvalidRequest"),
			says:  "Seam refuses the 100% request",
		}, {
			name:  "a refused assignment is no reason not to unassign",
			given: given(assignedTo(alice), deleted, heldBy(alice), refused(v1alpha1.OperationAssign, alice, alice)),
			want:  takes(alice),
		}, {
			name:  "one that Seam accepted and never showed is sent again in a while",
			given: given(assignedTo(alice), deleted, rivalsUnasked, heldBy(alice), sentLast(acknowledged(unassign(alice, before(mid))), after(time.Second))),
			want:  waits(PersonToBeTaken, after(time.Second), "Unassigning"),
		}, {
			name:  "with eight in the dark it waits",
			given: given(assignedTo(alice), eight(before(31*time.Second)), deleted, heldBy(alice)),
			want:  waits(PersonToBeTaken, after(22*time.Second), "OutcomeUnknown"),
		},
	})
}

func TestADeletedObjectThatTakesNothingAway(t *testing.T) {
	tell(t, []story{
		{
			name:  "somebody gave the clean-up up",
			given: given(assignedTo(alice), deleted, abandoned, notRead),
			want:  letsGo(CleanUpAbandoned, Abandoned),
			says:  "whoever holds the credential keeps it",
		}, {
			name:  "and does not wait for a replacement or a lost write",
			given: given(pending(assign(alice, before(early))), deletedAt(noon), abandoned, notRead),
			want:  letsGo(CleanUpAbandoned, Abandoned),
		}, {
			name:  "without finalizer there is nothing to give up",
			given: given(deleted, abandoned, noFinalizer, notRead),
			want:  reports(NothingToCleanUp, ""),
		}, {
			name:  "the declaration retains",
			given: given(assignedTo(alice), retain, deletedAt(noon), notRead),
			want:  letsGo(FinalizerUnwanted, Retained),
			says:  "nothing is taken away: the declaration says so",
		}, {
			name:  "the declaration only observes, behind another claim too",
			given: given(assignedTo(alice), observe, deletedAt(noon), behind(rival()), notRead),
			want:  letsGo(FinalizerUnwanted, Retained),
		}, {
			name:  "with a lost write in the dark it is looked for, without grace",
			given: given(retain, pending(assign(alice, before(mid))), deletedAt(noon), notRead),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "which shows: that was all",
			given: given(retain, pending(assign(alice, before(mid))), deletedAt(noon), heldBy(alice)),
			want:  letsGo(FinalizerUnwanted, Retained),
		}, {
			name:  "which does not show yet",
			given: given(retain, pending(assign(alice, before(mid))), deletedAt(noon)),
			want:  waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
			says:  "Seam is read again before this object goes",
		}, {
			name:  "nor does it to an observer, whoever holds it",
			given: given(observe, pending(assign(alice, before(mid))), deletedAt(noon), behind(rival()), heldBy(bob)),
			want:  waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "and nothing is taken from anybody meanwhile",
			given: given(retain, assignedTo(alice), pending(assign(bob, before(mid))), deletedAt(noon), heldBy(alice)),
			want:  waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "nor handed over",
			given: given(retain, assignedTo(alice), deleted, with(rival(tookOver, confirmed)), heldBy(alice), notRead),
			want:  letsGo(FinalizerUnwanted, Retained),
		},
	})
}

func TestADeletedObjectWaitsForItsWrites(t *testing.T) {
	tell(t, []story{
		{
			name:  "an assign that may be under way keeps it",
			given: given(pending(assign(alice, before(early))), deleted),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "even when Carol has the credential",
			given: given(pending(assign(alice, before(early))), deleted, heldBy(carol)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:    "one that may still come about keeps it",
			given:   given(assignedTo(alice), pending(assign(bob, before(mid))), deleted),
			want:    waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
			says:    "deleted: the answer to a change at Seam was lost, and it may still come about",
			becomes: record(owner(alice, morning), assign(bob, before(mid))),
		}, {
			name:  "when its time is over, it goes",
			given: given(pending(assign(alice, before(late))), deleted),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "after a read then",
			given: given(pending(assign(alice, before(late))), deleted, readAt(before(time.Second))),
			want:  waits(PersonMayReturn, noon, "OutcomeUnknown"),
		}, {
			name:  "one that has come about is undone at once",
			given: given(pending(assign(alice, before(early))), deleted, heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "Alice keeps it while Bob may get it",
			given: given(assignedTo(alice), pending(assign(bob, before(early))), deleted, heldBy(alice)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "an unassign that may be under way is not repeated",
			given: given(assignedTo(alice), pending(unassign(alice, before(early))), deleted, heldBy(alice)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "nor does another object's write go unheeded",
			given: given(assignedTo(alice), deleted, othersPending(assign(bob, before(early))), heldBy(alice)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "for an object without the claim too",
			given: given(assignedTo(alice), deleted, behind(rival(of(bob), owns(bob), lost(assign(bob, before(early))))), heldBy(alice)),
			want:  waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "an accepted assign that does not show yet keeps it",
			given: given(accepted(assign(alice, before(early))), deleted),
			want:  waits(ReadIsLate, after(20*time.Second), "Assigning"),
		}, {
			name:  "an accepted unassign that does not show yet keeps it",
			given: given(assignedTo(alice), accepted(unassign(alice, before(early))), deleted, heldBy(alice)),
			want:  waits(ReadIsLate, after(20*time.Second), "Unassigning"),
		}, {
			name:    "an unassign that shows lets it go",
			given:   given(assignedTo(alice), accepted(unassign(alice, before(early))), deleted),
			want:    letsGo(PersonGone, ""),
			becomes: record(owner(nobody, noon)),
		}, {
			name:  "whoever took over waits, too",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), deleted, with(rival(tookOver, confirmed)), heldBy(alice)),
			want:  waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "and so does who leaves her to the winner",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), deleted, behind(rival(owns(alice))), heldBy(alice)),
			want:  waits(PersonMayReturn, after(20*time.Second), "OutcomeUnknown"),
		}, {
			name:  "who takes it from Alice does not: Bob would be taken from next",
			given: given(assignedTo(alice), pending(assign(bob, before(mid))), deleted, heldBy(alice)),
			want:  takes(alice),
		},
	})
}

func TestAYoungProcessReadsTwiceBeforeItBelievesThatAPersonIsGone(t *testing.T) {
	young := leadingSince(before(29 * time.Second))
	tell(t, []story{
		{
			name:  "it reads once more when reads no longer lag behind the leader before it",
			given: given(young, assignedTo(alice), deleted),
			want:  waits(PersonGoneUnconfirmed, after(time.Second), "Unassigning"),
			says:  "Seam is read once more before this object goes",
		}, {
			name:  "and whoever else holds it",
			given: given(young, assignedTo(alice), deleted, heldBy(carol)),
			want:  waits(PersonGoneUnconfirmed, after(time.Second), "Unassigning"),
		}, {
			name:  "unless it took it away itself",
			given: given(young, assignedTo(alice), deleted, hasUnassigned),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "a read that began before that does not do",
			given: given(leadingSince(before(timeout)), assignedTo(alice), deleted, readAt(before(time.Second))),
			want:  waits(PersonGoneUnconfirmed, noon, "Unassigning"),
		}, {
			name:  "then it believes one read",
			given: given(leadingSince(before(timeout)), assignedTo(alice), deleted),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "who is there is taken from at once",
			given: given(young, assignedTo(alice), deleted, heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "what shall not be taken away is let go at once",
			given: given(young, assignedTo(alice), retain, deleted),
			want:  letsGo(FinalizerUnwanted, Retained),
		},
	})
}

func TestADeletedObjectWithoutItsCredential(t *testing.T) {
	toAlice := assignedTo(alice)
	tell(t, []story{
		{name: "one that is missing is looked for among those that Seam does not manage", given: given(toAlice, deleted, missing), want: does(UnmanagedUnread, ReadUnmanaged)},
		{name: "one that is gone from its workspace is gone", given: given(toAlice, deleted, gone), want: letsGo(CredentialGone, "")},
		{name: "and so when only status tells the workspace", given: given(handledIn(home), deleted, gone), want: letsGo(CredentialGone, "")},
		{name: "one that no key has read may be elsewhere", given: given(deleted, gone), want: reports(CredentialMissing, "CredentialNotFound"),
			says: "workspace workspace-home, to which the API key belongs, has no such credential, and status does not tell in which workspace it was"},
		{name: "nothing comes about on one that is gone", given: given(toAlice, pending(assign(alice, before(early))), deleted, gone), want: letsGo(CredentialGone, ""), becomes: record(owner(alice, morning))},
		{name: "a key of another workspace tells nothing", given: given(toAlice, deleted, keyOf(elsewhere), gone), want: reports(OtherWorkspace, "WorkspaceMismatch")},
		{name: "not even when it shows the credential", given: given(toAlice, deleted, keyOf(elsewhere)), want: reports(OtherWorkspace, "WorkspaceMismatch")},
		{name: "before the key's workspace is known it tells nothing", given: given(toAlice, deleted, keyOf("")), want: does(WorkspaceUnread, ReadWorkspace)},
		{name: "one that Seam no longer manages is not gone", given: given(toAlice, deleted, missing, unmanaged(Found)), want: reports(CredentialUnusable, "CredentialUnusable")},
		{name: "one that Seam is deleting is left alone while Alice has it", given: given(toAlice, deleted, unusable, heldBy(alice)), want: reports(CredentialUnusable, "CredentialUnusable"),
			says: "use another one"},
		{name: "it is handed over all the same", given: given(toAlice, deleted, unusable, with(rival(tookOver, confirmed)), heldBy(alice)),
			want: Decision{State: Succeeded, Action: RemoveFinalizer, Reason: HandedOver, Successor: rivalUID}},
		{name: "when Carol has it, it is no matter", given: given(toAlice, deleted, unusable, heldBy(carol)), want: letsGo(PersonGone, "")},
		{name: "or nobody", given: given(toAlice, deleted, unusable), want: letsGo(PersonGone, "")},
		{name: "unless a lost assign may come about on it", given: given(toAlice, deleted, unusable, pending(assign(alice, before(early)))),
			want: waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown")},
	})
}

func TestADeletedObjectWithoutTheClaim(t *testing.T) {
	toBob := behind(rival(of(bob), owns(bob)))
	toAlice := behind(rival(owns(alice), confirmed))
	tell(t, []story{
		{
			name:  "goes at once when it assigned nobody, even in its grace",
			given: given(deletedAt(noon), toBob, notRead),
			want:  letsGo(NothingRecorded, Unclaimed),
			says:  "another CredentialAssignment manages the credential",
		}, {
			name:  "or when its person made room",
			given: given(makingRoom, deletedAt(noon), toBob, notRead),
			want:  letsGo(NothingRecorded, Unclaimed),
		}, {
			name:  "not before its grace when it assigned Alice",
			given: given(assignedTo(alice), deletedAt(noon), toBob, notRead),
			want:  waits(InGrace, after(grace), ""),
		}, {
			name:  "nor unseen",
			given: given(assignedTo(alice), deleted, toBob, notRead),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "nor when a lost write may have given it to her",
			given: given(pending(assign(alice, before(mid))), deleted, toBob, notRead),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "it takes it from Alice",
			given: given(assignedTo(alice), deleted, toBob, heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "or from whom a lost write gave it to",
			given: given(pending(assign(alice, before(mid))), deleted, toBob, heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "not from whom it only declares",
			given: given(assignedTo(carol), deleted, toBob, heldBy(alice)),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "when she has it no more it goes",
			given: given(assignedTo(alice), deleted, toBob, heldBy(bob)),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "it leaves Alice to the one that declares her too, once the API server confirms that it does",
			given: given(assignedTo(alice), deleted, behind(rival(owns(alice))), heldBy(alice)),
			want:  Decision{State: LeftToWinner, Action: ConfirmSuccessor, Successor: rivalUID},
		}, {
			name:  "as it then has",
			given: given(assignedTo(alice), deleted, toAlice, heldBy(alice)),
			want:  letsGo(LeftToWinner, Unclaimed),
			says:  "another CredentialAssignment manages the credential",
		}, {
			name:  "or her identity, once it is seen whose that is",
			given: given(assignedTo(alice), deleted, behind(rival(of(aliceIdentity), owns(aliceIdentity))), heldBy(alice)),
			want:  asksFor(alice),
		}, {
			name:  "as it then is",
			given: given(assignedTo(alice), deleted, behind(rival(of(aliceIdentity), owns(aliceIdentity), confirmed)), heldBy(alice), knownAs(alice, "id-alice")),
			want:  letsGo(LeftToWinner, Unclaimed),
		}, {
			name:  "the word of a winner whose key reads the credential in this workspace counts",
			given: given(assignedTo(alice), deleted, behind(rival(confirmed)), heldBy(alice)),
			want:  letsGo(LeftToWinner, Unclaimed),
		}, {
			name:  "that of one with a pending write too",
			given: given(assignedTo(alice), deleted, behind(rival(readsNothing, confirmed, lost(assign(alice, before(mid))))), heldBy(alice)),
			want:  letsGo(LeftToWinner, Unclaimed),
		}, {
			name:  "not the bare word of one that reads nothing",
			given: given(assignedTo(alice), deleted, behind(rival(readsNothing, confirmed)), heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "nor of one that reads another workspace",
			given: given(assignedTo(alice), deleted, behind(rival(readsIn(elsewhere), confirmed)), heldBy(alice)),
			want:  takes(alice),
		}, {
			name:  "an own successor counts before the winner",
			given: given(assignedTo(alice), deleted, behind(rival(uid("winner"), owns(alice), confirmed), rival(tookOver, confirmed)), heldBy(alice)),
			want:  Decision{State: Succeeded, Action: RemoveFinalizer, Reason: HandedOver, Successor: rivalUID},
		}, {
			name:  "whom the winner declares costs no read when nothing is to be taken away",
			given: given(assignedTo(alice), deleted, behind(rival(of(bobIdentity), owns(bobIdentity))), heldBy(carol)),
			want:  letsGo(PersonGone, ""),
		},
	})
}

func TestADeletedObjectIsHandedOver(t *testing.T) {
	gone := together(assignedTo(alice), deleted, heldBy(alice))
	handed := Decision{State: Succeeded, Action: RemoveFinalizer, Reason: HandedOver, Successor: rivalUID}
	ask := Decision{State: Succeeded, Action: ConfirmSuccessor, Successor: rivalUID}
	reread := readAgain(before(time.Second), Holder(alice))
	tell(t, []story{
		{
			name:  "to one that took Alice over, once the API server confirms that it stands so",
			given: given(gone, with(rival(tookOver))),
			want:  ask,
		}, {
			name:  "then it goes without taking anything away",
			given: given(gone, with(rival(tookOver, confirmed))),
			want:  handed,
			says:  "another CredentialAssignment declares the same person and took over",
		}, {
			name:  "not before its grace is over",
			given: given(gone, deletedAt(before(time.Second)), with(rival(tookOver, confirmed))),
			want:  waits(InGrace, after(time.Second), ""),
		}, {
			name:  "nor without an own read",
			given: given(gone, notRead, with(rival(tookOver, confirmed))),
			want:  does(CredentialUnread, ReadCredential),
		}, {
			name:  "with Retain the other one needs no finalizer",
			given: given(gone, with(rival(tookOver, confirmed, withFinalizer(false), func(p *Peer) { p.Declared.Retain = true }))),
			want:  handed,
		}, {
			name:  "without Retain it does: it is about to come",
			given: given(gone, with(rival(tookOver, confirmed, withFinalizer(false)))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name:  "its record has to be of its person",
			given: given(gone, with(rival(owns(bob), withFinalizer(true), reread, confirmed))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name: "and of this workspace",
			given: given(gone, with(rival(withFinalizer(true), reread, confirmed, func(p *Peer) {
				p.Record.AssignedTo = &AssignedTo{Person: alice, WorkspaceID: elsewhere}
			}))),
			want: Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name:  "its read has to be from after the deletion was seen",
			given: given(gone, with(rival(tookOver, confirmed, readAgain(before(3*time.Second), Holder(alice))))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name:  "or just then",
			given: given(gone, with(rival(tookOver, confirmed, readAgain(before(grace), Holder(alice))))),
			want:  handed,
		}, {
			name:  "of this holder",
			given: given(gone, with(rival(tookOver, confirmed, readAgain(before(time.Second), Holder{ACSUserID: "alice", UserIdentityID: "id-alice"})))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name:  "in this workspace",
			given: given(gone, with(rival(tookOver, confirmed, func(p *Peer) { p.LastRead.WorkspaceID = elsewhere }))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID}},
		}, {
			name:  "and for the person whom it declares by now",
			given: given(gone, with(rival(tookOver, confirmed, of(bob), owns(bob)))),
			want:  takes(alice),
		}, {
			name:  "one that read that Alice does not hold it takes nothing over",
			given: given(gone, with(rival(tookOver, confirmed, func(p *Peer) { p.LastRead.IsHeld = false }))),
			want:  takes(alice),
		}, {
			name:  "one that is suspended by now takes nothing over",
			given: given(gone, with(rival(tookOver, confirmed, isSuspended))),
			want:  takes(alice),
		}, {
			name:  "nor one that only observes",
			given: given(gone, with(rival(tookOver, confirmed, observes))),
			want:  takes(alice),
		}, {
			name:  "nor one that is being deleted as well",
			given: given(gone, with(rival(tookOver, confirmed, isDeleting))),
			want:  takes(alice),
		}, {
			name:  "nor one for Bob, though Bob held it when it was read",
			given: given(gone, with(rival(of(bob), tookOver, confirmed))),
			want:  takes(alice),
		}, {
			name:  "nor does an object take over from itself",
			given: given(gone, with(), func(in *Input) { in.Peers[0] = rival(uid(self), tookOver, confirmed) }),
			want:  takes(alice),
		}, {
			name:  "of those that are fit the one of the lowest UID takes over, in whatever order they are listed",
			given: given(gone, with(rival(uid("a"), tookOver, isSuspended), rival(uid("z"), tookOver, confirmed), rival(tookOver, confirmed), rival(uid("y"), tookOver, confirmed))),
			want:  Decision{State: Succeeded, Action: RemoveFinalizer, Reason: HandedOver, Successor: rivalUID},
		}, {
			name:  "an identity's owner took her over, whatever her ACS user is",
			given: given(gone, with(rival(of(aliceIdentity), owns(aliceIdentity), withFinalizer(true), reread, confirmed)), unknownToSeam(alice)),
			want:  handed,
		}, {
			name:  "a loser is handed over too, when nobody but its successor has her",
			given: given(gone, behind(rival(uid("winner"), of(bob), owns(bob)), rival(tookOver, confirmed))),
			want:  handed,
		}, {
			name:  "nothing is handed over while nobody holds it",
			given: given(gone, heldBy(nobody), with(rival(tookOver, confirmed))),
			want:  letsGo(PersonGone, ""),
		},
	})
}

func TestADeletedObjectWaitsForWhoIsAboutToTakeOver(t *testing.T) {
	gone := together(assignedTo(alice), deleted, heldBy(alice))
	expected := func(until time.Time) Decision {
		return Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: until, Awaited: []string{rivalUID}}
	}
	tell(t, []story{
		{
			name:  "one whose status shows that its key reads the credential, for a time-out",
			given: given(gone, with(rival())),
			want:  expected(after(timeout)),
			says:  "another CredentialAssignment declares the same person and is about to take over",
		}, {
			name:  "since it first waited",
			given: given(gone, waitsSince(before(early)), with(rival())),
			want:  expected(after(20 * time.Second)),
		}, {
			name:  "and no longer",
			given: given(gone, waitsSince(before(timeout)), with(rival())),
			want:  takes(alice),
		}, {
			name:  "one that was never handled, for 5 s",
			given: given(gone, with(rival(unhandled))),
			want:  expected(after(5 * time.Second)),
		}, {
			name:  "and no longer",
			given: given(gone, waitsSince(before(5*time.Second)), with(rival(unhandled))),
			want:  takes(alice),
		}, {
			name:  "however many there are, one after the other",
			given: given(gone, waitsSince(before(5*time.Second)), with(rival(uid("a"), unhandled), rival(uid("b"), unhandled), rival(uid("c"), unhandled))),
			want:  takes(alice),
		}, {
			name:  "all of them, in the order of their UIDs, in whatever order they are listed",
			given: given(gone, with(rival(uid("z")), rival(), rival(uid("y")))),
			want:  Decision{State: SuccessorExpected, Action: Report, Reason: "Unassigning", Until: after(timeout), Awaited: []string{rivalUID, "y", "z"}},
		}, {
			name:  "one worth waiting for behind one that is not",
			given: given(gone, waitsSince(before(5*time.Second)), with(rival(uid("a"), unhandled), rival())),
			want:  expected(after(25 * time.Second)),
		}, {
			name:  "not one whose key does not read it",
			given: given(gone, with(rival(readsNothing))),
			want:  takes(alice),
		}, {
			name:  "nor in another workspace",
			given: given(gone, with(rival(readsIn(elsewhere)))),
			want:  takes(alice),
		}, {
			name:  "nor one for Bob",
			given: given(gone, with(rival(of(bob)))),
			want:  takes(alice),
		}, {
			name:  "nor one that was never handled and is for Bob",
			given: given(gone, with(rival(of(bob), unhandled))),
			want:  takes(alice),
		}, {
			name:  "nor one for Bob that read that Alice holds it, when it was for her",
			given: given(gone, with(rival(readAgain(before(time.Second), Holder(alice)), of(bob)))),
			want:  takes(alice),
		}, {
			name:  "nor one that is suspended, observes or is deleted",
			given: given(gone, with(rival(uid("a"), isSuspended), rival(uid("b"), observes), rival(uid("c"), isDeleting))),
			want:  takes(alice),
		}, {
			name:  "nor one that has read since that Alice does not hold it",
			given: given(gone, with(rival(readAgain(before(time.Second), Holder(bob)), func(p *Peer) { p.LastRead.IsHeld = false }))),
			want:  takes(alice),
		}, {
			name:  "one that read so before the deletion was seen may read anew",
			given: given(gone, with(rival(readAgain(before(3*time.Second), Holder(bob)), func(p *Peer) { p.LastRead.IsHeld = false }))),
			want:  expected(after(timeout)),
		}, {
			name:  "one that read so when it declared Bob may read anew",
			given: given(gone, with(rival(of(bob), readAgain(before(time.Second), Holder(alice)), func(p *Peer) { p.LastRead.IsHeld = false }, of(alice)))),
			want:  expected(after(timeout)),
		}, {
			name:  "one that could not reach Seam yet, for 5 s, like one that was never handled",
			given: given(gone, with(rival(readsNothing, func(p *Peer) { p.Seen.Unreached = true }))),
			want:  expected(after(5 * time.Second)),
		}, {
			name:  "not one for whom the deleted one declares, while its own person still holds it",
			given: given(assignedTo(bob), deleted, heldBy(bob), with(rival())),
			want:  takes(bob),
		}, {
			name:  "nor itself",
			given: given(gone, with(), func(in *Input) { in.Peers[0] = rival(uid(self)) }),
			want:  takes(alice),
		}, {
			name:  "one that names her identity, once her ACS user was read",
			given: given(gone, with(rival(of(aliceIdentity)))),
			want:  asksFor(alice),
		}, {
			name:  "as it then is",
			given: given(gone, with(rival(of(aliceIdentity))), knownAs(alice, "id-alice")),
			want:  expected(after(timeout)),
		}, {
			name:  "one that names an identity merged into hers, as its own key read",
			given: given(gone, with(rival(of(identity("id-old")), readAgain(before(time.Second), Holder(alice)))), knownAs(alice, "id-alice")),
			want:  expected(after(timeout)),
		}, {
			name: "one that names her as the deleted one does, however Seam shows her",
			given: given(declares(identity("id-old")), assignedTo(identity("id-old")), deleted, heldBy(aliceIdentity), with(rival(of(identity("id-old")))),
				knownAs(identity("id-old"), "id-alice"), knownAs(aliceIdentity, "id-alice")),
			want: expected(after(timeout)),
		}, {
			name:  "before the API server is asked for rivals, and after",
			given: given(gone, rivalsUnasked, with(rival())),
			want:  expected(after(timeout)),
		}, {
			name:  "while Carol holds it nobody is waited for",
			given: given(gone, heldBy(carol), with(rival(unhandled))),
			want:  letsGo(PersonGone, ""),
		}, {
			name:  "a hundred identities that rivals name cost one read, of the holder",
			given: given(gone, with(rival(of(identity("id-1"))), rival(of(identity("id-2"))), rival(of(bobIdentity))), known(alice)),
			want:  takes(alice),
		},
	})
}

func TestWhoIsLookedAtNowBecauseADeletedObjectWaits(t *testing.T) {
	in := given(assignedTo(alice), deleted, heldBy(alice), with(
		rival(uid("reads")), rival(uid("for Bob"), of(bob)), rival(uid("never handled"), unhandled), rival(uid("observes"), observes)))
	if got := Decide(in).Awaited; !slices.Equal(got, []string{"never handled", "reads"}) {
		t.Errorf("it waits for %v", got)
	}
	in.Object.Deletion.WaitsSince = before(timeout)
	if got := Decide(in).Awaited; len(got) > 0 {
		t.Errorf("it waits for %v still", got)
	}
}

func TestWhatAKeyReadForOthers(t *testing.T) {
	read := PeerRead{At: noon, WorkspaceID: home, Person: alice, Holder: Holder(alice), IsHeld: true}
	other := PeerRead{At: noon, WorkspaceID: home, Person: alice, Holder: Holder(bob)}
	identity := PeerRead{At: noon, WorkspaceID: home, Person: aliceIdentity, Holder: Holder(alice), IsHeld: true}
	for _, c := range []struct {
		name  string
		given Input
		want  PeerRead
	}{
		{"Alice holds it", given(heldBy(alice)), read},
		{"Bob does", given(heldBy(bob)), other},
		{"nobody can tell yet whose ACS user holds it", given(declares(aliceIdentity), heldBy(alice)), PeerRead{}},
		{"then it is known", given(declares(aliceIdentity), heldBy(alice), knownAs(alice, "id-alice")), identity},
		{"a read that lags tells nothing", given(heldBy(bob), acceptedBefore(assign(alice, before(early)))), PeerRead{}},
	} {
		if got := Decide(c.given).Read; got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for _, c := range []struct {
		name  string
		given Input
		want  bool
	}{
		{"found in the right workspace", given(), true},
		{"whatever may be done to it", given(unusable), true},
		{"not read", given(notRead, keyOf(home)), false},
		{"missing", given(missing), false},
		{"by a key of which nobody knows the workspace", given(keyOf("")), false},
		{"in another workspace than the pinned one", given(pinnedTo(elsewhere)), false},
		{"in another workspace than the recorded one", given(assignedIn(elsewhere, alice)), false},
	} {
		if got := Decide(c.given).IsReadable; got != c.want {
			t.Errorf("%s: readable %t", c.name, got)
		}
	}
}

func TestWhoTookOver(t *testing.T) {
	peers := []Peer{
		rival(uid("took over"), tookOver),
		rival(uid("reads only"), readAgain(noon, Holder(alice))),
		rival(uid("suspended"), tookOver, isSuspended),
		rival(uid("took over as well"), tookOver),
		rival(uid("has not read it so"), tookOver, func(p *Peer) { p.LastRead.IsHeld = false }),
		rival(uid("read another workspace"), tookOver, func(p *Peer) { p.LastRead.WorkspaceID = elsewhere }),
	}
	got := Successors(peers)
	if len(got) != 2 || got[0] != 0 || got[1] != 3 {
		t.Errorf("those that took over are %v", got)
	}
}
