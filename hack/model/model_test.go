package main

import (
	"strings"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

type decider = func(assignment.Input) assignment.Decision

// newlyCreated are objects that nobody has looked at yet.
func newlyCreated(holder person, objects ...object) state {
	s := state{holder: holder, leading: timeout}
	for i, o := range objects {
		s.objects[i] = o
		s.objects[i].exists = true
	}
	return s
}

func explored(faults int, decide decider, beginnings ...state) *model {
	m := newModel(faults)
	m.decide = decide
	for _, s := range beginnings {
		m.begin(s, 0)
	}
	m.explore()
	m.judgeEnds()
	return m
}

// TestTheDecisionKeepsToTheRules explores what one edit or fault leads to. "make model" explores more.
func TestTheDecisionKeepsToTheRules(t *testing.T) {
	m := explored(1, assignment.Decide,
		newlyCreated(nobody, object{person: alice}, object{person: bob}), newlyCreated(bob, object{person: alice, mode: modeEnforce}))
	for _, v := range m.violations {
		t.Error(m.path(v))
	}
	if len(m.nodes) < 10000 || m.cut > 0 {
		t.Errorf("%d states were found and %d left out: the model does not do what it did", len(m.nodes), m.cut)
	}
}

// TestMistakesAreFound makes mistakes in the decision. The model finds each, by a path of so many steps at most.
func TestMistakesAreFound(t *testing.T) {
	one := newlyCreated(nobody, object{person: alice})
	stranger := newlyCreated(bob, object{person: alice})
	two := newlyCreated(nobody, object{person: alice}, object{person: alice})
	rivals := newlyCreated(nobody, object{person: alice}, object{person: bob})
	for name, mistake := range map[string]struct {
		from   state
		faults int
		decide decider
		rule   string
		steps  int
	}{
		"a lost write is not waited for": {one, 2, func(in assignment.Input) assignment.Decision {
			for i := range in.Object.Record.Pending {
				in.Object.Record.Pending[i].Acknowledged = true
			}
			return assignment.Decide(in)
		}, "no write contradicts a lost one", 12},
		"a finalizer goes without a read": {one, 1, func(in assignment.Input) assignment.Decision {
			d := assignment.Decide(in)
			if in.Object.Deletion != nil && d.Action == assignment.ReadCredential {
				d.Action = assignment.RemoveFinalizer
			}
			return d
		}, "S7: a finalizer leaves after a read", 8},
		"mode Assign takes it from somebody else": {stranger, 0, func(in assignment.Input) assignment.Decision {
			if in.Object.Declared.Mode == v1alpha1.ModeAssign {
				in.Object.Declared.Mode = v1alpha1.ModeEnforce
			}
			return assignment.Decide(in)
		}, "S2, S4: outside Enforce", 4},
		"Ready is True while a lost write may undo it": {one, 2, func(in assignment.Input) assignment.Decision {
			d := assignment.Decide(in)
			if d.State == assignment.HeldUntilUndone {
				d.Reason = v1alpha1.ReasonAssigned
			}
			return d
		}, "S8: not Ready while a lost write may undo it", 18},
		"a new process forgets what was pending": {one, 2, func(in assignment.Input) assignment.Decision {
			if in.Timing.LeadingSince.Equal(in.Now) {
				in.Object.Record.Pending = nil
			}
			return assignment.Decide(in)
		}, "no pending write is forgotten", 8},
		"what became free is not assigned again": {one, 1, func(in assignment.Input) assignment.Decision {
			d := assignment.Decide(in)
			if d.Action == assignment.Assign && in.Object.Record.AssignedTo != nil {
				d.Action, d.Reason = assignment.Report, v1alpha1.ReasonOutcomeUnknown
			}
			return d
		}, "it is not assigned", 8},
		"nobody looks at a deleted object again": {one, 1, func(in assignment.Input) assignment.Decision {
			d := assignment.Decide(in)
			if d.State == assignment.InGrace {
				d.Until = time.Time{}
			}
			return d
		}, "it is deleted and does not go", 8},
		"a successor is not seen": {two, 1, func(in assignment.Input) assignment.Decision {
			if in.Object.Deletion != nil {
				in.Peers = nil
			}
			return assignment.Decide(in)
		}, "a person whom another object took over keeps the credential", 20},
		"the claim is not judged": {rivals, 1, func(in assignment.Input) assignment.Decision {
			in.Claim = assignment.Claim{}
			return assignment.Decide(in)
		}, "writes nothing beside one that has one", 12},
		"what was assigned is forgotten when it is moved": {one, 2, func(in assignment.Input) assignment.Decision {
			if owner := in.Object.Record.AssignedTo; owner != nil && owner.Person != in.Object.Declared.Person {
				in.Object.Record.AssignedTo = nil
			}
			return assignment.Decide(in)
		}, "a person stays an object's own while the credential is theirs", 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := explored(mistake.faults, mistake.decide, mistake.from)
			for _, v := range m.violations {
				if strings.Contains(v.rule, mistake.rule) {
					if steps := len(m.steps(v)); steps > mistake.steps {
						t.Errorf("the path is %d steps long, want at most %d:\n%s", steps, mistake.steps, m.path(v))
					}
					return
				}
			}
			t.Errorf("nothing breaks the rule %q, only %v", mistake.rule, m.count)
		})
	}
}
