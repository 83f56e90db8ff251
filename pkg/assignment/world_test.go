package assignment

import (
	"testing"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// world is what is true at Seam and at the API server, and answers what a decision asks for.
type world struct {
	credential Presence
	unmanaged  Presence
	unusable   bool
	workspace  string
	holder     Holder
	people     directory
	// shown is whom reads show as the holder, when that lags behind the truth; nil when it does not.
	shown *Holder
	// asked are the questions of one pass: none is asked twice.
	asked map[question]bool
}

type question struct {
	action    Action
	person    Person
	successor string
}

func newWorld(holder Holder) *world {
	return &world{credential: Found, unmanaged: Missing, workspace: home, holder: holder, people: everybody}
}

// human tells whose an ID is, as long as Seam knows it.
var human = map[Person]string{
	alice: "Alice", aliceIdentity: "Alice", {UserIdentityID: "id-old"}: "Alice",
	bob: "Bob", bobIdentity: "Bob",
	carol: "Carol",
}

// holds is the truth of what is found out by reading: an ACS user is that one ACS user where Seam shows one; otherwise IDs
// mean the human behind them.
func (w *world) holds(p Person) bool {
	user, identity := Person{ACSUserID: w.holder.ACSUserID}, Person{UserIdentityID: w.holder.UserIdentityID}
	switch {
	case w.holder.IsFree() || w.credential != Found || p.IsZero():
		return false
	case p == user || p == identity:
		return true
	case p.ACSUserID != "" && user.ACSUserID != "":
		return false
	default:
		return w.same(p, user) || w.same(p, identity)
	}
}

func (w *world) same(p, q Person) bool {
	return w.people[p].Exists && w.people[q].Exists && human[p] == human[q]
}

// shows is the truth of whether Seam is as a write asks for.
func (w *world) shows(write PendingWrite) bool {
	return w.holds(write.Person) == (write.Operation == v1alpha1.OperationAssign)
}

func (w *world) isUsable() bool { return w.credential == Found && !w.unusable }

// answer carries out an action that only reads, and reports whether it was one. It fails when that was asked before in this
// pass: the decision would go round in circles.
func (w *world) answer(t *testing.T, in *Input, d Decision) bool {
	t.Helper()
	switch seen := &in.Observed; d.Action {
	case ReadCredential:
		seen.Credential, seen.Holder, seen.Unusable, seen.At = w.credential, w.holder, w.unusable, in.Now
		if w.shown != nil {
			seen.Holder = *w.shown
		}
		if w.credential != Found {
			seen.Holder = Holder{}
		}
	case ReadWorkspace:
		seen.WorkspaceID = w.workspace
	case ReadUnmanaged:
		seen.Unmanaged = w.unmanaged
	case ReadPerson:
		seen.People[d.Person] = w.people[d.Person]
	case ReadRivals:
		in.Object.Deletion.AskedRivals = true
	case ConfirmSuccessor:
		for i := range in.Peers {
			if in.Peers[i].UID == d.Successor {
				in.Peers[i].Confirmed = true
			}
		}
	default:
		return false
	}
	q := question{d.Action, d.Person, d.Successor}
	if w.asked[q] {
		t.Errorf("asked again: %+v", d)
	}
	w.asked[q] = true
	return true
}

// mostSteps is how many decisions a pass may take: a handful of reads, one for each person, and the finalizer.
const mostSteps = 16

// pass decides, answers and puts the finalizer on or off until the pass would report, write or let go, and returns that
// decision. As the operator does, it goes by what the record becomes. Every decision that is more than a question goes
// through check.
func (w *world) pass(t *testing.T, in *Input, check func(before Input, d Decision)) Decision {
	t.Helper()
	w.asked = map[question]bool{}
	for range mostSteps {
		before := *in
		d := Decide(*in)
		check(before, d)
		in.Object.Record = d.Record
		switch {
		case w.answer(t, in, d):
		case d.Action == AddFinalizer:
			in.Object.Finalizer = true
		case d.Action == RemoveFinalizer && in.Object.Deletion == nil:
			in.Object.Finalizer = false
		default:
			return d
		}
	}
	t.Errorf("no end after %d steps", mostSteps)
	return Decision{}
}

// reclaim judges the claim of the object anew, as it stands among its peers now.
func reclaim(in *Input) {
	for i := range in.Peers {
		if p := &in.Peers[i]; p.UID == self {
			p.Declared, p.Record, p.Finalizer, p.Deleting = in.Object.Declared, in.Object.Record, in.Object.Finalizer, in.Object.Deletion != nil
			in.Claim = ClaimOf(in.Peers, i, Judge(in.Peers))
			return
		}
	}
}
