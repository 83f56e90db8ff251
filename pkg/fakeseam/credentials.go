package fakeseam

import (
	"slices"
	"strings"
	"time"
)

// Credential is a key card, PIN code or mobile key. What its two holder fields
// say is what answers show (with Behaviour.ShowIdentity, a little more).
type Credential struct {
	ID             string // generated when empty
	SystemID       string // the first system when empty
	ACSUserID      string // of the holder, or empty
	UserIdentityID string // shown beside or instead of ACSUserID, or empty
	AccessMethod   string // code, card, mobile_key or cloud_key; mobile_key when empty
	DisplayName    string
	Code           string // a secret: the PIN
	CardNumber     string // a secret
	IsIssued       bool
	StartsAt       string // a time as Seam shows it
	EndsAt         string
	Unmanaged      bool     // known to Seam but not managed by it
	Synced         *bool    // reached the access system; nil: as Behaviour.ProviderSync says
	Warnings       []string // warning_code; being_deleted is one
	Errors         []string // error_code

	createdAt time.Time
}

// Holder is whom a credential shows as its holder; zero when it is free.
type Holder struct{ ACSUserID, UserIdentityID string }

// Credentials are the credentials and who holds them.
type Credentials struct {
	shared     *shared
	workspaces *Workspaces
	switches   *Switches
	all        table[Credential]
}

// AddCredential adds a credential, or replaces the one with its ID.
func (cs *Credentials) AddCredential(c Credential) Credential {
	defer cs.shared.enter()()
	c.ID = cs.shared.ids.given(c.ID, kindCredential)
	c.SystemID = cs.workspaces.ensureSystem(c.SystemID)
	if c.AccessMethod == "" {
		c.AccessMethod = "mobile_key"
	}
	if c.DisplayName == "" {
		c.DisplayName = "Credential " + c.ID[:8]
	}
	c.createdAt = cs.shared.clock()
	cs.put(c)
	return c
}

// Credential returns a credential as it is, regardless of ReadLag.
func (cs *Credentials) Credential(id string) (Credential, bool) {
	defer cs.shared.enter()()
	c, ok := cs.all.truth(strings.ToLower(id))
	return c.clone(), ok
}

// UpdateCredential changes a credential the way somebody does in Seam's console;
// reads show it at once. An unknown ID is ignored.
func (cs *Credentials) UpdateCredential(id string, change func(*Credential)) {
	defer cs.shared.enter()()
	c, ok := cs.all.truth(strings.ToLower(id))
	if !ok {
		return
	}
	c = c.clone()
	change(&c)
	cs.put(c)
}

// MarkSynced lets the access system catch up with a credential: what
// SyncPending waits for.
func (cs *Credentials) MarkSynced(id string) {
	synced := true
	cs.UpdateCredential(id, func(c *Credential) { c.Synced = &synced })
}

// DeleteCredential removes a credential.
func (cs *Credentials) DeleteCredential(id string) {
	defer cs.shared.enter()()
	cs.all.remove(strings.ToLower(id))
}

// write stores what a call of the API changed.
func (cs *Credentials) write(c Credential) Credential {
	c.Synced = cs.switches.set.ProviderSync.stored()
	cs.all.write(c.ID, c, cs.shared.clock(), cs.switches.horizon())
	return c
}

// freeFromUser frees what an ACS user holds.
func (cs *Credentials) freeFromUser(id string) {
	for c := range cs.all.truths() {
		if c.ACSUserID == id {
			c.ACSUserID, c.UserIdentityID = "", ""
			cs.all.put(c.ID, c)
		}
	}
}

// showInstead lets what shows one identity show another one, or none.
func (cs *Credentials) showInstead(from, to string) {
	for c := range cs.all.truths() {
		if c.UserIdentityID == from {
			c.UserIdentityID = to
			cs.all.put(c.ID, c)
		}
	}
}

// put stores what somebody seeded or did in Seam's console: reads show it at once.
func (cs *Credentials) put(c Credential) {
	c.ACSUserID = strings.ToLower(c.ACSUserID)
	c.UserIdentityID = strings.ToLower(c.UserIdentityID)
	cs.all.put(c.ID, c.clone())
}

// clone copies what a caller could change behind the lock otherwise.
func (c Credential) clone() Credential {
	c.Warnings = slices.Clone(c.Warnings)
	c.Errors = slices.Clone(c.Errors)
	if c.Synced != nil {
		synced := *c.Synced
		c.Synced = &synced
	}
	return c
}

func (c Credential) holder() Holder { return Holder{c.ACSUserID, c.UserIdentityID} }

// holderOf returns who holds a credential as it is, regardless of ReadLag.
func (cs *Credentials) holderOf(id string) Holder {
	c, _ := cs.all.truth(id)
	return c.holder()
}
