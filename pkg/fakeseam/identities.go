package fakeseam

import (
	"strings"
	"time"
)

// Identity is a user identity: one person across the access systems of a workspace.
type Identity struct {
	ID           string // generated when empty
	WorkspaceID  string // the first workspace when empty
	FullName     string
	EmailAddress string
	PhoneNumber  string

	createdAt time.Time
}

// Identities are the user identities.
type Identities struct {
	shared      *shared
	workspaces  *Workspaces
	users       *Users
	credentials *Credentials
	all         table[Identity]
	merged      map[string]string // to what each is left as
}

// AddIdentity adds a user identity, or replaces the one with its ID.
func (is *Identities) AddIdentity(i Identity) Identity {
	defer is.shared.enter()()
	i.ID = is.shared.ids.given(i.ID, kindIdentity)
	i.WorkspaceID = is.workspaces.ensureWorkspace(i.WorkspaceID)
	i.createdAt = is.shared.clock()
	delete(is.merged, i.ID)
	is.all.put(i.ID, i)
	return i
}

// Identity returns a user identity; for one that was merged, its survivor.
func (is *Identities) Identity(id string) (Identity, bool) {
	defer is.shared.enter()()
	return is.all.truth(is.survivor(strings.ToLower(id)))
}

// DeleteIdentity removes a user identity. Its ACS users stay, linked to nobody, and
// credentials that show nothing but the identity are free then.
func (is *Identities) DeleteIdentity(id string) {
	defer is.shared.enter()()
	is.replace(is.survivor(strings.ToLower(id)), "")
}

// MergeIdentity merges the identity oldID into survivorID: reading the old one
// returns the survivor, and what was linked to the old one is linked to it.
func (is *Identities) MergeIdentity(oldID, survivorID string) {
	defer is.shared.enter()()
	oldID, survivorID = strings.ToLower(oldID), is.survivor(strings.ToLower(survivorID))
	if oldID == survivorID {
		return
	}
	is.merged[oldID] = survivorID
	is.replace(oldID, survivorID)
}

// replace puts another identity, or none, in the place of one.
func (is *Identities) replace(id, by string) {
	is.all.remove(id)
	is.users.relink(id, by)
	is.credentials.showInstead(id, by)
}

// survivor follows merges to the identity that is left.
func (is *Identities) survivor(id string) string {
	for {
		next, merged := is.merged[id]
		if !merged {
			return id
		}
		id = next
	}
}

// identityIn finds an identity of one workspace.
func (is *Identities) identityIn(workspaceID, id string) (Identity, error) {
	i, ok := is.all.truth(is.survivor(id))
	if !ok || i.WorkspaceID != workspaceID {
		return Identity{}, notFound("user_identity")
	}
	return i, nil
}

// resembles reports whether the identity has the user's e-mail address or phone
// number.
func (i Identity) resembles(u User) bool {
	return i.EmailAddress != "" && strings.EqualFold(i.EmailAddress, u.EmailAddress) ||
		i.PhoneNumber != "" && i.PhoneNumber == u.PhoneNumber
}
