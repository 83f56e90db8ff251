package assignment

import (
	"cmp"
	"slices"
	"time"
)

// Claimant is an object that may change who holds a credential, as one of several that name the same credential.
type Claimant struct {
	UID     string
	Created time.Time
	Person  Person
	// Recorded says that the object carries a record of its own, and that status bears it out.
	Recorded bool
	// Noted says that it carries a record of its own, and that nobody has looked yet whether that is true.
	Noted bool
	// Reads says that its own key reads the credential, or that nobody has tried yet.
	Reads bool
	// Leaving says that it is being deleted.
	Leaving bool
	// Suspended says that it does nothing until a person lets it.
	Suspended bool
	// Succeeds says that it can take over from a claimant that goes: it is live, not suspended, and its key was seen to
	// read the credential in WorkspaceID, or nobody could tell yet.
	Succeeds bool
	// Untold says that nobody could tell yet: it was not handled, or Seam could not be asked.
	Untold bool
	// Marked says that it carries the marks of one whose person was seen to hold the credential, so that its own
	// deletion takes the credential away; Ready that its status still shows that person.
	Marked bool
	Ready  bool
	// Stalled is why it is stuck until a person mends something; empty when it is not.
	Stalled     string
	WorkspaceID string
}

// Rank sorts claimants: those with a record come first, then those whose key reads the credential; among equals the
// oldest, then the lower UID. The first one has the claim. Whether its key reads the credential counts for nothing with
// a record: a passing 401 lets no rival in.
func Rank(claimants []Claimant) {
	slices.SortFunc(claimants, func(a, b Claimant) int {
		return cmp.Or(
			cmp.Compare(a.class(), b.class()),
			a.Created.Compare(b.Created),
			cmp.Compare(a.UID, b.UID),
		)
	})
}

// class is what counts before age. A record that nobody has looked into is a forgery or that of a process that was killed:
// it goes before all who have none, and after all that are borne out.
func (c Claimant) class() int {
	switch {
	case c.Recorded:
		return 0
	case c.Noted:
		return 1
	case c.Reads:
		return 2
	default:
		return 3
	}
}

// Claim is how an object stands among all that claim its credential.
type Claim struct {
	// Winner is the claimant that goes before this object; nil when this object has the claim.
	Winner *Claimant
	// Successor is the claimant that has the claim next, when it can take over. Whether it declares the holder is for
	// the plan to see.
	Successor *Claimant
}

// Stand finds the claim of the object with the given UID, which dealt with the credential in the workspace, among ranked
// claimants. An object that is no claimant itself loses to the first one.
func Stand(ranked []Claimant, uid, workspaceID string) Claim {
	var claim Claim
	others := slices.DeleteFunc(slices.Clone(ranked), func(c Claimant) bool { return c.UID == uid })
	if len(others) == 0 {
		return claim
	}
	if ranked[0].UID != uid {
		claim.Winner = &others[0]
		return claim
	}
	if next := others[0]; next.Succeeds && (next.Untold || next.WorkspaceID == workspaceID) {
		claim.Successor = &next
	}
	return claim
}
