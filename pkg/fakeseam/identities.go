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

// AddIdentity adds a user identity, or replaces the one with its ID.
func (s *Server) AddIdentity(i Identity) Identity {
	defer s.enter()()
	i.ID = s.ids.given(i.ID, kindIdentity)
	i.WorkspaceID = s.workspaceNamed(i.WorkspaceID)
	i.createdAt = s.clock()
	delete(s.merged, i.ID)
	s.identities.put(i.ID, i)
	return i
}

// Identity returns a user identity; for one that was merged, its survivor.
func (s *Server) Identity(id string) (Identity, bool) {
	defer s.enter()()
	return s.identities.truth(s.survivor(strings.ToLower(id)))
}

// DeleteIdentity removes a user identity. Its ACS users stay, linked to nobody, and
// credentials that show nothing but the identity are free then.
func (s *Server) DeleteIdentity(id string) {
	defer s.enter()()
	id = s.survivor(strings.ToLower(id))
	s.identities.remove(id)
	s.renameIdentity(id, "")
}

// MergeIdentity merges the identity oldID into survivorID: reading the old one
// returns the survivor, and what was linked to the old one is linked to it.
func (s *Server) MergeIdentity(oldID, survivorID string) {
	defer s.enter()()
	oldID, survivorID = strings.ToLower(oldID), s.survivor(strings.ToLower(survivorID))
	if oldID == survivorID {
		return
	}
	s.merged[oldID] = survivorID
	s.identities.remove(oldID)
	s.renameIdentity(oldID, survivorID)
}

func (s *Server) renameIdentity(from, to string) {
	for u := range s.users.truths() {
		if u.UserIdentityID == from {
			u.UserIdentityID = to
			s.users.put(u.ID, u)
		}
	}
	for c := range s.credentials.truths() {
		if c.UserIdentityID == from {
			c.UserIdentityID = to
			s.credentials.put(c.ID, c)
		}
	}
}

// survivor follows merges to the identity that is left.
func (s *Server) survivor(id string) string {
	for {
		next, merged := s.merged[id]
		if !merged {
			return id
		}
		id = next
	}
}

// identityIn finds an identity of one workspace.
func (s *Server) identityIn(workspaceID, id string) (Identity, error) {
	i, ok := s.identities.truth(s.survivor(id))
	if !ok || i.WorkspaceID != workspaceID {
		return Identity{}, notFound("user_identity")
	}
	return i, nil
}

func (s *Server) getIdentity(ex *exchange) (body, error) {
	ex.in.unsupported("user_identity_key")
	id := ex.in.requiredID("user_identity_id")
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	i, err := s.identityIn(ex.call.WorkspaceID, id)
	if err != nil {
		return nil, err
	}
	return body{"user_identity": s.shapeIdentity(i)}, nil
}
