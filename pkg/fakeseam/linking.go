package fakeseam

import "strings"

// userFor finds the ACS user in the credential's system that stands for a
// person. For an identity that is the linked one, else one with its e-mail address
// or phone number, as Seam documents for assign. An ACS user that is linked to
// another identity is left to it, which Seam does not document.
func (s *Server) userFor(c Credential, p person) (User, bool) {
	if !p.byIdentity {
		return p.user, true
	}
	var similar User
	for u := range s.users.truths() {
		switch {
		case u.SystemID != c.SystemID:
		case u.UserIdentityID == p.identity.ID:
			return u, true
		case similar.ID == "" && u.UserIdentityID == "" && p.identity.resembles(u):
			similar = u
		}
	}
	return similar, similar.ID != ""
}

func (i Identity) resembles(u User) bool {
	return i.EmailAddress != "" && strings.EqualFold(i.EmailAddress, u.EmailAddress) ||
		i.PhoneNumber != "" && i.PhoneNumber == u.PhoneNumber
}

// link makes sure that the identity has an ACS user in the system: the one that
// userFor found, or a new one.
func (s *Server) link(u User, i Identity, systemID string) User {
	if u.ID != "" && u.UserIdentityID == i.ID {
		return u
	}
	if u.ID == "" {
		u = User{ID: s.ids.next(kindUser), SystemID: systemID, FullName: i.FullName,
			EmailAddress: i.EmailAddress, PhoneNumber: i.PhoneNumber, createdAt: s.clock()}
	}
	u.UserIdentityID = i.ID
	s.users.write(u.ID, u, s.clock(), s.horizon())
	return u
}
