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

// AddCredential adds a credential, or replaces the one with its ID.
func (s *Server) AddCredential(c Credential) Credential {
	defer s.enter()()
	c.ID = s.ids.given(c.ID, kindCredential)
	c.SystemID = s.systemNamed(c.SystemID)
	if c.AccessMethod == "" {
		c.AccessMethod = "mobile_key"
	}
	if c.DisplayName == "" {
		c.DisplayName = "Credential " + c.ID[:8]
	}
	c.createdAt = s.clock()
	s.putCredential(c)
	return c
}

// Credential returns a credential as it is, regardless of ReadLag.
func (s *Server) Credential(id string) (Credential, bool) {
	defer s.enter()()
	c, ok := s.credentials.truth(strings.ToLower(id))
	return c.clone(), ok
}

// UpdateCredential changes a credential the way somebody does in Seam's console;
// reads show it at once. An unknown ID is ignored.
func (s *Server) UpdateCredential(id string, change func(*Credential)) {
	defer s.enter()()
	c, ok := s.credentials.truth(strings.ToLower(id))
	if !ok {
		return
	}
	c = c.clone()
	change(&c)
	s.putCredential(c)
}

// MarkSynced lets the access system catch up with a credential: what
// SyncPending waits for.
func (s *Server) MarkSynced(id string) {
	synced := true
	s.UpdateCredential(id, func(c *Credential) { c.Synced = &synced })
}

// DeleteCredential removes a credential.
func (s *Server) DeleteCredential(id string) {
	defer s.enter()()
	s.credentials.remove(strings.ToLower(id))
}

func (s *Server) putCredential(c Credential) {
	c.ACSUserID = strings.ToLower(c.ACSUserID)
	c.UserIdentityID = strings.ToLower(c.UserIdentityID)
	s.credentials.put(c.ID, c.clone())
}

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

func (s *Server) holder(credentialID string) Holder {
	c, _ := s.credentials.truth(credentialID)
	return c.holder()
}
