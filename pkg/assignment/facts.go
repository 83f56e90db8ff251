package assignment

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// facts is an input with what follows from it.
type facts struct {
	Input
	pendingWrites
	// record is the record as the read leaves it, and assignedAt when the assign was started that the read shows.
	record     Record
	assignedAt time.Time
}

func newFacts(in Input) *facts {
	f := &facts{Input: in}
	people := &matcher{holder: in.Observed.Holder, people: in.Observed.People}
	f.pendingWrites = newPendingWrites(&f.Input, reading{matcher: people, object: &f.Object, observed: &f.Observed})
	f.record = f.settle()
	return f
}

func (f *facts) declared() Person { return f.Object.Declared.Person }

func (f *facts) isDeleting() bool { return f.Object.Deletion != nil }

func (f *facts) observes() bool { return f.Object.Declared.Mode == v1alpha1.ModeObserve }

// takesNothingAway reports whether the object needs no finalizer.
func (f *facts) takesNothingAway() bool { return f.observes() || f.Object.Declared.Retain }

func (f *facts) wantsFinalizer() bool { return !f.takesNothingAway() }

func (f *facts) hasClaim() bool { return f.Claim.Winner == nil }

// isOwn reports whether the holder is a person whom this object assigned, or may have assigned.
func (f *facts) isOwn() bool {
	if f.holds(f.record.AssignedPerson()) {
		return true
	}
	for _, w := range f.own {
		if w.Operation == v1alpha1.OperationAssign && f.holds(w.Person) {
			return true
		}
	}
	return false
}

// isPending reports whether the effect of a write is not known for sure yet.
func (f *facts) isPending(w PendingWrite) bool { return slices.ContainsFunc(f.all, w.Same) }

// isOwnWrite reports whether this object sent a write.
func (f *facts) isOwnWrite(w PendingWrite) bool { return slices.ContainsFunc(f.own, w.Same) }

// isToBeTaken reports whether a deleted object takes the credential from the holder: its own person or, with the claim, the
// declared one.
func (f *facts) isToBeTaken() bool {
	return f.wantsFinalizer() && (f.hasClaim() && f.holds(f.declared()) || f.isOwn())
}

// wasRefused returns the refusal of the same write in the same situation; nil when there is none.
func (f *facts) wasRefused(operation v1alpha1.Operation, person Person) *Refusal {
	if r := f.Sends.Refused; r != nil && r.Operation == operation && r.Person == person && r.Holder == f.holder {
		return r
	}
	return nil
}

// sentBefore returns the same write, sent before and never shown, while it is too early to send it again; nil when nothing
// is in the way.
func (f *facts) sentBefore(operation v1alpha1.Operation, person Person) *PendingWrite {
	last := f.Sends.Last
	if last != nil && last.Operation == operation && last.Person == person && f.Now.Before(f.Sends.NotBefore) {
		return last
	}
	return nil
}
