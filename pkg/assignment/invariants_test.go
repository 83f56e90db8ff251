package assignment

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// option is one way in which an aspect of a situation can be.
type option func(*Situation, *world)

func situation(changes ...change) option {
	return func(s *Situation, _ *world) {
		for _, c := range changes {
			c(s)
		}
	}
}

func truth(change func(*world)) option { return func(_ *Situation, w *world) { change(w) } }

func holder(h Holder) option { return truth(func(w *world) { w.holder = h }) }

// aspects are all that a decision depends on, each with the ways in which it can be.
var aspects = [][]option{
	{ // life
		situation(), situation(suspended),
		situation(deletedJustNow), situation(deletedJustNow, at(later)), situation(deletedJustNow, abandoned),
	},
	{ // declaration
		situation(), situation(retain), situation(inMode(v1alpha1.ModeEnforce)), situation(inMode(v1alpha1.ModeObserve)),
	},
	{situation(declares(alice)), situation(declares(aliceIdentity))},
	records(),
	{situation(), situation(finalizer), situation(unfinalized)},
	{situation(), situation(stray(carol))},
	{situation(), situation(afterWinner(alice)), situation(afterWinner(bob)), situation(beforeSuccessor),
		situation(afterWinner(alice), winnerLeaving), situation(afterWinner(alice), winnerSuspended), situation(beforeSuccessorFor(alice, false, false)),
		situation(beforeSuccessorFor(alice, false, false), waitsSince(noon.Add(-time.Hour)))},
	{ // credential and holder
		holder(Holder{}),
		holder(Holder{ACSUserID: "alice"}),
		holder(Holder{UserIdentityID: "id-old"}),
		holder(Holder{ACSUserID: "bob"}),
		holder(Holder{ACSUserID: "bob", UserIdentityID: "id-bob"}),
		holder(Holder{ACSUserID: "carol"}),
		truth(func(w *world) { w.holder, w.unusable = Holder{ACSUserID: "alice"}, true }),
		truth(func(w *world) { w.holder, w.unusable = Holder{ACSUserID: "carol"}, true }),
		truth(func(w *world) { w.holder, w.workspace = Holder{ACSUserID: "alice"}, elsewhere }),
		truth(func(w *world) { w.credential = Missing }),
		truth(func(w *world) { w.credential, w.unmanaged = Missing, Found }),
	},
	{ // what Seam says to an assignment
		situation(),
		truth(func(w *world) {
			w.people = directory{bob: everybody[bob], carol: everybody[carol], bobIdentity: everybody[bobIdentity]}
		}),
		func(s *Situation, _ *world) { refused(WriteAssign, s.Declared.Person, Holder{})(s) },
	},
}

// records are the records that an object can carry, each with what may have become of the write.
func records() []option {
	options := []option{situation(), situation(unreadableRecord)}
	for _, record := range []change{
		recorded(WriteAssign, alice), recorded(WriteAssign, bob), recorded(WriteAssign, bobIdentity),
		released(alice), released(bob), expelled(carol),
	} {
		options = append(options, situation(record), situation(record, lost(later.Add(1))), situation(record, accepted(later.Add(1))), situation(record, lost(noon)))
	}
	return options
}

// each calls visit with every combination of options.
func each(aspects [][]option, chosen []option, visit func([]option)) {
	if len(aspects) == 0 {
		visit(chosen)
		return
	}
	for _, o := range aspects[0] {
		each(aspects[1:], append(chosen, o), visit)
	}
}

func TestPlanInEverySituation(t *testing.T) {
	var decided [Finish + 1]atomic.Int64
	t.Cleanup(func() {
		for _, step := range []Step{Rest, Wait, Mark, Unmark, Assign, Unassign, Finish} {
			if decided[step].Load() == 0 {
				t.Errorf("no situation leads to step %d", step)
			}
		}
	})
	for i, life := range aspects[0] {
		t.Run(fmt.Sprint("life ", i), func(t *testing.T) {
			t.Parallel()
			each(aspects[1:], []option{life}, func(options []option) {
				if t.Failed() {
					return // one situation is enough to see what is wrong
				}
				s := given(notRead)
				w := &world{credential: Found, unmanaged: Missing, workspace: home, people: everybody}
				for _, o := range options {
					o(&s, w)
				}
				w.pass(t, &s, func(s Situation, d Decision) {
					decided[d.Step].Add(1)
					for _, broken := range (judge{s, d, w}).verdict() {
						t.Errorf("%s\n%s", broken, describe(s, d, w))
					}
				})
			})
		})
	}
}

func describe(s Situation, d Decision, w *world) string {
	return fmt.Sprintf("decision %+v\nsituation %+v\nrecord %v\npending %+v\nstray %v\nclaim %+v\nworld %+v",
		d, s, s.Marks.Record, s.Pending, s.Strays, s.Claim, *w)
}

