package assignment

import (
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestWhoseMoveItIs(t *testing.T) {
	for _, c := range []struct {
		reason         string
		live, deleting Progress
	}{
		{"Assigned", Settled, Settled},
		{"Suspended", Settled, Settled},
		{"Assigning", Reconciling, Reconciling},
		{"Unassigning", Reconciling, Reconciling},
		{"OutcomeUnknown", Reconciling, Reconciling},
		{"SeamUnavailable", Reconciling, Reconciling},
		{"RateLimited", Reconciling, Reconciling},
		{"SecretNotFound", Reconciling, Stalled},
		{"Unauthorized", Stalled, Stalled},
		{"InvalidRequest", Stalled, Stalled},
		{"CredentialNotFound", Stalled, Stalled},
		{"AssigneeNotFound", Stalled, Stalled},
		{"CredentialUnusable", Stalled, Stalled},
		{"HeldByOther", Stalled, Stalled},
		{"ConflictingClaim", Stalled, Stalled},
		{"WorkspaceMismatch", Stalled, Stalled},
		{"Drifted", Stalled, Stalled},
	} {
		if got := ProgressOf(c.reason, false); got != c.live {
			t.Errorf("%s is %q, want %q", c.reason, got, c.live)
		}
		if got := ProgressOf(c.reason, true); got != c.deleting {
			t.Errorf("%s while deleting is %q, want %q", c.reason, got, c.deleting)
		}
	}
}

func TestWhatIsAnOutage(t *testing.T) {
	for reason, want := range map[string]bool{
		"SeamUnavailable": true, "RateLimited": true,
		"OutcomeUnknown": false, "Unauthorized": false, "SecretNotFound": false, "Assigned": false, "": false,
	} {
		if got := IsOutage(reason); got != want {
			t.Errorf("%q is an outage: %t", reason, got)
		}
	}
}

// ready is a status that says that Alice holds it, as seen an hour ago; it is looked at every hour.
func ready(changes ...func(*Reported)) Reported {
	r := Reported{
		Ready: ReadyTrue, Reason: v1alpha1.ReasonAssigned, IsCurrent: true, Person: alice,
		LookedAt: before(time.Hour), ResyncInterval: time.Hour,
	}
	for _, c := range changes {
		c(&r)
	}
	return r
}

func says(s ReadyStatus, reason string) func(*Reported) {
	return func(r *Reported) { r.Ready, r.Reason = s, reason }
}
func outdated(r *Reported)              { r.IsCurrent = false }
func ofPerson(p Person) func(*Reported) { return func(r *Reported) { r.Person = p } }
func lookedAt(t time.Time) func(*Reported) {
	return func(r *Reported) { r.LookedAt = t }
}

// verdictStory is one line of a table: a look that ended so, at an object whose status said that, makes it say this.
type verdictStory struct {
	name     string
	object   Object
	decision Decision
	before   Reported
	want     Verdict
}

func tellVerdicts(t *testing.T, stories []verdictStory) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			if got := JudgeReport(s.object, s.decision, s.before, noon); got != s.want {
				t.Errorf("status says %+v\nwant %+v", got, s.want)
			}
		})
	}
}

func because(reason string) Decision { return Decision{Action: Report, Reason: reason, Message: "why"} }

func kept(v Verdict) Verdict {
	v.Keep = true
	return v
}

func TestWhatStatusSaysAfterALook(t *testing.T) {
	object := Object{Declared: Declaration{Person: alice}}
	deleting := Object{Declared: Declaration{Person: alice}, Deletion: &Deletion{}}
	tellVerdicts(t, []verdictStory{
		{"Alice holds it", object, because("Assigned"), Reported{}, Verdict{Ready: ReadyTrue, Reason: "Assigned", Message: "why"}},
		{"somebody else does", object, because("HeldByOther"), ready(), Verdict{Ready: ReadyFalse, Reason: "HeldByOther", Message: "why", Progress: Stalled}},
		{"she is about to", object, because("Assigning"), Reported{}, Verdict{Ready: ReadyFalse, Reason: "Assigning", Message: "why", Progress: Reconciling}},
		{"there is nothing to tell", object, Decision{Action: Report}, ready(), Verdict{Keep: true, Ready: ReadyFalse, Progress: Stalled}},
		{"a Secret that is missing", object, because("SecretNotFound"), ready(), Verdict{Ready: ReadyFalse, Reason: "SecretNotFound", Message: "why", Progress: Reconciling}},
		{"which a person must mend when the object is deleted", deleting, because("SecretNotFound"), ready(),
			Verdict{Ready: ReadyFalse, Reason: "SecretNotFound", Message: "why", Progress: Stalled}},
		{"a lost answer is no outage", object, because("OutcomeUnknown"), ready(), Verdict{Ready: ReadyFalse, Reason: "OutcomeUnknown", Message: "why", Progress: Reconciling}},
	})
	lagging := because("Assigning")
	lagging.KeepsReady = true
	assigning := Verdict{Ready: ReadyFalse, Reason: "Assigning", Message: "why", Progress: Reconciling}
	tellVerdicts(t, []verdictStory{
		{"a read that lags turns nothing that is Ready", object, lagging, ready(), kept(assigning)},
		{"but what was not Ready", object, lagging, ready(says(ReadyFalse, "HeldByOther")), assigning},
		{"or of another declaration", object, lagging, ready(outdated), assigning},
		{"or of nothing so far", object, lagging, Reported{}, assigning},
	})
}

