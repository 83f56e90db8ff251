package invariants

import (
	"fmt"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func (p Person) isZero() bool { return p == Person{} }

// String names a person by kind and the beginning of the ID, which tells those of the stories apart.
func (p Person) String() string {
	switch {
	case p.ACSUserID != "":
		return "ACS user " + short(p.ACSUserID)
	case p.UserIdentityID != "":
		return "user identity " + short(p.UserIdentityID)
	default:
		return "nobody"
	}
}

func (h Holder) String() string { return Person(h).String() }

func (h Holder) isFree() bool { return h == Holder{} }

func short(id string) string { return id[:min(len(id), 8)] }

// declared returns whom an object declares.
func declared(o *v1alpha1.CredentialAssignment) Person {
	return Person{o.Spec.ACSUserID, o.Spec.UserIdentityID}
}

// recorded returns whom an object recorded as its own; nobody without a record of its own UID.
func recorded(o *v1alpha1.CredentialAssignment) Person {
	if to := o.Status.AssignedTo; to != nil && to.UID == string(o.UID) {
		return Person{to.ACSUserID, to.UserIdentityID}
	}
	return Person{}
}

// own are all whom an object may move or remove: its declared person, whom it recorded, and those of its pending assigns.
func own(o *v1alpha1.CredentialAssignment) []Person {
	people := []Person{declared(o)}
	if p := recorded(o); !p.isZero() {
		people = append(people, p)
	}
	for _, e := range entriesOf(o) {
		if e.operation == v1alpha1.OperationAssign {
			people = append(people, e.person)
		}
	}
	return people
}

// same reports whether two persons are one, as far as ACS users are linked to identities.
func (h *History) same(a, b Person) bool {
	switch {
	case a.isZero() || b.isZero():
		return false
	case a.ACSUserID != "" && b.ACSUserID != "":
		return a.ACSUserID == b.ACSUserID
	default:
		return h.identity(a) != "" && h.identity(a) == h.identity(b)
	}
}

// identity returns the user identity of a person; empty for an ACS user without one.
func (h *History) identity(p Person) string {
	if p.UserIdentityID != "" {
		return p.UserIdentityID
	}
	return h.Identities[p.ACSUserID]
}

// holds reports whether a holder is a person.
func (h *History) holds(holder Holder, p Person) bool {
	return h.same(Person{ACSUserID: holder.ACSUserID}, p) || h.same(Person{UserIdentityID: holder.UserIdentityID}, p)
}

func (h *History) holdsAny(holder Holder, people []Person) bool {
	for _, p := range people {
		if h.holds(holder, p) {
			return true
		}
	}
	return false
}

// nameOf names an object with its generation: an edit makes it declare something else.
func nameOf(o *v1alpha1.CredentialAssignment) string {
	return fmt.Sprintf("%s/%s of generation %d", o.Namespace, o.Name, o.Generation)
}
