package fakeseam

func (s *Server) getCredential(ex *exchange) (body, error) {
	return s.showCredential(ex, false)
}

func (s *Server) getUnmanagedCredential(ex *exchange) (body, error) {
	return s.showCredential(ex, true)
}

func (s *Server) showCredential(ex *exchange, unmanaged bool) (body, error) {
	id := ex.in.requiredID("acs_credential_id")
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	c, ok := s.credentials.seen(id, s.horizon())
	if !ok || c.Unmanaged != unmanaged || s.workspaceOf(c.SystemID) != ex.call.WorkspaceID {
		return nil, notFound("acs_credential")
	}
	return s.credentialBody(c), nil
}

func (s *Server) credentialBody(c Credential) body {
	return body{"acs_credential": s.shapeCredential(c)}
}

func (s *Server) listCredentials(ex *exchange) (body, error) {
	ex.in.unsupported("search", "created_before", "is_multi_phone_sync_credential")
	wanted := credentialFilter{
		workspace: ex.call.WorkspaceID,
		system:    ex.in.id("acs_system_id"),
		user:      ex.in.id("acs_user_id"),
		identity:  s.survivor(ex.in.id("user_identity_id")),
	}
	page, err := ex.page()
	if err != nil {
		return nil, err
	}
	for number, c := range s.credentials.sights(s.horizon()) {
		if s.credentialMatches(wanted, c) && page.takes(number) {
			page.add(s.shapeCredential(c))
		}
	}
	return page.body("acs_credentials"), nil
}

// credentialFilter selects managed credentials; an empty field selects all.
type credentialFilter struct{ workspace, system, user, identity string }

func (s *Server) credentialMatches(f credentialFilter, c Credential) bool {
	return !c.Unmanaged && s.workspaceOf(c.SystemID) == f.workspace && matches(f.system, c.SystemID) &&
		(f.user == "" || s.heldByUser(c, f.user)) &&
		(f.identity == "" || s.heldByIdentity(c, f.identity))
}

// heldByUser reports whether the credential is the ACS user's, if only by the
// identity it shows.
func (s *Server) heldByUser(c Credential, userID string) bool {
	if c.ACSUserID != "" || c.UserIdentityID == "" {
		return c.ACSUserID == userID
	}
	u, ok := s.users.truth(userID)
	return ok && u.SystemID == c.SystemID && u.UserIdentityID == c.UserIdentityID
}

// heldByIdentity reports whether the credential is the identity's, if only
// through a linked ACS user.
func (s *Server) heldByIdentity(c Credential, identityID string) bool {
	if c.UserIdentityID == identityID {
		return true
	}
	u, ok := s.users.truth(c.ACSUserID)
	return ok && u.UserIdentityID == identityID
}
