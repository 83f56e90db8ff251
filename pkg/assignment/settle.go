package assignment

import "github.com/seam-operator/seam-operator/api/v1alpha1"

// settle returns the record as the present read leaves it. An entry leaves when the read shows its effect, unless another
// lost call for the same stands beside it; and by any read later than twice the time-out after it was sent.
func (f *facts) settle() Record {
	r := Record{AssignedTo: f.Object.Record.AssignedTo}
	if f.isGone() {
		return r
	}
	for _, w := range f.Object.Record.Pending {
		if !f.leaves(w) {
			r.Pending = append(r.Pending, w)
		}
		if f.shows(w) {
			r.AssignedTo = f.afterEffect(r.AssignedTo, w)
		}
	}
	if f.observes() && len(r.Pending) == 0 {
		r.AssignedTo = nil
	}
	return r
}

// leaves reports whether the effect of an own pending write is known, or can come no more. A finalizer that is not wanted
// any more waits for no read.
func (f *facts) leaves(w PendingWrite) bool {
	if f.isSettled(w) || f.isBelieved() && !f.Observed.At.Before(f.ends(w)) {
		return true
	}
	return f.takesNothingAway() && f.Object.Finalizer && !f.Now.Before(f.ends(w))
}

// afterEffect returns whom the object has assigned, once the effect of a write is seen.
func (f *facts) afterEffect(owner *AssignedTo, w PendingWrite) *AssignedTo {
	switch {
	case f.observes():
		return owner
	case w.Operation == v1alpha1.OperationAssign:
		f.assignedAt = w.StartedAt
		return f.ownerSince(owner, w.Person)
	case owner != nil && owner.Person == w.Person:
		return &AssignedTo{WorkspaceID: owner.WorkspaceID, Since: f.Now}
	default:
		return owner
	}
}

// ownerSince returns the record of a person who was seen to hold the credential because of this object.
func (f *facts) ownerSince(owner *AssignedTo, person Person) *AssignedTo {
	if owner != nil && owner.Person == person && owner.WorkspaceID == f.Observed.WorkspaceID {
		return owner
	}
	return &AssignedTo{Person: person, WorkspaceID: f.Observed.WorkspaceID, Since: f.Now}
}
