package invariants

import (
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// broken returns the rules that a history breaks, each once.
func (s *story) broken() []string {
	var names []string
	for _, v := range Check(&s.History) {
		names = append(names, v.Rule)
	}
	return slices.Compact(names)
}

func TestAnHonestLifeBreaksNothing(t *testing.T) {
	t.Parallel()
	s := newStory()
	s.assigns("key", alice)
	s.moves("key", alice, bob)
	s.deletes("key", bob)
	s.calm()
	s.AtRest = s.now
	if broken := Check(&s.History); len(broken) > 0 {
		t.Errorf("it breaks %v", broken)
	}
}

// Each of these histories goes wrong in one way, and breaks the one rule for that.
var violations = []struct {
	rule, name string
	happens    func(*story)
}{
	{"S1", "an assign without a record", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads("")
		s.calls(OpAssign, alice, 200, nil)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S1", "an assign of somebody who is declared no more", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads("")
		s.edits("key", forUser(bob))
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		stalled(s, v1alpha1.ReasonHeldByOther, alice)
	}},
	{"S1", "an assign for a deleted object", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads("")
		s.writes("key", finalized)
		s.edits("key", deleted)
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		stalled(s, v1alpha1.ReasonUnauthorized, alice)
	}},
	{"S1", "an assign by an object that only observes", func(s *story) {
		s.edits("key", func(o *object) { o.Spec.ACSUserID, o.Spec.Mode = alice, v1alpha1.ModeObserve })
		s.reads("")
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S2", "an unassign of a stranger", func(s *story) {
		s.assigns("key", alice)
		s.edits("key", forUser(bob))
		s.reads(carol)
		s.writes("key", s.pending(v1alpha1.OperationUnassign, carol))
		s.calls(OpUnassign, carol, 200, nil)
		stalled(s, v1alpha1.ReasonHeldByOther, alice)
	}},
	{"S3", "two writes at a time", func(s *story) {
		s.assigns("key", alice)
		s.edits("key", forUser(bob))
		s.reads(alice)
		s.writes("key", s.pending(v1alpha1.OperationUnassign, alice))
		s.calls(OpUnassign, alice, 200, nil)
		first := len(s.Calls) - 1
		s.reads("")
		s.writes("key", s.pending(v1alpha1.OperationAssign, bob))
		s.calls(OpAssign, bob, 200, nil)
		s.Calls[first].Ended = s.now
		stalled(s, v1alpha1.ReasonHeldByOther, alice)
	}},
	{"S4", "an assign over somebody else", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads(carol)
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S4", "a write that goes by an old read", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads("")
		s.writes("key", finalized)
		s.passes(9 * time.Second)
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S5", "a lost answer that is not looked at", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads("")
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 0, nil)
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S6", "an edit that changes Seam three times", func(s *story) {
		s.assigns("key", alice)
		s.reads("")
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 200, nil)
	}},
	{"S7", "a finalizer that leaves without a look", func(s *story) {
		s.assigns("key", alice)
		s.edits("key", deleted)
		s.writes("key", released)
	}},
	{"S7", "a finalizer that leaves while the person is there", func(s *story) {
		s.assigns("key", alice)
		s.edits("key", deleted)
		s.reads(alice)
		s.writes("key", released)
	}},
	{"S7", "a finalizer that leaves while a lost assign may still come about", func(s *story) {
		s.edits("key", forUser(alice))
		s.writes("key", finalized)
		s.reads("")
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.calls(OpAssign, alice, 0, nil)
		s.edits("key", deleted)
		s.reads("")
		s.writes("key", released)
	}},
	{"S7", "a finalizer that leaves an object that lives", func(s *story) {
		s.assigns("key", alice)
		s.writes("key", released)
	}},
	{"S8", "Ready without an answer that showed it", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads(bob)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
	{"S8", "Ready while another object's lost write may undo it", func(s *story) {
		s.edits("rival", forUser(bob))
		s.reads("")
		s.writes("rival", s.pending(v1alpha1.OperationAssign, bob))
		s.calls(OpAssign, bob, 0, nil)
		s.edits("key", forUser(alice))
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
		s.writes("rival", func(o *object) {
			condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflictingClaim)
			condition(o, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonConflictingClaim)
		})
	}},
	{"S9", "a key in an event", func(s *story) {
		s.assigns("key", alice)
		s.Texts = []Text{{"an event", "assigned with " + apiKey}}
	}},
	{"S9", "a key in a status", func(s *story) {
		s.assigns("key", alice)
		s.writes("key", func(o *object) { o.Status.Conditions[0].Message = apiKey })
	}},
	{"S10", "a write to the API server at rest", func(s *story) {
		s.assigns("key", alice)
		s.AtRest = s.now
		s.writes("key", reported)
	}},
	{"S10", "a call that changes Seam at rest", func(s *story) {
		s.assigns("key", alice)
		s.reads(alice)
		s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
		s.AtRest = s.now
		s.calls(OpAssign, alice, 200, nil).Changed = false
	}},
	{"L1", "an object that nobody handles", func(s *story) { s.edits("key", forUser(alice)) }},
	{"L1", "an object that says Ready and is not", func(s *story) {
		s.assigns("key", alice)
		s.Truth[theCredential] = Holder{ACSUserID: carol}
	}},
	{"L1", "an object that is stalled by what is not so", func(s *story) {
		s.edits("key", forUser(alice))
		s.reads(carol)
		stalled(s, v1alpha1.ReasonHeldByOther, "")
	}},
	{"L1", "an object that settles late", func(s *story) {
		s.calm()
		s.passes(6 * time.Minute)
		s.assigns("key", alice)
	}},
	{"L2", "a deleted object that stays and does not say why", func(s *story) {
		s.assigns("key", alice)
		s.edits("key", deleted)
	}},
	{"L3", "a bystander that is kept waiting", func(s *story) {
		s.Bystanders = map[string]bool{"uid of key": true}
		s.edits("key", forUser(alice))
		s.passes(time.Minute)
		s.reads(alice)
		s.writes("key", reported)
		s.Truth[theCredential] = Holder{ACSUserID: alice}
	}},
}

