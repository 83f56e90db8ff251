package invariants

import (
	"slices"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// onlyWhatIsDeclared is S1: no assign is sent that a live object did not declare at the revision at which it was recorded.
func onlyWhatIsDeclared(h *History, broken func(string, ...any)) {
	for _, w := range h.writes() {
		if w.Operation != OpAssign {
			continue
		}
		if w.intent == nil {
			broken("%s of %s was sent without a record", w.Operation, w.Person)
			continue
		}
		o := &w.intent.version.Object
		switch {
		case declared(o) != w.Person:
			broken("%s was assigned, and %s declares %s", w.Person, nameOf(o), declared(o))
		case !o.DeletionTimestamp.IsZero():
			broken("%s was assigned for %s, which is being deleted", w.Person, nameOf(o))
		case o.Spec.Mode == v1alpha1.ModeObserve || o.Spec.Suspend:
			broken("%s was assigned for %s, which is only to observe or suspended", w.Person, nameOf(o))
		}
	}
}

// nobodyElseIsUnassigned is S2: no unassign touches anybody but the declared person of that object, its assignedTo, or the
// person of one of its pending Assigns; in mode Enforce also the holder who must make room.
func nobodyElseIsUnassigned(h *History, broken func(string, ...any)) {
	for _, w := range h.writes() {
		if w.Operation != OpUnassign {
			continue
		}
		if w.intent == nil {
			broken("%s of %s was sent without a record", w.Operation, w.Person)
			continue
		}
		o := &w.intent.version.Object
		allowed := own(o)
		if before := h.before(w.intent.version); before != nil {
			allowed = append(allowed, own(&before.Object)...)
		}
		isOwn := slices.ContainsFunc(allowed, func(p Person) bool { return h.same(p, w.Person) })
		isInTheWay := o.Spec.Mode == v1alpha1.ModeEnforce && o.DeletionTimestamp.IsZero()
		if !isOwn && !isInTheWay {
			broken("%s was unassigned for %s, whose person that is not", w.Person, nameOf(o))
		}
		if o.Spec.Mode == v1alpha1.ModeObserve {
			broken("%s was unassigned for %s, which is only to observe", w.Person, nameOf(o))
		}
	}
}

// before returns the version of the same object before the given one; nil when there is none.
func (h *History) before(of *Version) *Version {
	var found *Version
	for i := range h.Versions {
		v := &h.Versions[i]
		if v == of {
			return found
		}
		if v.Object.UID == of.Object.UID {
			found = v
		}
	}
	return nil
}

// twoChangesForEachEdit is S6: each change of spec changes what Seam holds at most twice, by one unassign and one assign,
// however often the operator is killed. What somebody changes by hand, and what comes about after the time-out of its call,
// may be healed once more each time.
func twoChangesForEachEdit(h *History, broken func(string, ...any)) {
	type change struct {
		uid        string
		generation int64
		operation  string
	}
	counts := map[change]int{}
	for _, w := range h.writes() {
		if !w.Changed || w.intent == nil {
			continue
		}
		o := &w.intent.version.Object
		c := change{string(o.UID), o.Generation, w.Operation}
		if counts[c]++; counts[c] == 2+h.surprises(w.CredentialID) {
			broken("%s changed what Seam holds by %s more than once", nameOf(o), w.Operation)
		}
	}
}

// surprises counts the changes of a credential's holder that the operator could not wait for.
func (h *History) surprises(credential string) int {
	n := 0
	for i := range h.Calls {
		if c := &h.Calls[i]; c.CredentialID == credential && c.Changed && c.LateBy > h.Timeout {
			n++
		}
	}
	for _, c := range h.ChangedByHand {
		if c.CredentialID == credential {
			n++
		}
	}
	return n
}