func TestAnOutageTurnsNothingThatIsSettled(t *testing.T) {
	object := Object{Declared: Declaration{Person: alice}}
	deleting := Object{Declared: Declaration{Person: alice}, Deletion: &Deletion{}}
	down := because("SeamUnavailable")
	halfway := down
	halfway.HasRead = true
	unknown := Verdict{Ready: ReadyUnknown, Reason: "SeamUnavailable", Message: "why", Progress: Reconciling}
	notReady := Verdict{Ready: ReadyFalse, Reason: "SeamUnavailable", Message: "why", Progress: Reconciling}
	tellVerdicts(t, []verdictStory{
		{"Ready stays as it was seen", object, down, ready(), kept(unknown)},
		{"and so with a 429", object, because("RateLimited"), ready(), kept(Verdict{Ready: ReadyUnknown, Reason: "RateLimited", Message: "why", Progress: Reconciling})},
		{"a moment before two intervals are over", object, down, ready(lookedAt(before(2*time.Hour - time.Second))), kept(unknown)},
		{"then it is unknown", object, down, ready(lookedAt(before(2 * time.Hour))), unknown},
		{"and stays unknown", object, down, ready(says(ReadyUnknown, "SeamUnavailable"), lookedAt(before(3*time.Hour))), unknown},
		{"what was stalled stays so", object, down, ready(says(ReadyFalse, "HeldByOther")), kept(notReady)},
		{"and is reported after two intervals", object, down, ready(says(ReadyFalse, "HeldByOther"), lookedAt(before(2*time.Hour))), notReady},
		{"what was on its way is reported at once", object, down, ready(says(ReadyFalse, "Assigning")), notReady},
		{"what waited for its Secret is reported at once", object, down, ready(says(ReadyFalse, "SecretNotFound")), notReady},
		{"what is Ready for another declaration is reported at once", object, down, ready(outdated), unknown},
		{"a new object is reported at once", object, down, Reported{}, notReady},
		{"one that comes after a read of the credential is reported at once: what status says may be over", object, halfway, ready(), unknown},
		{"a deleted one is reported at once", deleting, down, ready(), unknown},
	})
	if got := ready().OutageShowsAt(); !got.Equal(after(time.Hour)) {
		t.Errorf("an outage shows at %v", got)
	}
}

func TestWhatASuspendedObjectSays(t *testing.T) {
	paused := Object{Declared: Declaration{Person: alice, Suspended: true}}
	deleting := Object{Declared: Declaration{Person: alice, Suspended: true}, Deletion: &Deletion{}}
	with := func(r *Record) Decision {
		d := because("Suspended")
		d.Record = *r
		return d
	}
	own, none := with(record(owner(alice, morning))), with(record(nil))
	suspended := Verdict{Ready: ReadyUnknown, Reason: "Suspended", Message: "suspended: nothing is changed at Seam until spec.suspend is false"}
	tellVerdicts(t, []verdictStory{
		{"what it said before", paused, own, ready(), kept(suspended)},
		{"that somebody else holds it, too", paused, own, ready(says(ReadyFalse, "HeldByOther")), kept(suspended)},
		{"though other things were edited with it", paused, own, ready(outdated), kept(suspended)},
		{"though nobody knows of whom Ready spoke, when nothing was edited", paused, own, ready(ofPerson(nobody)), kept(suspended)},
		{"unless another person is declared", paused, own, ready(outdated, ofPerson(bob)), suspended},
		{"or nobody knows of whom Ready spoke", paused, own, ready(outdated, ofPerson(nobody)), suspended},
		{"that it is unknown, when nothing was said", paused, own, Reported{IsCurrent: true, Person: alice}, suspended},
		{"that it is unknown, when a write is in the dark", paused, with(record(owner(alice, morning), assign(alice, noon))), ready(), suspended},
		{"or she was taken from since", paused, with(record(owner(nobody, noon))), ready(), suspended},
		{"or it went to somebody else since", paused, with(record(owner(bob, noon))), ready(), suspended},
		{"who was known of when it was said that she has it not", paused, with(record(owner(bob, noon))), ready(says(ReadyFalse, "HeldByOther")), kept(suspended)},
		{"one that another object manages stays Ready", paused, none, ready(), kept(suspended)},
		{"an outage changes nothing of it", paused, because("SeamUnavailable"), ready(outdated, ofPerson(bob)), suspended},
		{"a deleted one says what it does", deleting, because("Unassigning"), ready(), Verdict{Ready: ReadyFalse, Reason: "Unassigning", Message: "why", Progress: Reconciling}},
	})
	declaresNobody := Object{Declared: Declaration{Suspended: true}}
	if got := JudgeReport(declaresNobody, none, ready(outdated, ofPerson(nobody)), noon); got != suspended {
		t.Errorf("nobody is taken for a person: %+v", got)
	}
}

func TestWhyAChangeIsMade(t *testing.T) {
	for _, c := range []struct {
		name  string
		given Input
		want  Cause
	}{
		{"a new object", given(), "initial"},
		{"one whose first write was lost", given(pending(assign(alice, noon))), "initial"},
		{"one that assigned the same person before", given(assignedTo(alice)), "drift"},
		{"one that assigned another person before", given(assignedTo(bob)), "spec_change"},
		{"one that makes room", given(makingRoom), "spec_change"},
		{"one that is deleted", given(assignedTo(alice), deleted), "deletion"},
		{"one that is deleted and never assigned anybody", given(deleted), "deletion"},
	} {
		if got := CauseOf(c.given.Object); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if !Assign.IsWrite() || !Unassign.IsWrite() || Report.IsWrite() || ReadPerson.IsWrite() || RemoveFinalizer.IsWrite() {
		t.Error("only assign and unassign change something at Seam")
	}
}