// judge holds a decision against what the design forbids, with the truth about Seam at hand.
type judge struct {
	s Situation
	d Decision
	w *world
}

// verdict names the rules that the decision breaks.
func (j judge) verdict() []string {
	var broken []string
	for rule, kept := range j.rules() {
		if !kept {
			broken = append(broken, rule)
		}
	}
	return broken
}

func (j judge) rules() map[string]bool {
	switch j.d.Step {
	case Rest:
		return j.rest()
	case Wait:
		return map[string]bool{
			"a wait ends":         j.d.Until.After(j.s.Now),
			"a wait has a reason": j.d.Reason != "" && j.d.Message != "",
		}
	case Mark:
		return j.mark()
	case Unmark:
		return j.unmark()
	case Assign:
		return j.assign()
	case Unassign:
		return j.unassign()
	case Finish:
		return j.finish()
	default:
		return map[string]bool{"a step is one of the plan's": false}
	}
}

func (j judge) observing() bool { return j.s.Declared.Mode == v1alpha1.ModeObserve }

func (j judge) live() bool { return j.s.Declared.ReleaseAt.IsZero() }

// silent says that the object writes nothing to Seam, whatever it sees.
func (j judge) silent() bool {
	return j.observing() || j.live() && j.s.Declared.Suspended || j.s.Claim.Winner != nil
}

// open says that the recorded write may still take effect and Seam does not show it.
func (j judge) open() bool {
	p, r := j.s.Pending, j.s.Marks.Record
	return p != nil && r != nil && p.Until.After(j.s.Now) && j.w.holds(r.Person) != (r.Write == WriteAssign)
}

func (j judge) mayLand() bool {
	return j.open() && j.s.Pending.Lost && j.s.Marks.Record.Write == WriteAssign
}

// moved says that the holder is somebody to whom this object gave the credential.
func (j judge) moved() bool {
	r := j.s.Marks.Record
	return r != nil && (r.Write == WriteAssign || r.Owned) && j.w.holds(r.Person) || slices.ContainsFunc(j.s.Strays, j.w.holds)
}

// succeeded says that another object has taken over, or is about to: it declares the holder, or status shows that it did.
func (j judge) succeeded() bool {
	next := j.s.Claim.Successor
	if next == nil {
		return false
	}
	waits := next.Marked || j.s.Now.Before(j.s.waitsUntil())
	return j.w.holds(next.Person) && waits || next.Marked && next.Ready && next.Person == j.s.Declared.Person
}

// overtaken says that the winner has marked itself for the holder.
func (j judge) overtaken() bool {
	winner := j.s.Claim.Winner
	return winner != nil && winner.Marked && !winner.Leaving && j.w.holds(winner.Person)
}

func (j judge) rightWorkspace() bool {
	return (j.s.Marks.Record == nil || j.s.Marks.Record.WorkspaceID == j.w.workspace)
}

func (j judge) rest() map[string]bool {
	declared := j.w.holds(j.s.Declared.Person)
	return map[string]bool{
		"only a deleted object that is none of ours has nothing to tell": j.d.Reason != "" || !j.live() && !j.s.Marks.Finalizer,
		"a reason has a message":                     (j.d.Reason == "") == (j.d.Message == ""),
		"S8 Ready only when the declared holder":     j.d.Reason != "Assigned" || declared && j.w.usable() && j.rightWorkspace(),
		"Ready only with marks":                      j.d.Reason != "Assigned" || j.silent() || j.s.Marks.Record.names(j.s.Declared.Person) && j.s.Marks.Finalizer != j.s.Declared.Retain,
		"HeldByOther only when somebody else holds":  j.d.Reason != "HeldByOther" || !declared && !j.moved() && !j.w.holder.Free() && j.s.Declared.Mode != v1alpha1.ModeEnforce,
		"Drifted only in mode Observe":               j.d.Reason != "Drifted" || j.observing() && !declared,
		"ConflictingClaim only when in the way":      j.d.Reason != "ConflictingClaim" || !j.live() && j.moved() || j.inTheWay() && (!declared || !j.w.holds(j.s.Claim.Winner.Person)),
		"L1 a loser waits only for who goes on":      j.d.Reason != "Assigning" || !j.silent() || j.observing() || !j.s.Claim.Winner.Suspended,
		"Suspended says nothing about Seam":          (j.d.Reason == "Suspended") == (j.live() && j.s.Declared.Suspended) || j.d.Reason == "",
		"AssigneeNotFound only when there is nobody": j.d.Reason != "AssigneeNotFound" || !j.w.people[j.s.Declared.Person].Exists,
		"nothing observed carries marks":             !j.observing() || !j.live() || j.s.Declared.Suspended || !j.s.Marks.Finalizer && !j.s.Marks.Annotated,
	}
}

