package assignment

import (
	"testing"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestPlanLooksFirst(t *testing.T) {
	tell(t, []story{
		{
			name:  "the credential",
			given: given(notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "the credential, even when the workspace is known",
			given: given(notRead, keyOf(home)),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "the key's workspace, when the credential does not tell",
			given: given(keyOf("")),
			want:  Decision{Step: ReadWorkspace},
		}, {
			name:  "the key's workspace, when there is no credential",
			given: given(missing, keyOf("")),
			want:  Decision{Step: ReadWorkspace},
		}, {
			name:  "one that shows again was missing for a moment only",
			given: given(unmanaged(Missing)),
			want:  assigning(alice),
		}, {
			name:  "the credentials that Seam does not manage, when it is not among the others",
			given: given(missing),
			want:  Decision{Step: ReadUnmanaged},
		}, {
			name:  "in mode Observe too",
			given: given(inMode(v1alpha1.ModeObserve), notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "behind another claim too",
			given: given(afterWinner(bob), notRead),
			want:  Decision{Step: ReadCredential},
		},
	})
}

func TestPlanCredentialThatCannotBeUsed(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []change
		want  string
		says  string
	}{
		{"a mistyped ID", []change{missing, unmanaged(Missing)}, "CredentialNotFound", "correct spec.acsCredentialID"},
		{"one that Seam only watches", []change{missing, unmanaged(Found)}, "CredentialUnusable", "use another one"},
		{"one that Seam is deleting", []change{unusable}, "CredentialUnusable", "use another one"},
		{"one that is unusable though Alice holds it", []change{unusable, heldBy(alice)}, "CredentialUnusable", "use another one"},
		{"a key of another workspace than the pinned one", []change{pinnedTo(elsewhere)}, "WorkspaceMismatch", "workspace-home, spec.workspaceID pins workspace-elsewhere"},
		{"a key of another workspace than the recorded one", []change{recorded(WriteAssign, alice), keyOf(elsewhere)}, "WorkspaceMismatch", "handled in workspace workspace-home before"},
		{"a key of another workspace than the last one", []change{lastSeenIn(elsewhere)}, "WorkspaceMismatch", "handled in workspace workspace-elsewhere before"},
		{"no credential, because the key is of another workspace", []change{missing, pinnedTo(elsewhere)}, "WorkspaceMismatch", "pins workspace-elsewhere"},
	} {
		want := []story{
			{name: c.name, given: given(c.given...), want: resting(c.want), says: c.says},
			{name: c.name + ", in mode Enforce", given: given(append(c.given, inMode(v1alpha1.ModeEnforce))...), want: resting(c.want), says: c.says},
			{name: c.name + ", behind another claim", given: given(append(c.given, afterWinner(alice))...), want: resting(c.want), says: c.says},
		}
		tell(t, want)
	}
	tell(t, []story{{
		name:  "a record names its workspace with more right than status",
		given: given(recorded(WriteAssign, alice), lastSeenIn(elsewhere)),
		want:  assigning(alice),
	}, {
		name:  "a record without workspace leaves it to status",
		given: given(recorded(WriteAssign, alice), func(s *Situation) { s.Marks.Record.WorkspaceID = "" }, lastSeenIn(elsewhere)),
		want:  resting("WorkspaceMismatch"),
	}, {
		name:  "a key of the pinned workspace will do",
		given: given(pinnedTo(home)),
		want:  assigning(alice),
	}})
}

func TestPlanAssigns(t *testing.T) {
	tell(t, []story{
		{
			name:  "a free credential goes to Alice",
			given: given(),
			want:  assigning(alice),
		}, {
			name:  "and so in mode Enforce",
			given: given(inMode(v1alpha1.ModeEnforce)),
			want:  assigning(alice),
		}, {
			name:  "Alice has it and the object its marks: nothing needs doing",
			given: given(recorded(WriteAssign, alice), finalizer, heldBy(alice)),
			want:  resting("Assigned"),
			says:  "Seam shows ACS user alice as the holder",
		}, {
			name:  "an identity has it",
			given: given(declares(aliceIdentity), recorded(WriteAssign, aliceIdentity), finalizer, heldBy(aliceIdentity)),
			want:  resting("Assigned"),
			says:  "Seam shows user identity id-alice as the holder",
		}, {
			name:  "Alice had it before anybody declared it: only marks",
			given: given(heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice, Finalizer: true},
		}, {
			name:  "Alice has it, but the record names Bob: only marks",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice, Finalizer: true},
		}, {
			name:  "Alice was to be released, and is declared again while she still has it",
			given: given(released(alice), finalizer, heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice, Finalizer: true},
		}, {
			name:  "somebody took the finalizer off",
			given: given(recorded(WriteAssign, alice), unfinalized, heldBy(alice)),
			want:  Decision{Step: Mark, Finalizer: true},
		}, {
			name:  "a switch back from Retain brings the finalizer back, whatever Seam says",
			given: given(recorded(WriteAssign, bob), unfinalized, notRead),
			want:  Decision{Step: Mark, Finalizer: true},
		}, {
			name:  "a record that somebody overwrote is written again",
			given: given(recorded(WriteAssign, alice), overwritten, heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice, Finalizer: true},
		}, {
			name:  "nobody's finalizer comes with a stranger who was expelled",
			given: given(expelled(carol), unfinalized, notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "a credential that became free is assigned again",
			given: given(recorded(WriteAssign, alice), finalizer),
			want:  assigning(alice),
		}, {
			name:  "an assignment that Seam refused is not asked for again",
			given: given(refused(WriteAssign, alice, Holder{})),
			want:  resting("InvalidRequest"),
			says:  "Seam refuses the request",
		}, {
			name:  "unless another person is declared",
			given: given(refused(WriteAssign, bob, Holder{})),
			want:  assigning(alice),
		}, {
			name:  "or the credential was not free then",
			given: given(refused(WriteAssign, alice, Holder{ACSUserID: "bob"})),
			want:  assigning(alice),
		}, {
			name:  "or the refusal was of a release",
			given: given(refused(WriteUnassign, alice, Holder{})),
			want:  assigning(alice),
		},
	})
}

func TestPlanRetain(t *testing.T) {
	tell(t, []story{
		{
			name:  "a free credential is assigned without a finalizer",
			given: given(retain),
			want:  Decision{Step: Assign, Person: alice},
		}, {
			name:  "Alice has it already: a record, no finalizer",
			given: given(retain, heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice},
		}, {
			name:  "Bob makes room without a finalizer",
			given: given(retain, recorded(WriteAssign, bob), heldBy(bob), known(alice)),
			want:  Decision{Step: Unassign, Person: bob, Owned: true},
		}, {
			name:  "the record alone is all there shall be",
			given: given(retain, recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "switching to Retain takes the finalizer off and leaves the record, before Seam is asked anything",
			given: given(retain, recorded(WriteAssign, alice), finalizer, notRead),
			want:  Decision{Step: Mark},
		}, {
			name:  "and so of an object behind another claim",
			given: given(retain, recorded(WriteAssign, alice), finalizer, notRead, afterWinner(bob)),
			want:  Decision{Step: Mark},
		},
	})
}

func TestPlanTakeover(t *testing.T) {
	tell(t, []story{
		{
			name:  "mode Assign takes nothing from Carol",
			given: given(heldBy(carol)),
			want:  resting("HeldByOther"),
			says:  "ACS user carol holds the credential",
		}, {
			name:  "nobody makes room for somebody of another access system",
			given: given(recorded(WriteAssign, bob), heldBy(bob), known(alice), inSystems("hotel", "office")),
			want:  resting("InvalidRequest"),
			says:  "ACS user bob keeps the credential",
		}, {
			name:  "but for somebody of the same one",
			given: given(recorded(WriteAssign, bob), heldBy(bob), known(alice), inSystems("hotel", "hotel")),
			want:  releasing(bob),
		}, {
			name:  "or when Seam does not say of which the person is",
			given: given(recorded(WriteAssign, bob), heldBy(bob), known(alice), inSystems("hotel", "")),
			want:  releasing(bob),
		}, {
			name:  "or of which the credential is",
			given: given(recorded(WriteAssign, bob), heldBy(bob), known(alice), inSystems("", "office")),
			want:  releasing(bob),
		}, {
			name:  "not even when this object's own person had it before her",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(carol)),
			want:  resting("HeldByOther"),
		}, {
			name:  "nor when Carol was in the way before, in mode Enforce",
			given: given(expelled(carol), finalizer, heldBy(carol)),
			want:  resting("HeldByOther"),
		}, {
			name:  "nor on the word of a record that cannot be read",
			given: given(unreadableRecord, finalizer, heldBy(bob)),
			want:  resting("HeldByOther"),
		}, {
			name:  "before Bob makes room, Alice must be seen to exist",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(bob)),
			want:  reading(alice),
		}, {
			name:  "a typo locks nobody out",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(bob), unknown(alice)),
			want:  resting("AssigneeNotFound"),
			says:  "Seam has no ACS user alice in this workspace, so ACS user bob keeps the credential",
		}, {
			name:  "Bob makes room for Alice",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(bob), known(alice)),
			want:  releasing(bob),
		}, {
			name:  "Bob was being released when the operator was killed",
			given: given(released(bob), finalizer, heldBy(bob), known(alice)),
			want:  releasing(bob),
		}, {
			name:  "once Bob is gone, Alice gets it",
			given: given(released(bob), finalizer, known(alice)),
			want:  assigning(alice),
		}, {
			name:  "an assignment to Bob that was lost landed late: he makes room",
			given: given(recorded(WriteAssign, alice), finalizer, stray(bob), heldBy(bob), known(alice)),
			want:  Decision{Step: Mark, Person: bob, Finalizer: true},
		}, {
			name:  "Carol is no stray",
			given: given(recorded(WriteAssign, alice), finalizer, stray(bob), heldBy(carol), known(alice)),
			want:  resting("HeldByOther"),
		}, {
			name:  "a refused release is not asked for again",
			given: given(recorded(WriteAssign, bob), finalizer, heldBy(bob), known(alice), refused(WriteUnassign, bob, Holder{ACSUserID: "bob"})),
			want:  resting("InvalidRequest"),
		}, {
			name:  "nor does it make room for somebody whom Seam does not take",
			given: given(recorded(WriteAssign, bob), heldBy(bob), known(alice), refused(WriteAssign, alice, Holder{})),
			want:  resting("InvalidRequest"),
		}, {
			name:  "mode Enforce takes it from Carol",
			given: given(inMode(v1alpha1.ModeEnforce), heldBy(carol), known(alice)),
			want:  expelling(carol),
		}, {
			name:  "but not for somebody whom Seam does not know",
			given: given(inMode(v1alpha1.ModeEnforce), heldBy(carol), unknown(alice)),
			want:  resting("AssigneeNotFound"),
		}, {
			name:  "nor before it has asked",
			given: given(inMode(v1alpha1.ModeEnforce), heldBy(carol)),
			want:  reading(alice),
		}, {
			name:  "mode Enforce remembers that Bob was the object's own",
			given: given(inMode(v1alpha1.ModeEnforce), recorded(WriteAssign, bob), finalizer, heldBy(bob), known(alice)),
			want:  releasing(bob),
		}, {
			name:  "somebody shown as ACS user and identity is released as ACS user",
			given: given(inMode(v1alpha1.ModeEnforce), showing(Holder{ACSUserID: "carol", UserIdentityID: "id-carol"}), known(alice)),
			want:  expelling(carol),
		}, {
			name:  "somebody shown as identity only is released as identity",
			given: given(recorded(WriteAssign, bobIdentity), finalizer, heldBy(bobIdentity), known(alice)),
			want:  releasing(bobIdentity),
		},
	})
}

