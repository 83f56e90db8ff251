package fakeseam

// person is whom a write names: an ACS user or a user identity.
type person struct {
	user       User
	identity   Identity
	byIdentity bool
}

func (s *Server) assign(ex *exchange) (body, error) {
	c, p, err := s.writeTargets(ex)
	if err != nil {
		return nil, err
	}
	if !p.byIdentity && p.user.SystemID != c.SystemID {
		return nil, invalidInput("The ACS user belongs to another ACS system than the credential")
	}
	user, exists := s.userFor(c, p)
	repeat := s.holds(c, p) || exists && c.ACSUserID == user.ID
	goes, err := s.behaviour.assigning(c, repeat)
	if err != nil || !goes {
		return s.credentialBody(c), err
	}
	if p.byIdentity {
		user = s.link(user, p.identity, c.SystemID)
	}
	if !repeat {
		c = s.hand(c, user, p)
	}
	return s.credentialBody(c), nil
}

// assigning decides from the credential's present holder whether an assign goes
// ahead, is refused, or changes nothing.
func (b Behaviour) assigning(c Credential, repeat bool) (goes bool, err error) {
	held := c.holder() != Holder{}
	switch {
	case repeat && b.OnRepeat == RepeatRefuses:
		return false, invalidInput("The credential is already assigned to this person")
	case repeat || !held:
		return true, nil
	case b.OnHeld == HeldRefuses:
		return false, invalidInput("The credential is assigned to somebody else")
	default:
		return b.OnHeld == HeldMoves, nil
	}
}

func (s *Server) unassign(ex *exchange) (body, error) {
	c, p, err := s.writeTargets(ex)
	if err != nil {
		return nil, err
	}
	if !s.holds(c, p) {
		switch s.behaviour.OnWrongHolder {
		case WrongHolderRefuses:
			return nil, invalidInput("The credential is not assigned to this person")
		case WrongHolderIgnores:
			return s.credentialBody(c), nil
		case WrongHolderUnassigns: // whoever holds it
		}
	}
	if (c.holder() != Holder{}) {
		c.ACSUserID, c.UserIdentityID = "", ""
		c = s.writeCredential(c)
	}
	return s.credentialBody(c), nil
}

// writeTargets finds the credential and the one person that a write names.
func (s *Server) writeTargets(ex *exchange) (Credential, person, error) {
	id := ex.in.requiredID("acs_credential_id")
	userID, identityID := ex.in.id("acs_user_id"), ex.in.id("user_identity_id")
	if err := ex.in.problem(); err != nil {
		return Credential{}, person{}, err
	}
	if (userID == "") == (identityID == "") {
		return Credential{}, person{}, invalidInput("Exactly one of acs_user_id and user_identity_id is required")
	}
	c, ok := s.credentials.truth(id)
	if !ok || c.Unmanaged || s.workspaceOf(c.SystemID) != ex.call.WorkspaceID {
		return Credential{}, person{}, notFound("acs_credential")
	}
	p, err := s.findPerson(ex.call.WorkspaceID, userID, identityID)
	return c, p, err
}

func (s *Server) findPerson(workspaceID, userID, identityID string) (person, error) {
	if identityID != "" {
		i, err := s.identityIn(workspaceID, identityID)
		return person{identity: i, byIdentity: true}, err
	}
	u, ok := s.users.truth(userID)
	if !ok || s.workspaceOf(u.SystemID) != workspaceID {
		return person{}, notFound("acs_user")
	}
	return person{user: u}, nil
}

func (s *Server) holds(c Credential, p person) bool {
	if p.byIdentity {
		return s.heldByIdentity(c, p.identity.ID)
	}
	return s.heldByUser(c, p.user.ID)
}

// hand gives the credential to the ACS user that stands for p.
func (s *Server) hand(c Credential, user User, p person) Credential {
	c.ACSUserID, c.UserIdentityID = user.ID, ""
	if p.byIdentity && s.behaviour.IdentityOnly {
		c.ACSUserID, c.UserIdentityID = "", p.identity.ID
	}
	return s.writeCredential(c)
}

func (s *Server) writeCredential(c Credential) Credential {
	c.Synced = s.behaviour.ProviderSync.stored()
	s.credentials.write(c.ID, c, s.clock(), s.horizon())
	return c
}