// inTheWay reports whether the winner will not give the credential to the declared person by itself.
func (j judge) inTheWay() bool {
	winner := j.s.Claim.Winner
	return winner != nil && (winner.Person != j.s.Declared.Person || winner.Suspended)
}

func (j judge) mark() map[string]bool {
	onlyFinalizer := j.d.Person == Person{}
	return map[string]bool{
		"only a live object that does not observe is marked": j.live() && !j.observing() && (!j.s.Declared.Suspended || onlyFinalizer && j.d.Finalizer),
		"a finalizer is for deletionPolicy Unassign":         j.d.Finalizer != j.s.Declared.Retain,
		"the finalizer comes and goes alone when it is off":  !onlyFinalizer || j.s.Marks.Finalizer == j.s.Declared.Retain,
		"nobody's finalizer comes without an own person":     !onlyFinalizer || j.s.Declared.Retain || j.s.Marks.Record.owns(),
		"only an own holder is recorded":                     onlyFinalizer || (j.d.Person == j.s.Declared.Person || slices.Contains(j.s.Strays, j.d.Person)) && j.w.holds(j.d.Person),
		"a record is not overwritten while it is open":       onlyFinalizer || !j.open(),
		"an object without the claim records nothing":        onlyFinalizer || j.s.Claim.Winner == nil || j.s.Claim.Winner.Leaving,
		"only what can be used is recorded":                  onlyFinalizer || j.w.usable() && j.rightWorkspace(),
	}
}

func (j judge) unmark() map[string]bool {
	return map[string]bool{
		"only mode Observe takes the record off":         j.observing() && j.live() && !j.s.Declared.Suspended,
		"there is something to take off":                 j.s.Marks.Finalizer || j.s.Marks.Annotated,
		"no finalizer leaves before a lost assign lands": !j.mayLand(),
	}
}

// write is what holds for every change at Seam.
func (j judge) write() map[string]bool {
	return map[string]bool{
		"an object that must be silent writes nothing":           !j.silent(),
		"no write contradicts one that may still take effect":    !j.open(),
		"only what Seam manages, in its workspace, is changed":   j.w.usable() && j.rightWorkspace(),
		"the finalizer is there before the first write":          j.d.Finalizer == (!j.live() || !j.s.Declared.Retain),
		"nothing is written after the claim or the object is up": j.live() || !j.s.Declared.Retain && !j.s.Declared.Abandoned && !j.succeeded(),
	}
}

func (j judge) assign() map[string]bool {
	rules := j.write()
	rules["S1 only a live object assigns"] = j.live()
	rules["S1 only the declared person"] = j.d.Person == j.s.Declared.Person
	rules["S4 only a free credential"] = j.w.holder.Free()
	rules["a refused assignment is not repeated"] = j.s.Refused == nil
	return rules
}

func (j judge) unassign() map[string]bool {
	rules := j.write()
	enforced := j.live() && j.s.Declared.Mode == v1alpha1.ModeEnforce
	declared := j.w.holds(j.s.Declared.Person)
	rules["the holder, as Seam shows it"] = j.d.Person == j.w.holder.Person() && !j.w.holder.Free()
	rules["S2 S4 nobody but the object's own, or with mode Enforce"] = j.moved() || enforced || !j.live() && declared
	rules["a live object does not take it from the declared person"] = !j.live() || !declared
	rules["nobody is locked out for somebody who does not exist"] = !j.live() || j.w.people[j.s.Declared.Person].Exists
	rules["a stranger does not become the object's own"] = j.d.Owned == (j.moved() || !j.live())
	rules["nobody makes room for somebody whom Seam refuses"] = !j.live() || j.s.Refused == nil
	rules["a replacement gets a moment to appear"] = j.live() || !j.s.Now.Before(j.s.Declared.ReleaseAt)
	return rules
}

func (j judge) finish() map[string]bool {
	free := j.w.credential == Found && !j.moved() && !j.w.holds(j.s.Declared.Person)
	gone := j.w.credential == Missing && j.w.unmanaged == Missing && j.s.Marks.Record != nil
	known := map[string]bool{
		"":           (free || gone) && j.rightWorkspace() && !j.open(),
		"Abandoned":  j.s.Declared.Abandoned,
		"Retained":   j.s.Declared.Retain || j.observing(),
		"Unclaimed":  j.s.Claim.Winner != nil && !j.mayLand() && !j.moved(),
		"HandedOver": !j.mayLand() && (j.s.overtaken() || j.overtaken()) || j.succeeded() && j.s.Claim.Successor.Marked && !j.mayLand(),
	}
	return map[string]bool{
		"only a deleted object with our finalizer finishes": !j.live() && j.s.Marks.Finalizer,
		"S7 a finalizer leaves for a reason":                known[j.d.Reason],
		"a reason has a message":                            (j.d.Reason == "") == (j.d.Message == ""),
	}
}
