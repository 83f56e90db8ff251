package assignment

import (
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestPlanDeletion(t *testing.T) {
	toBob := recorded(WriteAssign, bob)
	tell(t, []story{
		{
			name:  "without this operator's finalizer there is nothing to do",
			given: given(deletedJustNow, heldBy(alice), notRead),
			want:  resting(""),
		}, {
			name:  "a declaration that replaces this one gets a moment to appear",
			given: given(finalizer, deletedJustNow, notRead),
			want:  waiting(noon.Add(2*time.Second), "Unassigning"),
			says:  "unless another CredentialAssignment takes over",
		}, {
			name:  "and no more than that",
			given: given(finalizer, deletedJustNow, at(noon.Add(2*time.Second)), heldBy(alice)),
			want:  releasing(alice),
		}, {
			name:  "the credential is read",
			given: given(deleted, notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "it is taken from Alice",
			given: given(deleted, recorded(WriteAssign, alice), heldBy(alice)),
			want:  releasing(alice),
		}, {
			name:  "even when this object did not give it to her",
			given: given(deleted, heldBy(alice)),
			want:  releasing(alice),
		}, {
			name:  "and from Bob, to whom this object gave it, though Alice is declared by now",
			given: given(deleted, toBob, heldBy(bob)),
			want:  releasing(bob),
		}, {
			name:  "and from Bob, to whom a lost assignment gave it late",
			given: given(deleted, recorded(WriteAssign, alice), stray(bob), heldBy(bob)),
			want:  releasing(bob),
		}, {
			name:  "it is taken from the ACS user of the declared identity",
			given: given(deleted, declares(aliceIdentity), heldBy(alice), knownAs(alice, "id-alice")),
			want:  releasing(alice),
		}, {
			name:  "once it is seen who that is",
			given: given(deleted, declares(aliceIdentity), heldBy(alice)),
			want:  reading(alice),
		}, {
			name:  "nothing is taken from Carol",
			given: given(deleted, recorded(WriteAssign, alice), heldBy(carol)),
			want:  finishing(""),
		}, {
			name:  "not even in mode Enforce",
			given: given(deleted, inMode(v1alpha1.ModeEnforce), recorded(WriteAssign, alice), heldBy(carol)),
			want:  finishing(""),
		}, {
			name:  "nor when she was in the way before",
			given: given(deleted, inMode(v1alpha1.ModeEnforce), expelled(carol), heldBy(carol)),
			want:  finishing(""),
		}, {
			name:  "the object goes when nobody has it",
			given: given(deleted, recorded(WriteAssign, alice)),
			want:  finishing(""),
		}, {
			name:  "a refused release is not asked for again",
			given: given(deleted, heldBy(alice), refused(WriteUnassign, alice, Holder{ACSUserID: "alice"})),
			want:  resting("InvalidRequest"),
		}, {
			name:  "a refused assignment is no reason not to release",
			given: given(deleted, heldBy(alice), refused(WriteAssign, alice, Holder{ACSUserID: "alice"})),
			want:  releasing(alice),
		},
	})
}

func TestPlanDeletionThatTakesNothing(t *testing.T) {
	observe := inMode(v1alpha1.ModeObserve)
	tell(t, []story{
		{
			name:  "somebody gave the clean-up up",
			given: given(deleted, abandoned, notRead),
			want:  finishing("Abandoned"),
			says:  "whoever holds the credential keeps it",
		}, {
			name:  "and does not wait for a replacement or a lost write",
			given: given(finalizer, deletedJustNow, abandoned, recorded(WriteAssign, alice), lost(later), notRead),
			want:  finishing("Abandoned"),
		}, {
			name:  "the declaration retains",
			given: given(deleted, retain, heldBy(alice)),
			want:  finishing("Retained"),
		}, {
			name:  "the declaration only observes",
			given: given(deleted, observe, heldBy(alice)),
			want:  finishing("Retained"),
		}, {
			name:  "another object has the claim",
			given: given(deleted, afterWinner(bob), heldBy(alice)),
			want:  finishing("Unclaimed"),
		}, {
			name:  "another object has the claim, and Alice has it by this one: it is not let go unseen",
			given: given(deleted, afterWinner(bob), recorded(WriteAssign, alice), notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "nor when a lost write may have given it to her",
			given: given(deleted, afterWinner(bob), stray(alice), notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "while she has it the object stays",
			given: given(deleted, afterWinner(bob), recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
			says:  "ACS user alice holds the credential by this object",
		}, {
			name:  "or by the lost write",
			given: given(deleted, afterWinner(bob), stray(alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "when she has it no more it goes",
			given: given(deleted, afterWinner(bob), recorded(WriteAssign, alice), heldBy(bob)),
			want:  finishing("Unclaimed"),
		}, {
			name:  "unless a lost assign may still land",
			given: given(deleted, afterWinner(bob), recorded(WriteAssign, alice), lost(later), heldBy(bob)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "a key of another workspace does not tell",
			given: given(deleted, afterWinner(bob), recorded(WriteAssign, alice), keyOf(elsewhere)),
			want:  resting("WorkspaceMismatch"),
		}, {
			name:  "the other one is deleted too, and takes it from her first",
			given: given(deleted, afterWinner(alice), winnerLeaving, recorded(WriteAssign, alice), heldBy(alice)),
			want:  waiting(later, "Unassigning"),
		}, {
			name:  "the other one is deleted too, and stalled",
			given: given(deleted, afterWinner(alice), winnerLeaving, winnerStalled("SecretNotFound"), recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "the other one has taken over, and was suspended since",
			given: given(deleted, afterWinner(alice), winnerTookOver, winnerSuspended, recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "the other one is about to take over",
			given: given(deleted, afterWinner(alice), recorded(WriteAssign, alice), heldBy(alice)),
			want:  waiting(later, "Unassigning"),
		}, {
			name:  "the other one has marked itself for her identity, and so takes over",
			given: given(deleted, afterWinner(aliceIdentity), winnerTookOver, recorded(WriteAssign, alice), heldBy(alice), knownAs(alice, "id-alice")),
			want:  finishing("HandedOver"),
		}, {
			name:  "once it is seen whose identity that is",
			given: given(deleted, afterWinner(aliceIdentity), winnerTookOver, recorded(WriteAssign, alice), heldBy(alice)),
			want:  reading(alice),
		}, {
			name:  "the other one would, but is suspended",
			given: given(deleted, afterWinner(alice), winnerSuspended, recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "the other one would, but is stalled",
			given: given(deleted, afterWinner(alice), winnerStalled("Unauthorized"), recorded(WriteAssign, alice), heldBy(alice)),
			want:  resting("ConflictingClaim"),
		}, {
			name:  "another object has taken over since, and goes before it",
			given: given(deleted, afterWinner(alice), winnerTookOver, notRead),
			want:  finishing("HandedOver"),
		}, {
			name:  "it too waits for the moment of grace",
			given: given(finalizer, deletedJustNow, afterWinner(alice), winnerTookOver, notRead),
			want:  waiting(noon.Add(2*time.Second), "Unassigning"),
		}, {
			name:  "one that is on its way out as well takes nothing over",
			given: given(deleted, afterWinner(alice), winnerTookOver, winnerLeaving),
			want:  finishing("Unclaimed"),
		}, {
			name:  "one that has it for Bob takes nothing over",
			given: given(deleted, afterWinner(bob), winnerTookOver),
			want:  finishing("Unclaimed"),
		}, {
			name:  "a record that nothing bears out is looked into before rivals are told",
			given: given(finalizer, deletedJustNow, recorded(WriteAssign, alice), notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "once",
			given: given(finalizer, deletedJustNow, recorded(WriteAssign, alice), heldBy(alice)),
			want:  waiting(noon.Add(2*time.Second), "Unassigning"),
		}, {
			name:  "one that status bears out is not",
			given: given(finalizer, deletedJustNow, recorded(WriteAssign, alice), lastSeenIn(home), notRead),
			want:  waiting(noon.Add(2*time.Second), "Unassigning"),
		}, {
			name:  "another object takes over, after the moment of grace: it may be on its way out too",
			given: given(finalizer, deletedJustNow, beforeSuccessor, heldBy(alice)),
			want:  waiting(noon.Add(2*time.Second), "Unassigning"),
		}, {
			name:  "then it takes over, whatever Seam says",
			given: given(deleted, beforeSuccessor, notRead),
			want:  finishing("HandedOver"),
		}, {
			name:  "another object is about to take over, and gets the time to mark itself",
			given: given(deleted, beforeSuccessorFor(alice, false, false), heldBy(alice)),
			want:  waiting(later, "Unassigning"),
		}, {
			name:  "but not for ever",
			given: given(deleted, beforeSuccessorFor(alice, false, false), heldBy(alice), waitsSince(noon), at(later)),
			want:  releasing(alice),
		}, {
			name:  "an object that has marked itself takes over, once Seam shows its person",
			given: given(deleted, beforeSuccessorFor(aliceIdentity, true, false), heldBy(alice), knownAs(alice, "id-alice")),
			want:  finishing("HandedOver"),
		}, {
			name:  "who declares somebody else than the holder takes nothing over",
			given: given(deleted, declares(bob), recorded(WriteAssign, alice), beforeSuccessorFor(bob, true, false), heldBy(alice)),
			want:  releasing(alice),
		}, {
			name:  "an annotation to abandon means nothing before deletion",
			given: given(abandoned),
			want:  assigning(alice),
		},
	})
}

func TestPlanDeletionAfterALostWrite(t *testing.T) {
	toAlice := recorded(WriteAssign, alice)
	tell(t, []story{
		{
			name:  "an assignment that may still land keeps the object",
			given: given(deleted, toAlice, lost(later)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "even when Carol has the credential",
			given: given(deleted, toAlice, lost(later), heldBy(carol)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "one that has landed is undone at once",
			given: given(deleted, toAlice, lost(later), heldBy(alice)),
			want:  releasing(alice),
		}, {
			name:  "Alice is not released while Bob may get it",
			given: given(deleted, recorded(WriteAssign, bob), lost(later), heldBy(alice)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "at the deadline the object goes",
			given: given(deleted, toAlice, lost(noon)),
			want:  finishing(""),
		}, {
			name:  "an accepted assignment that does not show yet keeps the object",
			given: given(deleted, toAlice, accepted(later)),
			want:  waiting(later, "Assigning"),
		}, {
			name:  "a release that was lost is not repeated at once",
			given: given(deleted, released(alice), lost(later), heldBy(alice)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "an accepted release that does not show yet keeps the object",
			given: given(deleted, released(alice), accepted(later), heldBy(alice)),
			want:  waiting(later, "Unassigning"),
		}, {
			name:  "a release that shows lets it go",
			given: given(deleted, released(alice), accepted(later)),
			want:  finishing(""),
		},
	})
}

func TestPlanDeletionWithoutTheCredential(t *testing.T) {
	toAlice := recorded(WriteAssign, alice)
	gone := func(s *Situation) { missing(s); unmanaged(Missing)(s) }
	tell(t, []story{
		{
			name:  "one that is missing is looked for among those that Seam does not manage",
			given: given(deleted, toAlice, missing),
			want:  Decision{Step: ReadUnmanaged},
		}, {
			name:  "one that is gone from its workspace is gone",
			given: given(deleted, toAlice, gone),
			want:  finishing(""),
		}, {
			name:  "and so when only status tells the workspace",
			given: given(deleted, lastSeenIn(home), gone),
			want:  finishing(""),
		}, {
			name:  "one that no key has seen may be elsewhere",
			given: given(deleted, gone),
			want:  resting("CredentialNotFound"),
			says:  "no record tells in which workspace it was",
		}, {
			name:  "one that is gone may come back with a lost assignment",
			given: given(deleted, toAlice, gone, lost(later)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "or with an accepted one that reads do not show yet",
			given: given(deleted, toAlice, gone, accepted(later)),
			want:  waiting(later, "Assigning"),
		}, {
			name:  "but not with a release",
			given: given(deleted, released(alice), gone, lost(later)),
			want:  finishing(""),
		}, {
			name:  "a key of another workspace tells nothing",
			given: given(deleted, toAlice, keyOf(elsewhere), gone),
			want:  resting("WorkspaceMismatch"),
		}, {
			name:  "not even when it shows the credential",
			given: given(deleted, toAlice, keyOf(elsewhere)),
			want:  resting("WorkspaceMismatch"),
		}, {
			name:  "before the key's workspace is known it tells nothing",
			given: given(deleted, toAlice, keyOf("")),
			want:  Decision{Step: ReadWorkspace},
		}, {
			name:  "nor without a record",
			given: given(deleted, keyOf("")),
			want:  Decision{Step: ReadWorkspace},
		}, {
			name:  "one that Seam no longer manages is not gone",
			given: given(deleted, toAlice, missing, unmanaged(Found)),
			want:  resting("CredentialUnusable"),
		}, {
			name:  "one that is being deleted is left alone while Alice has it",
			given: given(deleted, toAlice, unusable, heldBy(alice)),
			want:  resting("CredentialUnusable"),
		}, {
			name:  "one that is being deleted, and Carol has it, is no matter",
			given: given(deleted, toAlice, unusable, heldBy(carol)),
			want:  finishing(""),
		}, {
			name:  "one that is being deleted, and nobody has it, is no matter",
			given: given(deleted, toAlice, unusable),
			want:  finishing(""),
		}, {
			name:  "unless a lost assignment may land on it",
			given: given(deleted, toAlice, unusable, lost(later)),
			want:  waiting(later, "OutcomeUnknown"),
		},
	})
}
