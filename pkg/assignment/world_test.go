package assignment

import "testing"

// world is what is true at Seam, and answers what the plan asks.
type world struct {
	credential Presence
	unmanaged  Presence
	unusable   bool
	workspace  string
	holder     Holder
	people     directory
}

// human tells whose an ID is, as long as Seam knows it.
var human = map[Person]string{
	alice: "Alice", aliceIdentity: "Alice", {UserIdentityID: "id-old"}: "Alice",
	bob: "Bob", bobIdentity: "Bob",
	carol: "Carol",
}

// holds is the truth of what the plan finds out by reading: an ACS user is that one ACS user where Seam shows one;
// otherwise IDs mean the human behind them.
func (w *world) holds(p Person) bool {
	user, identity := Person{ACSUserID: w.holder.ACSUserID}, Person{UserIdentityID: w.holder.UserIdentityID}
	switch {
	case w.holder.Free() || w.credential != Found:
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

func (w *world) usable() bool { return w.credential == Found && !w.unusable }

// answer carries out a step that reads, and reports whether it was one. It fails when the answer was known already:
// the plan would go round in circles.
func (w *world) answer(t *testing.T, s *Situation, d Decision) bool {
	var known bool
	switch d.Step {
	case ReadCredential:
		known = s.Seen.Credential != NotRead
		s.Seen.Credential, s.Seen.Holder, s.Seen.Unusable = w.credential, w.holder, w.unusable
	case ReadWorkspace:
		known = s.Seen.WorkspaceID != ""
		s.Seen.WorkspaceID = w.workspace
	case ReadUnmanaged:
		known = s.Seen.Unmanaged != NotRead
		s.Seen.Unmanaged = w.unmanaged
	case ReadPerson:
		_, known = s.Seen.People[d.Person]
		s.Seen.People[d.Person] = w.people.answer(d.Person)
	default:
		return false
	}
	if known {
		t.Errorf("asked again for what is known: %+v", d)
	}
	return true
}

// pass plans, answers and marks until a pass would end or write, and returns that decision. Every step that is more
// than a read goes through check.
func (w *world) pass(t *testing.T, s *Situation, check func(Situation, Decision)) Decision {
	for range 12 {
		d := Plan(*s)
		if w.answer(t, s, d) {
			continue
		}
		check(*s, d)
		switch d.Step {
		case Mark, Unmark:
			s.mark(d)
		default:
			return d
		}
	}
	t.Errorf("no end after 12 steps")
	return Decision{}
}

// mark does to the object's marks what the decision says.
func (s *Situation) mark(d Decision) {
	s.Marks.Finalizer = d.Finalizer
	switch {
	case d.Step == Unmark:
		s.Marks.Annotated, s.Marks.Record = false, nil
	case d.Person != Person{}:
		s.record(d, WriteAssign)
		s.Pending = nil
	}
}

// record puts down what the decision is about to write.
func (s *Situation) record(d Decision, write Write) {
	s.Marks.Finalizer, s.Marks.Annotated = d.Finalizer, true
	s.Marks.Record = &Record{UID: self, WorkspaceID: s.Seen.WorkspaceID, Person: d.Person, Write: write, Owned: d.Owned, At: s.Now}
}