// stalled ends a story with an object that waits for a person, while somebody holds the credential.
func stalled(s *story, reason, holder string) {
	s.writes("key", func(o *object) {
		condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, reason)
		condition(o, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason)
	})
	s.Truth[theCredential] = Holder{ACSUserID: holder}
}

func TestEachRuleBites(t *testing.T) {
	t.Parallel()
	for _, v := range violations {
		t.Run(v.rule+" "+v.name, func(t *testing.T) {
			t.Parallel()
			s := newStory()
			v.happens(s)
			if s.Calm.Time.IsZero() {
				s.calm()
			}
			if got := s.broken(); !slices.Equal(got, []string{v.rule}) {
				t.Errorf("it breaks %v: %v", got, Check(&s.History))
			}
		})
	}
}

func TestEachRuleHasAHistoryThatBreaksIt(t *testing.T) {
	t.Parallel()
	for _, rule := range rules {
		if !slices.ContainsFunc(violations, func(v struct {
			rule, name string
			happens    func(*story)
		}) bool {
			return v.rule == rule.name
		}) {
			t.Errorf("no history breaks %s", rule.name)
		}
	}
}

// What the contract allows must not be called a violation.
func TestWhatIsAllowedBreaksNothing(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*story){
		"Enforce takes it from anybody": func(s *story) {
			s.edits("key", func(o *object) { o.Spec.ACSUserID, o.Spec.Mode = alice, v1alpha1.ModeEnforce })
			s.writes("key", finalized)
			s.reads(carol)
			s.writes("key", s.pending(v1alpha1.OperationUnassign, carol))
			s.calls(OpUnassign, carol, 200, nil)
			s.reads("")
			s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
			s.calls(OpAssign, alice, 200, nil)
			s.reads(alice)
			s.writes("key", reported)
			s.Truth[theCredential] = Holder{ACSUserID: alice}
		},
		"a hand-over": func(s *story) {
			s.assigns("key", alice)
			s.edits("key", deleted)
			s.edits("renamed", forUser(alice))
			s.reads(alice)
			s.writes("renamed", finalized)
			s.writes("renamed", reported)
			s.reads(alice)
			s.writes("key", released)
		},
		"a lost unassign that a read shows": func(s *story) {
			s.assigns("key", alice)
			s.edits("key", deleted)
			s.reads(alice)
			s.writes("key", s.pending(v1alpha1.OperationUnassign, alice))
			s.calls(OpUnassign, alice, 0, nil)
			s.reads("")
			s.writes("key", released)
		},
		"a lost assign whose time is over": func(s *story) {
			s.edits("key", forUser(alice))
			s.writes("key", finalized)
			s.reads("")
			s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
			s.calls(OpAssign, alice, 0, nil)
			s.edits("key", deleted)
			s.passes(time.Minute)
			s.reads("")
			s.writes("key", released)
		},
		"Ready beside another object's lost write whose time is over": func(s *story) {
			s.edits("rival", forUser(bob))
			s.reads("")
			s.writes("rival", s.pending(v1alpha1.OperationAssign, bob))
			s.calls(OpAssign, bob, 0, nil)
			s.edits("key", forUser(alice))
			s.passes(time.Minute)
			s.reads(alice)
			s.writes("key", reported)
			s.Truth[theCredential] = Holder{ACSUserID: alice}
			s.writes("rival", func(o *object) {
				condition(o, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonConflictingClaim)
				condition(o, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonConflictingClaim)
			})
		},
		"a clean-up that a person gave up": func(s *story) {
			s.assigns("key", alice)
			s.edits("key", deleted)
			s.edits("key", func(o *object) { o.Annotations = map[string]string{v1alpha1.AnnotationAbandon: "true"} })
			s.writes("key", released)
		},
		"what changes by hand is healed": func(s *story) {
			s.assigns("key", alice)
			s.ChangedByHand = []ChangeByHand{{At: s.now, CredentialID: theCredential}}
			s.reads("")
			s.writes("key", s.pending(v1alpha1.OperationAssign, alice))
			s.calls(OpAssign, alice, 200, nil)
			s.reads(alice)
			s.writes("key", reported)
		},
		"an identity that stands for its ACS user": func(s *story) {
			s.Identities[alice] = "identity of alice"
			s.edits("key", func(o *object) { o.Spec.UserIdentityID = "identity of alice" })
			s.writes("key", finalized)
			s.reads(alice)
			s.writes("key", reported)
			s.Truth[theCredential] = Holder{ACSUserID: alice}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory()
			happens(s)
			s.calm()
			if broken := Check(&s.History); len(broken) > 0 {
				t.Errorf("it breaks %v", broken)
			}
		})
	}
}
