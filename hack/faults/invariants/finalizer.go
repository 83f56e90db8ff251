package invariants

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// finalizersStayUntilPeopleAreGone is S7: a finalizer leaves only after a read showed the person (or, in the recorded
// workspace, the credential) gone, or by Retain, Observe, hand-over, abandon, or as a loser whose person the winner declares or
// that has no record.
func finalizersStayUntilPeopleAreGone(h *History, broken func(string, ...any)) {
	for i := range h.Versions {
		v := &h.Versions[i]
		before := h.before(v)
		if v.Process == "" || before == nil || !hasFinalizer(&before.Object) || hasFinalizer(&v.Object) && !v.IsGone {
			continue
		}
		o := &before.Object
		switch {
		case o.Annotations[v1alpha1.AnnotationAbandon] == "true" && !o.DeletionTimestamp.IsZero():
		case o.Spec.DeletionPolicy == v1alpha1.DeletionPolicyRetain, o.Spec.Mode == v1alpha1.ModeObserve:
		case o.DeletionTimestamp.IsZero():
			broken("the finalizer left %s, which lives and may have somebody to clean up", nameOf(o))
		case h.isLoserWithoutRecord(v, o):
		case !h.wasSeenGone(v, o):
			broken("the finalizer left %s, and no read since its deletion showed its person gone", nameOf(o))
		default:
			h.nothingIsPending(v, o, broken)
		}
	}
}

func hasFinalizer(o *v1alpha1.CredentialAssignment) bool {
	return slices.Contains(o.Finalizers, v1alpha1.Finalizer)
}

// wasSeenGone reports whether the last read before the finalizer left showed the credential gone, or held by nobody of the
// deleted object, or by one whom another object has taken over or declares with the claim.
func (h *History) wasSeenGone(v *Version, o *v1alpha1.CredentialAssignment) bool {
	switch last := h.lastRead(v, o); {
	case last == nil:
		return false
	case last.Shown.Missing || !h.holdsAny(last.Shown.Holder, own(o)):
		return true
	default:
		return h.isTakenOver(v, last.Shown.Holder)
	}
}

// lastRead returns the last read since an object's deletion by the process that took its finalizer off; nil when there is none.
func (h *History) lastRead(v *Version, o *v1alpha1.CredentialAssignment) *Call {
	deleted := h.deletedAt(o)
	var last *Call
	for i := range h.Calls {
		c := &h.Calls[i]
		if c.CredentialID == o.Spec.ACSCredentialID && c.Operation == OpGet && c.Process == v.Process && c.Shown != nil &&
			c.Arrived.Revision >= deleted && c.Ended.Revision < v.Revision {
			last = c
		}
	}
	return last
}

// nothingIsPending looks for recorded calls of a deleted object that may still come about when its finalizer leaves: their
// answers were lost, the last read does not show their effect, and two time-outs have not passed.
func (h *History) nothingIsPending(v *Version, o *v1alpha1.CredentialAssignment, broken func(string, ...any)) {
	last := h.lastRead(v, o)
	if last.Shown.Missing {
		return
	}
	entries := entriesOf(o)
	for _, w := range h.writes() {
		if w.intent == nil || !slices.Contains(entries, w.intent.entry) || !w.isLost() {
			continue
		}
		isShown := h.holds(last.Shown.Holder, w.Person) == (w.Operation == OpAssign)
		if !isShown && last.Arrived.Time.Sub(w.Arrived.Time) < 2*h.Timeout {
			broken("the finalizer left %s while the lost %s of %s might still come about", nameOf(o), w.Operation, w.Person)
		}
	}
}

// deletedAt returns the revision at which an object was deleted.
func (h *History) deletedAt(o *v1alpha1.CredentialAssignment) int64 {
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Object.UID == o.UID && !v.Object.DeletionTimestamp.IsZero() {
			return v.Revision
		}
	}
	return 0
}

// isTakenOver reports whether, when an object went, another live one of its credential had the holder as its own.
func (h *History) isTakenOver(v *Version, holder Holder) bool {
	for _, rival := range h.others(v) {
		if isActive(rival) && h.holds(holder, declared(rival)) && (!recorded(rival).isZero() || rival.Status.Credential != nil) {
			return true
		}
	}
	return false
}

// isLoserWithoutRecord reports whether another object had the claim, and the deleted one nobody who could hold it.
func (h *History) isLoserWithoutRecord(v *Version, o *v1alpha1.CredentialAssignment) bool {
	if !recorded(o).isZero() || len(entriesOf(o)) > 0 {
		return false
	}
	for _, rival := range h.others(v) {
		if rival.Spec.Mode != v1alpha1.ModeObserve {
			return true
		}
	}
	return false
}

// others returns the other objects of a credential as they stood at a version's revision.
func (h *History) others(v *Version) []*v1alpha1.CredentialAssignment {
	stood := map[string]*v1alpha1.CredentialAssignment{}
	for i := range h.Versions {
		other := &h.Versions[i]
		uid := string(other.Object.UID)
		switch {
		case other.Revision > v.Revision || other.Object.UID == v.Object.UID || other.Object.Spec.ACSCredentialID != v.Object.Spec.ACSCredentialID:
		case other.IsGone:
			delete(stood, uid)
		default:
			stood[uid] = &other.Object
		}
	}
	found := make([]*v1alpha1.CredentialAssignment, 0, len(stood))
	for _, o := range stood {
		found = append(found, o)
	}
	return found
}

// isActive reports whether an object may write to Seam: what may take a person over.
func isActive(o *v1alpha1.CredentialAssignment) bool {
	return o.DeletionTimestamp.IsZero() && !o.Spec.Suspend && o.Spec.Mode != v1alpha1.ModeObserve
}

func isReady(o *v1alpha1.CredentialAssignment) bool {
	return meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)
}
