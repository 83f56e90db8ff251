package invariants

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// readyIsSeen is S8: Ready=True is written only with the generation it was observed at, and after a read or an answer that
// showed it, and while no pending write of any object of the credential could still undo it.
func readyIsSeen(h *History, broken func(string, ...any)) {
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Process == "" || v.IsGone || !isReady(&v.Object) || h.wasReady(v) {
			continue
		}
		o := &v.Object
		seen := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady).ObservedGeneration
		person, isKnown := h.declaredAt(o, seen)
		switch {
		case !isKnown:
			broken("%s is Ready with generation %d, which it never had", nameOf(o), seen)
		case !h.wasShown(v, person):
			broken("%s is Ready, and the last answer before that did not show %s", nameOf(o), person)
		default:
			h.nothingUndoes(v, person, broken)
		}
	}
}

// wasReady reports whether the object was Ready for the same generation before.
func (h *History) wasReady(v *Version) bool {
	before := h.before(v)
	if before == nil || !isReady(&before.Object) {
		return false
	}
	was := meta.FindStatusCondition(before.Object.Status.Conditions, v1alpha1.ConditionReady)
	is := meta.FindStatusCondition(v.Object.Status.Conditions, v1alpha1.ConditionReady)
	return was.ObservedGeneration == is.ObservedGeneration
}

// declaredAt returns whom an object declared at one of its generations.
func (h *History) declaredAt(o *v1alpha1.CredentialAssignment, generation int64) (Person, bool) {
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Object.UID == o.UID && v.Object.Generation == generation {
			return declared(&v.Object), true
		}
	}
	return Person{}, false
}

// wasShown reports whether an answer showed a person as the holder since the process's last write of the credential ended,
// and before a version was written.
func (h *History) wasShown(v *Version, person Person) bool {
	isShown := false
	for i := range h.Calls {
		c := &h.Calls[i]
		if c.CredentialID != v.Object.Spec.ACSCredentialID || c.Process != v.Process || c.Arrived.Revision >= v.Revision {
			continue
		}
		switch {
		case c.shows():
			isShown = isShown && c.Operation != OpGet || h.holds(c.Shown.Holder, person)
		case c.isWrite():
			isShown = false
		}
	}
	return isShown
}

// nothingUndoes looks for pending writes that could take the credential from a person: of the object itself as it was
// written, and of the others as they stood. Two time-outs after it was recorded, a write comes about no more.
func (h *History) nothingUndoes(v *Version, person Person, broken func(string, ...any)) {
	entries := entriesOf(&v.Object)
	for _, other := range h.others(v) {
		entries = append(entries, entriesOf(other)...)
	}
	for _, in := range h.intents() {
		isPending := slices.Contains(entries, in.entry) && v.Time.Sub(in.version.Time) < 2*h.Timeout
		if isPending && h.same(in.person, person) != (in.operation == v1alpha1.OperationAssign) {
			broken("%s is Ready while a pending %s of %s could undo that", nameOf(&v.Object), in.operation, in.person)
		}
	}
}
