package assignment

import (
	"testing"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestPlanAfterALostAssign(t *testing.T) {
	toAlice := recorded(WriteAssign, alice)
	toBob := recorded(WriteAssign, bob)
	tell(t, []story{
		{
			name:  "Seam is looked at first",
			given: given(toAlice, lost(later), notRead),
			want:  Decision{Step: ReadCredential},
		}, {
			name:  "it is not repeated while it may be under way",
			given: given(toAlice, finalizer, lost(later)),
			want:  waiting(later, "OutcomeUnknown"),
			says:  "the answer to the assign of ACS user alice was lost",
		}, {
			name:  "it is repeated at the deadline",
			given: given(toAlice, finalizer, lost(noon)),
			want:  assigning(alice),
		}, {
			name:  "a read that shows it settles it",
			given: given(toAlice, finalizer, lost(later), heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "whether a read shows it may take another read",
			given: given(declares(aliceIdentity), recorded(WriteAssign, aliceIdentity), finalizer, lost(later), heldBy(alice)),
			want:  reading(alice),
		}, {
			name:  "nobody else gets the credential before the deadline",
			given: given(toBob, finalizer, lost(later)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "and afterwards Alice does",
			given: given(toBob, finalizer, lost(noon)),
			want:  assigning(alice),
		}, {
			name:  "Carol does not make room before the deadline, in mode Enforce",
			given: given(inMode(v1alpha1.ModeEnforce), toAlice, finalizer, lost(later), heldBy(carol), known(alice)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "and afterwards she does",
			given: given(inMode(v1alpha1.ModeEnforce), toAlice, finalizer, lost(noon), heldBy(carol), known(alice)),
			want:  expelling(carol),
		}, {
			name:  "Alice having it already does not overwrite the record of Bob's before the deadline",
			given: given(toBob, finalizer, lost(later), heldBy(alice)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "Bob got it: at once he makes room",
			given: given(toBob, finalizer, lost(later), heldBy(bob), known(alice)),
			want:  releasing(bob),
		}, {
			name:  "without a record nobody knows what was lost",
			given: given(unreadableRecord, lost(later)),
			want:  assigning(alice),
		},
	})
}

func TestPlanAfterALostUnassign(t *testing.T) {
	tell(t, []story{
		{
			name:  "it is not repeated while it may be under way",
			given: given(released(bob), finalizer, lost(later), heldBy(bob), known(alice)),
			want:  waiting(later, "OutcomeUnknown"),
			says:  "the answer to the unassign of ACS user bob was lost",
		}, {
			name:  "it is repeated at the deadline",
			given: given(released(bob), finalizer, lost(noon), heldBy(bob), known(alice)),
			want:  releasing(bob),
		}, {
			name:  "a read that shows a free credential settles it",
			given: given(released(bob), finalizer, lost(later)),
			want:  assigning(alice),
		}, {
			name:  "a read that shows somebody else settles it",
			given: given(released(bob), finalizer, lost(later), heldBy(carol)),
			want:  resting("HeldByOther"),
		}, {
			name:  "Alice, declared again, is not called holder while she may yet be released",
			given: given(released(alice), finalizer, lost(later), heldBy(alice)),
			want:  waiting(later, "OutcomeUnknown"),
		}, {
			name:  "whether a read shows it may take another read",
			given: given(released(bobIdentity), finalizer, lost(later), heldBy(carol)),
			want:  reading(carol),
		},
	})
}

func TestPlanAfterAnAcceptedWrite(t *testing.T) {
	tell(t, []story{
		{
			name:  "an assignment that does not show yet is not sent again",
			given: given(recorded(WriteAssign, alice), finalizer, accepted(later)),
			want:  waiting(later, "Assigning"),
			says:  "accepted the assignment to ACS user alice",
		}, {
			name:  "a read that contradicts it is not called drift",
			given: given(recorded(WriteAssign, alice), finalizer, accepted(later), heldBy(bob)),
			want:  waiting(later, "Assigning"),
		}, {
			name:  "until the deadline",
			given: given(recorded(WriteAssign, alice), finalizer, accepted(noon), heldBy(bob)),
			want:  resting("HeldByOther"),
		}, {
			name:  "a read that shows it ends the wait",
			given: given(recorded(WriteAssign, alice), finalizer, accepted(later), heldBy(alice)),
			want:  resting("Assigned"),
		}, {
			name:  "a release that does not show yet is not sent again",
			given: given(released(bob), finalizer, accepted(later), heldBy(bob), known(alice)),
			want:  waiting(later, "Unassigning"),
			says:  "accepted to unassign ACS user bob",
		}, {
			name:  "Alice gets the credential once it shows as free",
			given: given(released(bob), finalizer, accepted(later)),
			want:  assigning(alice),
		},
	})
}

func TestPlanGivesNothingUpWhileALostAssignMayLand(t *testing.T) {
	observe := inMode(v1alpha1.ModeObserve)
	toAlice := recorded(WriteAssign, alice)
	for _, way := range []struct {
		name  string
		given []change
		goes  Decision
	}{
		{"hand-over", []change{deleted, beforeSuccessor, toAlice}, finishing("HandedOver")},
		{"deletion behind one that took over", []change{deleted, afterWinner(alice), winnerTookOver, toAlice}, finishing("HandedOver")},
		{"mode Observe", []change{observe, finalizer, toAlice}, Decision{Step: Unmark}},
	} {
		with := func(more ...change) Situation { return given(append(way.given, more...)...) }
		tell(t, []story{
			{name: way.name + ": Seam is looked at", given: with(lost(later), notRead), want: Decision{Step: ReadCredential}},
			{name: way.name + ": it may still land", given: with(lost(later)), want: waiting(later, "OutcomeUnknown")},
			{name: way.name + ": it has landed", given: with(lost(later), heldBy(alice)), want: way.goes},
			{name: way.name + ": it was accepted", given: with(accepted(later), notRead), want: way.goes},
			{name: way.name + ": the deadline is over", given: with(lost(noon), notRead), want: way.goes},
			{name: way.name + ": a release was lost", given: with(released(alice), lost(later), notRead), want: way.goes},
			{name: way.name + ": nothing was lost", given: with(notRead), want: way.goes},
		})
	}
}

func TestSettles(t *testing.T) {
	for _, c := range []struct {
		name  string
		given Situation
		want  bool
	}{
		{"an assignment that shows", given(recorded(WriteAssign, alice), heldBy(alice)), true},
		{"an assignment while the credential is free", given(recorded(WriteAssign, alice)), false},
		{"an assignment while another has it", given(recorded(WriteAssign, alice), heldBy(bob)), false},
		{"a release that shows", given(released(alice)), true},
		{"a release, and another has it", given(expelled(alice), heldBy(bob)), true},
		{"a release that does not show", given(released(alice), heldBy(alice)), false},
		{"a release, before the credential was read", given(released(alice), notRead), false},
		{"a release, and there is no such credential", given(released(alice), missing), false},
		{"no record", given(), false},
		{"a release of an identity, before it is known whose ACS user holds it", given(released(aliceIdentity), heldBy(bob)), false},
		{"a release of an identity, and another's ACS user holds it", given(released(aliceIdentity), heldBy(bob), known(bob)), true},
		{"an assignment to an identity, before it is known whose ACS user holds it", given(recorded(WriteAssign, aliceIdentity), heldBy(alice)), false},
		{"an assignment to an identity, and its ACS user holds it", given(recorded(WriteAssign, aliceIdentity), heldBy(alice), knownAs(alice, "id-alice")), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.given.Settles(); got != c.want {
				t.Errorf("Settles() = %v, want %v", got, c.want)
			}
		})
	}
}