func TestPlanObservation(t *testing.T) {
	observe := inMode(v1alpha1.ModeObserve)
	tell(t, []story{
		{
			name:  "Alice has it",
			given: given(observe, heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "nobody has it",
			given: given(observe),
			want:  resting("Drifted"),
			says:  "nobody holds the credential at Seam, ACS user alice is declared",
		}, {
			name:  "Carol has it",
			given: given(observe, heldBy(carol)),
			want:  resting("Drifted"),
			says:  "ACS user carol holds the credential at Seam, ACS user alice is declared",
		}, {
			name:  "whether the holder is Alice's identity takes a look",
			given: given(observe, declares(aliceIdentity), heldBy(alice)),
			want:  reading(alice),
		}, {
			name:  "the finalizer of another mode goes",
			given: given(observe, finalizer, notRead),
			want:  Decision{Step: Unmark},
		}, {
			name:  "and so does the record",
			given: given(observe, recorded(WriteAssign, alice), notRead),
			want:  Decision{Step: Unmark},
		}, {
			name:  "even one that cannot be read",
			given: given(observe, unreadableRecord, notRead),
			want:  Decision{Step: Unmark},
		}, {
			name:  "the claim of another object does not matter to it",
			given: given(observe, afterWinner(bob), heldBy(bob)),
			want:  resting("Drifted"),
		},
	})
}

func TestPlanSuspended(t *testing.T) {
	for _, mode := range []v1alpha1.Mode{"", v1alpha1.ModeAssign, v1alpha1.ModeEnforce, v1alpha1.ModeObserve} {
		tell(t, []story{{
			name:  "nothing is looked at in mode " + string(mode),
			given: given(suspended, inMode(mode), finalizer, notRead),
			want:  resting("Suspended"),
			says:  "until spec.suspend is false",
		}})
	}
	tell(t, []story{{
		name:  "a deleted object is cleaned up all the same",
		given: given(suspended, deleted, heldBy(alice)),
		want:  releasing(alice),
	}})
}

func TestPlanTellsOfAnAnnotationThatWillTakeNothingAway(t *testing.T) {
	tell(t, []story{{
		name:  "while the object lives",
		given: given(recorded(WriteAssign, alice), heldBy(alice), abandoned),
		want:  resting("Assigned"),
		says:  "Seam shows ACS user alice as the holder; deleting this object will take nothing away",
	}})
}

func TestPlanLoser(t *testing.T) {
	tell(t, []story{
		{
			name:  "another object has it for Bob",
			given: given(afterWinner(bob), heldBy(bob)),
			want:  resting("ConflictingClaim"),
			says:  "delete one of the two",
		}, {
			name:  "even while it is free, and in mode Enforce",
			given: given(afterWinner(bob), inMode(v1alpha1.ModeEnforce)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "another object manages it for Alice too",
			given: given(afterWinner(alice), heldBy(alice)),
			want:  resting("Assigned"),
			says:  "Seam shows ACS user alice as the holder; another CredentialAssignment manages it",
		}, {
			name:  "whoever holds it, the other object has it for Bob",
			given: given(afterWinner(bob), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "and is leaving: this one marks itself, so as to take over",
			given: given(afterWinner(alice), winnerLeaving, heldBy(alice)),
			want:  Decision{Step: Mark, Person: alice, Finalizer: true},
		}, {
			name:  "and is leaving, and this one is marked",
			given: given(afterWinner(alice), winnerLeaving, recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "and is leaving, and Carol holds it",
			given: given(afterWinner(alice), winnerLeaving, heldBy(carol)),
			want:  resting("Assigning"),
		}, {
			name:  "and is stuck, which is true of both",
			given: given(afterWinner(alice), winnerStalled("HeldByOther"), heldBy(carol)),
			want:  resting("HeldByOther"),
			says:  "it is stalled for this reason",
		}, {
			name:  "and is suspended, so that nobody gives it to her",
			given: given(afterWinner(alice), winnerSuspended),
			want:  resting("ConflictingClaim"),
			says:  "set its spec.suspend to false",
		}, {
			name:  "and is suspended, and she has it all the same",
			given: given(afterWinner(alice), winnerSuspended, heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "for Alice's identity, which is Alice",
			given: given(afterWinner(aliceIdentity), heldBy(alice), knownAs(alice, "id-alice")),
			want:  resting("Assigned"),
		}, {
			name:  "and has not given it to her yet",
			given: given(afterWinner(alice)),
			want:  resting("Assigning"),
		}, {
			name:  "whether the holder is Alice's identity takes a look",
			given: given(afterWinner(bob), declares(aliceIdentity), heldBy(alice)),
			want:  reading(alice),
		},
	})
}
