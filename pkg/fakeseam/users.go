package fakeseam

import (
	"slices"
	"strings"
	"time"
)

// User is an ACS user: somebody known to one access system.
type User struct {
	ID               string // generated when empty
	SystemID         string // the first system when empty
	UserIdentityID   string // of the identity it is linked to, or empty
	FullName         string
	EmailAddress     string
	PhoneNumber      string
	IsSuspended      bool
	PendingMutations []string // mutation_code
	Warnings         []string // warning_code
	Errors           []string // error_code

	createdAt time.Time
}

// Users are the ACS users.
type Users struct {
	shared      *shared
	workspaces  *Workspaces
	switches    *Switches
	credentials *Credentials
	all         table[User]
	everLinked  map[string][]string // by identity, the users that are or were linked to it: thousands are not searched for one
}

// AddUser adds an ACS user, or replaces the one with its ID. It is linked to an
// identity only if UserIdentityID says so.
func (us *Users) AddUser(u User) User {
	defer us.shared.enter()()
	u.ID = us.shared.ids.given(u.ID, kindUser)
	u.SystemID = us.workspaces.ensureSystem(u.SystemID)
	u.UserIdentityID = strings.ToLower(u.UserIdentityID)
	u.createdAt = us.shared.clock()
	us.put(u)
	return u
}

// User returns an ACS user as it is, regardless of ReadLag.
func (us *Users) User(id string) (User, bool) {
	defer us.shared.enter()()
	u, ok := us.all.truth(strings.ToLower(id))
	return u.clone(), ok
}

// UpdateUser changes an ACS user the way somebody does outside of the API; reads
// show it at once. An unknown ID is ignored.
func (us *Users) UpdateUser(id string, change func(*User)) {
	defer us.shared.enter()()
	u, ok := us.all.truth(strings.ToLower(id))
	if !ok {
		return
	}
	u = u.clone()
	change(&u)
	us.put(u)
}

// put stores what somebody seeded or did outside of the API: reads show it at once.
func (us *Users) put(u User) {
	us.noteLink(u)
	us.all.put(u.ID, u.clone())
}

// noteLink remembers whom a user is linked to. What is remembered is only where to look.
func (us *Users) noteLink(u User) {
	if known := us.everLinked[u.UserIdentityID]; u.UserIdentityID != "" && !slices.Contains(known, u.ID) {
		us.everLinked[u.UserIdentityID] = append(known, u.ID)
	}
}

// DeleteUser removes an ACS user. The credentials it held are free then.
func (us *Users) DeleteUser(id string) {
	defer us.shared.enter()()
	id = strings.ToLower(id)
	us.all.remove(id)
	us.credentials.freeFromUser(id)
}

// clone copies what a caller could change behind the lock otherwise.
func (u User) clone() User {
	u.PendingMutations = slices.Clone(u.PendingMutations)
	u.Warnings = slices.Clone(u.Warnings)
	u.Errors = slices.Clone(u.Errors)
	return u
}

// relink links the users of one identity to another one, or to nobody.
func (us *Users) relink(from, to string) {
	for u := range us.all.truthsOf(us.everLinked[from]) {
		if u.UserIdentityID == from {
			u.UserIdentityID = to
			us.put(u)
		}
	}
}

// heldByUser reports whether the credential is the ACS user's, if only by the
// identity it shows.
func (us *Users) heldByUser(c Credential, userID string) bool {
	if c.ACSUserID != "" || c.UserIdentityID == "" {
		return c.ACSUserID == userID
	}
	u, ok := us.all.truth(userID)
	return ok && u.SystemID == c.SystemID && u.UserIdentityID == c.UserIdentityID
}

// heldByIdentity reports whether the credential is the identity's, if only
// through a linked ACS user.
func (us *Users) heldByIdentity(c Credential, identityID string) bool {
	if c.UserIdentityID == identityID {
		return true
	}
	u, ok := us.all.truth(c.ACSUserID)
	return ok && u.UserIdentityID == identityID
}

// userOf finds the ACS user in a system that stands for an identity: the linked
// one, else one with its e-mail address or phone number, as Seam documents for
// assign. An ACS user that is linked to another identity is left to it, which Seam
// does not document.
func (us *Users) userOf(i Identity, systemID string) (User, bool) {
	for u := range us.all.truthsOf(us.everLinked[i.ID]) {
		if u.SystemID == systemID && u.UserIdentityID == i.ID {
			return u, true
		}
	}
	if i.EmailAddress == "" && i.PhoneNumber == "" {
		return User{}, false
	}
	for u := range us.all.truths() {
		if u.SystemID == systemID && u.UserIdentityID == "" && i.resembles(u) {
			return u, true
		}
	}
	return User{}, false
}

// link makes sure that the identity has an ACS user in the system: the one that
// userOf found, or a new one.
func (us *Users) link(u User, i Identity, systemID string) User {
	if u.ID != "" && u.UserIdentityID == i.ID {
		return u
	}
	if u.ID == "" {
		u = User{ID: us.shared.ids.next(kindUser), SystemID: systemID, FullName: i.FullName,
			EmailAddress: i.EmailAddress, PhoneNumber: i.PhoneNumber, createdAt: us.shared.clock()}
	}
	u.UserIdentityID = i.ID
	us.noteLink(u)
	us.all.write(u.ID, u, us.shared.clock(), us.switches.horizon())
	return u
}
