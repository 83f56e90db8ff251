package assignment

import (
	"strings"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// The people of the stories. Alice is declared unless a test says otherwise; Bob had the credential before her; Carol
// is a stranger to the object.
var (
	alice = Person{ACSUserID: "alice"}
	bob   = Person{ACSUserID: "bob"}
	carol = Person{ACSUserID: "carol"}

	aliceIdentity = Person{UserIdentityID: "id-alice"}
	bobIdentity   = Person{UserIdentityID: "id-bob"}
)

const (
	self      = "uid-self"
	home      = "workspace-home"
	elsewhere = "workspace-elsewhere"
)

var (
	noon  = time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)
	later = noon.Add(20 * time.Second)
)

type change func(*Situation)

// given is an object that declares Alice, has the claim and no marks, and sees a free credential at noon, unless the
// changes say otherwise.
func given(changes ...change) Situation {
	s := Situation{
		Declared: Declaration{Person: alice},
		Seen:     Seen{Credential: Found, WorkspaceID: home, People: People{}},
		Now:      noon,
	}
	for _, c := range changes {
		c(&s)
	}
	return s
}

func declares(p Person) change      { return func(s *Situation) { s.Declared.Person = p } }
func inMode(m v1alpha1.Mode) change { return func(s *Situation) { s.Declared.Mode = m } }
func pinnedTo(ws string) change     { return func(s *Situation) { s.Declared.WorkspaceID = ws } }
func retain(s *Situation)           { s.Declared.Retain = true }
func suspended(s *Situation)        { s.Declared.Suspended = true }
func abandoned(s *Situation)        { s.Declared.Abandoned = true }
func deletedJustNow(s *Situation) {
	s.Declared.ReleaseAt, s.Declared.Patience = noon.Add(2*time.Second), later.Sub(noon)
}
func finalizer(s *Situation)        { s.Marks.Finalizer = true }
func unreadableRecord(s *Situation) { s.Marks.Annotated = true }
func lastSeenIn(ws string) change   { return func(s *Situation) { s.Marks.WorkspaceID = ws } }
func notRead(s *Situation)          { s.Seen = Seen{People: People{}} }
func keyOf(ws string) change        { return func(s *Situation) { s.Seen.WorkspaceID = ws } }
func unfinalized(s *Situation)      { s.Marks.Finalizer = false }
func overwritten(s *Situation)      { s.Marks.Overwritten = true }
func waitsSince(t time.Time) change { return func(s *Situation) { s.WaitsSince = t } }
func inSystems(its, theirs string) change {
	return func(s *Situation) {
		s.Seen.ACSSystemID = its
		account := s.Seen.People[s.Declared.Person]
		account.ACSSystemID = theirs
		s.Seen.People[s.Declared.Person] = account
	}
}
func unusable(s *Situation)       { s.Seen.Unusable = true }
func unmanaged(p Presence) change { return func(s *Situation) { s.Seen.Unmanaged = p } }
func missing(s *Situation)        { s.Seen.Credential = Missing }
func stray(p Person) change       { return func(s *Situation) { s.Strays = append(s.Strays, p) } }
func afterWinner(p Person) change {
	return func(s *Situation) { s.Claim.Winner = &Claimant{UID: "uid-rival", Person: p} }
}
func winnerStalled(reason string) change {
	return func(s *Situation) { s.Claim.Winner.Stalled = reason }
}
func winnerLeaving(s *Situation)   { s.Claim.Winner.Leaving = true }
func winnerTookOver(s *Situation)  { s.Claim.Winner.Marked, s.Claim.Winner.Ready = true, true }
func winnerSuspended(s *Situation) { s.Claim.Winner.Suspended = true }
func beforeSuccessor(s *Situation) { beforeSuccessorFor(alice, true, true)(s) }
func beforeSuccessorFor(p Person, marked, ready bool) change {
	return func(s *Situation) {
		s.Claim.Successor = &Claimant{UID: "uid-rival", Person: p, Marked: marked, Ready: ready}
	}
}
func heldBy(p Person) change  { return func(s *Situation) { s.Seen.Holder = Holder(p) } }
func showing(h Holder) change { return func(s *Situation) { s.Seen.Holder = h } }
func known(p Person) change   { return knownAs(p, "") }
func unknown(p Person) change { return func(s *Situation) { s.Seen.People[p] = Account{} } }
func at(now time.Time) change { return func(s *Situation) { s.Now = now } }
func lost(until time.Time) change {
	return func(s *Situation) { s.Pending = &Pending{Until: until, Lost: true} }
}
func accepted(until time.Time) change {
	return func(s *Situation) { s.Pending = &Pending{Until: until} }
}

// deleted is an object whose grace for a hand-over is over.
func deleted(s *Situation) {
	finalizer(s)
	s.Declared.ReleaseAt, s.Declared.Patience = noon.Add(-time.Second), later.Sub(noon)
}

func knownAs(p Person, identity string) change {
	return func(s *Situation) { s.Seen.People[p] = Account{Exists: true, UserIdentityID: identity} }
}

// recorded is the record of a write, with the finalizer that goes with it.
func recorded(write Write, p Person) change {
	return func(s *Situation) {
		s.Marks.Annotated = true
		s.Marks.Finalizer = !s.Declared.Retain
		s.Marks.Record = &Record{UID: self, WorkspaceID: home, Person: p, Write: write, At: noon.Add(-time.Hour)}
	}
}

// released is the record of an unassign from the object's own person, expelled that of one from somebody in the way.
func released(p Person) change {
	return func(s *Situation) {
		recorded(WriteUnassign, p)(s)
		s.Marks.Record.Owned = true
	}
}

func expelled(p Person) change { return recorded(WriteUnassign, p) }

func refused(write Write, p Person, h Holder) change {
	return func(s *Situation) {
		s.Refused = &Refusal{Write: write, Person: p, Holder: h, Reason: "InvalidRequest", Message: "Seam refuses the request"}
	}
}

// steps of a table.

func resting(reason string) Decision { return Decision{Step: Rest, Reason: reason} }

func waiting(until time.Time, reason string) Decision {
	return Decision{Step: Wait, Until: until, Reason: reason}
}

func reading(p Person) Decision { return Decision{Step: ReadPerson, Person: p} }

func assigning(p Person) Decision { return Decision{Step: Assign, Person: p, Finalizer: true} }

func releasing(p Person) Decision {
	return Decision{Step: Unassign, Person: p, Owned: true, Finalizer: true}
}

func expelling(p Person) Decision { return Decision{Step: Unassign, Person: p, Finalizer: true} }

func finishing(reason string) Decision { return Decision{Step: Finish, Reason: reason} }

// story is one line of a table: in this situation the plan decides that, and its message contains says.
type story struct {
	name  string
	given Situation
	want  Decision
	says  string
}

func tell(t *testing.T, stories []story) {
	t.Helper()
	for _, st := range stories {
		t.Run(st.name, func(t *testing.T) {
			got := Plan(st.given)
			if !strings.Contains(got.Message, st.says) {
				t.Errorf("message is %q, want one that says %q", got.Message, st.says)
			}
			got.Message, got.Successor = "", ""
			if got != st.want {
				t.Errorf("decided %+v\nwant %+v", got, st.want)
			}
		})
	}
}
