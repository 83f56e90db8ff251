package assignment

import (
	"testing"
	"time"
)

const (
	early = 10 * time.Second // before the deadline of a call
	mid   = 40 * time.Second // after its deadline, before twice the time-out
	late  = 60 * time.Second // twice the time-out
)

func TestAReadThatShowsALostWriteSettlesIt(t *testing.T) {
	toAlice, toBob, fromBob := assign(alice, before(early)), assign(bob, before(early)), unassign(bob, before(early))
	tell(t, []story{
		{
			name:    "an assign that shows makes the person the object's own",
			given:   given(pending(toAlice), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "even when another is declared by now",
			given:   given(pending(toBob), heldBy(bob), known(alice)),
			want:    makesRoom(bob),
			becomes: record(owner(bob, noon)),
		}, {
			name:    "one that does not show stands",
			given:   given(pending(toAlice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			says:    "the answer to the assign of ACS user alice was lost",
			becomes: record(nil, toAlice),
		}, {
			name:    "one does not show in another's hands either",
			given:   given(pending(toAlice), heldBy(carol)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(nil, toAlice),
		}, {
			name:    "an unassign that shows leaves nobody its own",
			given:   given(assignedTo(bob), pending(fromBob)),
			want:    assigns(alice),
			becomes: record(owner(nobody, noon)),
		}, {
			name:    "an unassign shows in another's hands too",
			given:   given(assignedTo(bob), pending(fromBob), heldBy(carol)),
			want:    reports(HeldByOther, "HeldByOther"),
			becomes: record(owner(nobody, noon)),
		}, {
			name:    "an unassign of a stranger leaves its own person",
			given:   given(enforce, assignedTo(alice), pending(unassign(carol, before(early)))),
			want:    assigns(alice),
			becomes: record(owner(alice, morning)),
		}, {
			name:    "an unassign that does not show stands",
			given:   given(assignedTo(bob), pending(fromBob), heldBy(bob)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			says:    "the answer to the unassign of ACS user bob was lost",
			becomes: record(owner(bob, morning), fromBob),
		}, {
			name:    "an unassign that does not show while its person is declared again",
			given:   given(assignedTo(alice), pending(unassign(alice, before(early))), heldBy(alice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, morning), unassign(alice, before(early))),
		}, {
			name:    "a read that began before the write tells nothing",
			given:   given(pending(toAlice), heldBy(alice), readAt(before(11*time.Second))),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(nil, toAlice),
		}, {
			name:    "one that began with it does",
			given:   given(pending(toAlice), heldBy(alice), readAt(before(early))),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "nor does one with a key of another workspace",
			given:   given(assignedTo(bob), pending(toAlice), heldBy(alice), keyOf(elsewhere)),
			want:    waits(OtherWorkspace, after(50*time.Second), "WorkspaceMismatch"),
			becomes: record(owner(bob, morning), toAlice),
		}, {
			name:    "nor one before the workspace is known",
			given:   given(pending(toAlice), heldBy(alice), keyOf("")),
			want:    does(WorkspaceUnread, ReadWorkspace),
			becomes: record(nil, toAlice),
		}, {
			name:    "nor none at all",
			given:   given(assignedTo(bob), pending(fromBob), notRead, keyOf(home)),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(owner(bob, morning), fromBob),
		}, {
			name:    "one settles in its own order: Bob makes room, Alice has it",
			given:   given(assignedTo(bob), pending(unassign(bob, before(mid)), toAlice), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "a person who was found before it is not found anew",
			given:   given(assignedTo(alice), pending(toAlice), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, morning)),
		}, {
			name:    "unless it was in another workspace",
			given:   given(assignedIn("", alice), pending(toAlice), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "whether it shows may take another read, and nothing is settled before",
			given:   given(declares(aliceIdentity), pending(assign(aliceIdentity, before(early))), heldBy(alice)),
			want:    asksFor(alice),
			becomes: record(nil, assign(aliceIdentity, before(early))),
		},
	})
}

func TestTheOperatorTellsWhenItAssigned(t *testing.T) {
	began := before(11 * time.Second) // by the clock of the process that sent it
	w := assign(alice, before(early))
	w.StartedAt = began
	if got := Decide(given(pending(w), heldBy(alice))).AssignedAt; !got.Equal(began) {
		t.Errorf("assigned at %v, want %v", got, began)
	}
	for name, in := range map[string]Input{
		"one that does not show":      given(pending(w)),
		"one found as declared":       given(heldBy(alice)),
		"an unassign that shows":      given(pending(unassign(bob, before(early)))),
		"one that an observer sees":   given(observe, pending(w), heldBy(alice)),
		"one that was settled before": given(assignedTo(alice), heldBy(alice)),
	} {
		if got := Decide(in).AssignedAt; !got.IsZero() {
			t.Errorf("%s: assigned at %v", name, got)
		}
	}
}

func TestTwoLostCallsForTheSameSettleByTimeAlone(t *testing.T) {
	first, second := assign(alice, before(mid)), assign(alice, before(early))
	old, unseen := assign(alice, before(late)), assign(alice, before(35*time.Second))
	tell(t, []story{
		{
			name:    "one of the two shows, and nobody knows which: the other may still come",
			given:   given(pending(first, second), heldBy(alice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), first, second),
		}, {
			name:    "it cannot undo what is declared, once no call is under way",
			given:   given(pending(first, unseen), heldBy(alice)),
			want:    waits(Held, after(25*time.Second), "Assigned"),
			becomes: record(owner(alice, noon), first, unseen),
		}, {
			name:    "the first does not leave before the second: what it did would pass for what the second did",
			given:   given(pending(old, second), heldBy(alice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), old, second),
		}, {
			name:    "both leave when the time of the second is over",
			given:   given(pending(old, second), heldBy(alice), at(after(50*time.Second))),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, after(50*time.Second))),
		}, {
			name:    "not a second before",
			given:   given(pending(old, second), heldBy(alice), at(after(49*time.Second))),
			want:    waits(Held, after(50*time.Second), "Assigned"),
			becomes: record(owner(alice, after(49*time.Second)), old, second),
		}, {
			name:    "a call of another kind does not keep it",
			given:   given(pending(assign(bob, before(late)), unassign(bob, before(early)), assign(alice, before(early))), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "an assign and an unassign are no twins",
			given:   given(pending(first, unassign(alice, before(late))), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "nor are assigns of two persons",
			given:   given(pending(first, assign(bob, before(late))), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "the twin may be another object's",
			given:   given(pending(first), othersPending(second), heldBy(alice), known(carol)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), first),
		}, {
			name:    "or that of an object that is no more",
			given:   given(pending(first), orphaned(second), heldBy(alice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), first),
		}, {
			name:    "the object itself, listed among the peers, is no twin of its own",
			given:   given(pending(first), with(), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, noon)),
		}, {
			name:    "one that Seam accepted before is a twin too: it may have brought it about",
			given:   given(accepted(first), pending(second), heldBy(alice)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), acknowledged(first), second),
		}, {
			name:    "and one that it accepted since: the lost one may still come",
			given:   given(pending(first), accepted(second), heldBy(alice)),
			want:    waits(Held, after(50*time.Second), "Assigned"),
			becomes: record(owner(alice, noon), first, acknowledged(second)),
		}, {
			name:    "but one that Seam accepted and showed is over",
			given:   given(assignedTo(alice), acceptedBefore(first), pending(second), heldBy(alice)),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(alice, morning)),
		},
	})
}

func TestAWriteThatNoReadShowsIsOverAtTwiceTheTimeout(t *testing.T) {
	almost := late - time.Second
	tell(t, []story{
		{
			name:    "a lost assign leaves by a read then",
			given:   given(assignedTo(bob), pending(assign(alice, before(late))), heldBy(carol)),
			want:    reports(HeldByOther, "HeldByOther"),
			becomes: record(owner(bob, morning)),
		}, {
			name:    "not a second before",
			given:   given(assignedTo(bob), pending(assign(alice, before(almost))), heldBy(carol)),
			want:    waits(HeldByOther, after(time.Second), "HeldByOther"),
			becomes: record(owner(bob, morning), assign(alice, before(almost))),
		}, {
			name:    "nor by a read that began before that: another one is due at once",
			given:   given(assignedTo(bob), pending(assign(alice, before(late))), heldBy(carol), readAt(before(time.Second))),
			want:    waits(HeldByOther, noon, "HeldByOther"),
			becomes: record(owner(bob, morning), assign(alice, before(late))),
		}, {
			name:    "nor by time alone: the credential is read once more",
			given:   given(assignedTo(bob), pending(assign(alice, before(time.Hour))), notRead),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(owner(bob, morning), assign(alice, before(time.Hour))),
		}, {
			name:    "nor by a read in another workspace, which is not repeated in haste",
			given:   given(assignedTo(bob), pending(assign(alice, before(time.Hour))), keyOf(elsewhere)),
			want:    reports(OtherWorkspace, "WorkspaceMismatch"),
			becomes: record(owner(bob, morning), assign(alice, before(time.Hour))),
		}, {
			name:    "not even just then",
			given:   given(assignedTo(bob), pending(assign(alice, before(late))), keyOf(elsewhere)),
			want:    reports(OtherWorkspace, "WorkspaceMismatch"),
			becomes: record(owner(bob, morning), assign(alice, before(late))),
		}, {
			name:    "an unassign leaves so too, and its person stays the object's own",
			given:   given(assignedTo(bob), pending(unassign(bob, before(late))), heldBy(bob), known(alice)),
			want:    makesRoom(bob),
			becomes: record(owner(bob, morning)),
		}, {
			name:    "an accepted write that never shows, too",
			given:   given(accepted(assign(alice, before(late)))),
			want:    assigns(alice),
			becomes: record(nil),
		}, {
			name:    "of two, the first to end is looked for",
			given:   given(pending(assign(bob, before(mid)), assign(carol, before(50*time.Second))), heldBy(alice)),
			want:    waits(HeldUntilUndone, after(10*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, noon), assign(bob, before(mid)), assign(carol, before(50*time.Second))),
		},
	})
}

func TestTheCredentialsAbsenceSettlesEverything(t *testing.T) {
	writes := pending(assign(alice, before(early)), unassign(bob, before(early)))
	tell(t, []story{
		{
			name:    "once it is found nowhere in its workspace",
			given:   given(assignedTo(bob), writes, gone),
			want:    reports(CredentialMissing, "CredentialNotFound"),
			becomes: record(owner(bob, morning)),
		}, {
			name:    "as status knows the workspace",
			given:   given(handledIn(home), writes, gone),
			want:    reports(CredentialMissing, "CredentialNotFound"),
			becomes: record(nil),
		}, {
			name:    "not before it was looked for among those that Seam does not manage",
			given:   given(assignedTo(bob), pending(assign(alice, before(early))), missing),
			want:    does(UnmanagedUnread, ReadUnmanaged),
			becomes: record(owner(bob, morning), assign(alice, before(early))),
		}, {
			name:    "nor when it is found there",
			given:   given(assignedTo(bob), pending(assign(alice, before(early))), missing, unmanaged(Found)),
			want:    waits(CredentialUnusable, after(50*time.Second), "CredentialUnusable"),
			becomes: record(owner(bob, morning), assign(alice, before(early))),
		}, {
			name:    "nor when it is absent from another workspace",
			given:   given(assignedTo(bob), pending(assign(alice, before(early))), gone, keyOf(elsewhere)),
			want:    waits(OtherWorkspace, after(50*time.Second), "WorkspaceMismatch"),
			becomes: record(owner(bob, morning), assign(alice, before(early))),
		}, {
			name:    "nor from one that is not the pinned one",
			given:   given(assignedTo(bob), pinnedTo(elsewhere), pending(assign(alice, before(early))), gone),
			want:    waits(OtherWorkspace, after(50*time.Second), "WorkspaceMismatch"),
			becomes: record(owner(bob, morning), assign(alice, before(early))),
		}, {
			name:    "nor before the workspace of the key is known",
			given:   given(pending(assign(alice, before(early))), gone, keyOf("")),
			want:    does(WorkspaceUnread, ReadWorkspace),
			becomes: record(nil, assign(alice, before(early))),
		}, {
			name:    "nor when it shows again",
			given:   given(assignedTo(bob), pending(assign(alice, before(early))), unmanaged(Missing)),
			want:    waits(WriteInFlight, after(20*time.Second), "OutcomeUnknown"),
			becomes: record(owner(bob, morning), assign(alice, before(early))),
		}, {
			name:    "nor when nobody knows in which workspace it was",
			given:   given(pending(assign(alice, before(early))), gone),
			want:    waits(CredentialMissing, after(50*time.Second), "CredentialNotFound"),
			becomes: record(nil, assign(alice, before(early))),
		},
	})
}

func TestWithRetainOrObserveTimeAloneEndsAPendingWrite(t *testing.T) {
	old, young := assign(bob, before(late)), assign(bob, before(late-time.Second))
	tell(t, []story{
		{
			name:    "a finalizer that is not wanted any more leaves then, read or not",
			given:   given(retain, pending(old), finalizer, notRead),
			want:    letsGo(FinalizerUnwanted, Retained),
			becomes: record(nil),
		}, {
			name:    "not a second before",
			given:   given(retain, pending(young), finalizer, notRead),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(nil, young),
		}, {
			name:    "and so with mode Observe, which forgets its person too",
			given:   given(assignedTo(bob), observe, pending(old), finalizer, notRead),
			want:    letsGo(FinalizerUnwanted, Retained),
			becomes: record(nil),
		}, {
			name:    "which it keeps in mind before",
			given:   given(assignedTo(bob), observe, pending(young), finalizer, notRead),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(owner(bob, morning), young),
		}, {
			name:    "and so when the object is deleted",
			given:   given(deleted, retain, pending(old), notRead),
			want:    letsGo(FinalizerUnwanted, Retained),
			becomes: record(nil),
		}, {
			name:    "with deletionPolicy Unassign a read is needed",
			given:   given(pending(old), notRead),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(nil, old),
		}, {
			name:    "without a finalizer nothing waits for it, and a read tells more: Bob is the object's own",
			given:   given(retain, pending(old), notRead),
			want:    does(CredentialUnread, ReadCredential),
			becomes: record(nil, old),
		}, {
			name:    "as the read shows",
			given:   given(retain, pending(old), heldBy(bob), known(alice)),
			want:    makesRoom(bob),
			becomes: record(owner(bob, noon)),
		},
	})
}

func TestModeObserveForgetsWhomTheObjectAssigned(t *testing.T) {
	tell(t, []story{
		{
			name:    "at once",
			given:   given(assignedTo(alice), observe, noFinalizer, heldBy(alice)),
			want:    reports(OnlyObserved, "Assigned"),
			becomes: record(nil),
		}, {
			name:    "before anything is read",
			given:   given(assignedTo(alice), observe, notRead),
			want:    letsGo(FinalizerUnwanted, Retained),
			becomes: record(nil),
		}, {
			name:    "while it is suspended too",
			given:   given(assignedTo(alice), observe, suspended, noFinalizer, notRead),
			want:    reports(IsSuspended, "Suspended"),
			becomes: record(nil),
		}, {
			name:    "but not before its last write is known",
			given:   given(assignedTo(alice), observe, pending(assign(bob, before(early))), heldBy(alice)),
			want:    waits(OnlyObserved, after(50*time.Second), "OutcomeUnknown"),
			becomes: record(owner(alice, morning), assign(bob, before(early))),
		}, {
			name:    "a write that shows makes nobody its own any more",
			given:   given(observe, pending(assign(alice, before(early))), noFinalizer, heldBy(alice)),
			want:    reports(OnlyObserved, "Assigned"),
			becomes: record(nil),
		}, {
			name:    "nothing else forgets: not a credential that is gone",
			given:   given(assignedTo(alice), gone),
			want:    reports(CredentialMissing, "CredentialNotFound"),
			becomes: record(owner(alice, morning)),
		}, {
			name:    "not another holder",
			given:   given(assignedTo(alice), heldBy(carol)),
			want:    reports(HeldByOther, "HeldByOther"),
			becomes: record(owner(alice, morning)),
		}, {
			name:    "not suspension",
			given:   given(assignedTo(alice), suspended, heldBy(carol)),
			want:    reports(IsSuspended, "Suspended"),
			becomes: record(owner(alice, morning)),
		}, {
			name:    "not a lost claim",
			given:   given(assignedTo(alice), behind(rival(owns(bob), of(bob))), heldBy(bob)),
			want:    reports(NotTheWinner, "ConflictingClaim"),
			becomes: record(owner(alice, morning)),
		},
	})
}

func TestARecordWithOneMoreWrite(t *testing.T) {
	first, second := assign(alice, before(mid)), unassign(bob, noon)
	kept := owner(bobIdentity, morning)
	before := Record{AssignedTo: kept, Pending: make([]PendingWrite, 1, 4)}
	before.Pending[0] = first

	if got := before.With(second, false); !sameRecord(got, *record(owner(bobIdentity, morning), first, second)) {
		t.Errorf("the record becomes %s", recordText(got))
	}
	if got := before.With(second, true); !sameRecord(got, *record(owner(bob, morning), first, second)) {
		t.Errorf("the own person is not named as in the write: %s", recordText(got))
	}
	other := before.With(assign(carol, noon), false)
	if before.With(second, false); !sameRecord(other, *record(owner(bobIdentity, morning), first, assign(carol, noon))) {
		t.Errorf("two records share their writes: %s", recordText(other))
	}
	if !sameRecord(before, *record(owner(bobIdentity, morning), first)) || kept.Person != bobIdentity {
		t.Errorf("the record before is changed: %s", recordText(before))
	}
	if got := (Record{}).With(second, true); !sameRecord(got, *record(nil, second)) {
		t.Errorf("a record of nobody becomes %s", recordText(got))
	}
	if got := (Record{AssignedTo: owner(nobody, morning)}).With(second, true); !sameRecord(got, *record(owner(nobody, morning), second)) {
		t.Errorf("a record that makes room becomes %s", recordText(got))
	}
}

func TestARecordWithoutARefusedWrite(t *testing.T) {
	first, second := assign(alice, before(mid)), assign(alice, before(early))
	r := *record(owner(alice, morning), first, second)
	refused := acknowledged(second)
	refused.SentAt = after(time.Hour) // by which clock it was sent does not matter
	if got := r.Without(refused); !sameRecord(got, *record(owner(alice, morning), first)) {
		t.Errorf("the record becomes %s", recordText(got))
	}
	if got := r.Without(assign(alice, noon)); !sameRecord(got, r) {
		t.Errorf("a write that is not in it takes one out: %s", recordText(got))
	}
	if got := r.Without(unassign(alice, before(early))); !sameRecord(got, r) {
		t.Errorf("the opposite takes one out: %s", recordText(got))
	}
	if !sameRecord(r, *record(owner(alice, morning), first, second)) {
		t.Errorf("the record before is changed: %s", recordText(r))
	}
}

func TestWhatARecordTells(t *testing.T) {
	for _, c := range []struct {
		name  string
		given Record
		empty bool
		owner Person
	}{
		{"nothing", Record{}, true, nobody},
		{"whom it assigned", *record(owner(alice, morning)), false, alice},
		{"that it makes room", *record(owner(nobody, morning)), false, nobody},
		{"a write", *record(nil, assign(alice, noon)), false, nobody},
	} {
		if c.given.IsEmpty() != c.empty || c.given.AssignedPerson() != c.owner {
			t.Errorf("%s: empty %t, of %v", c.name, c.given.IsEmpty(), c.given.AssignedPerson())
		}
	}
}

func TestWhoMayHoldTheCredentialBecauseOfAnObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given Input
		want  Person
	}{
		"nobody was ever assigned: whom it declares":     {given(), alice},
		"whom it assigned":                               {given(assignedTo(bob)), bob},
		"whom a pending assign names":                    {given(assignedTo(bob), pending(assign(carol, noon))), carol},
		"not whom a pending unassign names":              {given(assignedTo(bob), pending(unassign(carol, noon))), bob},
		"while it makes room for another, whom it means": {given(makingRoom), alice},
	} {
		if got := c.given.Object.MayHold(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
