package fakeseam

// person is whom a write names: an ACS user or a user identity.
type person struct {
	user       User
	identity   Identity
	byIdentity bool
}

// assignments answers the calls that assign and unassign.
type assignments struct{ *World }

// assign gives a credential to a person; what comes of it when somebody holds the
// credential already is up to Behaviour. A person named by identity gets it through
// an ACS user in the credential's system, which is linked or made.
func (a assignments) assign(ex *exchange) (body, error) {
	c, p, err := a.targets(ex)
	if err != nil {
		return nil, err
	}
	if !p.byIdentity && p.user.SystemID != c.SystemID {
		return nil, invalidInput("The ACS user belongs to another ACS system than the credential")
	}
	user, exists := p.user, true
	if p.byIdentity {
		user, exists = a.userOf(p.identity, c.SystemID)
	}
	repeat := a.holds(c, p) || exists && c.ACSUserID == user.ID
	goes, err := a.set.assigning(c, repeat)
	if err != nil || !goes {
		return a.credentialBody(c), err
	}
	if p.byIdentity {
		user = a.link(user, p.identity, c.SystemID)
	}
	if !repeat {
		c = a.hand(c, user, p)
	}
	return a.credentialBody(c), nil
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

// unassign takes a credential from a person; what comes of it when they do not hold
// it is up to Behaviour.
func (a assignments) unassign(ex *exchange) (body, error) {
	c, p, err := a.targets(ex)
	if err != nil {
		return nil, err
	}
	if !a.holds(c, p) {
		switch a.set.OnWrongHolder {
		case WrongHolderRefuses:
			return nil, invalidInput("The credential is not assigned to this person")
		case WrongHolderIgnores:
			return a.credentialBody(c), nil
		case WrongHolderUnassigns: // whoever holds it
		}
	}
	if (c.holder() != Holder{}) {
		c.ACSUserID, c.UserIdentityID = "", ""
		c = a.Credentials.write(c)
	}
	return a.credentialBody(c), nil
}

// targets finds the credential and the one person that a write names.
func (a assignments) targets(ex *exchange) (Credential, person, error) {
	id := ex.in.requiredID("acs_credential_id")
	userID, identityID := ex.in.id("acs_user_id"), ex.in.id("user_identity_id")
	if err := ex.in.problem(); err != nil {
		return Credential{}, person{}, err
	}
	if (userID == "") == (identityID == "") {
		return Credential{}, person{}, invalidInput("Exactly one of acs_user_id and user_identity_id is required")
	}
	c, ok := a.Credentials.all.truth(id)
	if !ok || c.Unmanaged || a.workspaceOf(c.SystemID) != ex.call.WorkspaceID {
		return Credential{}, person{}, notFound("acs_credential")
	}
	p, err := a.findPerson(ex.call.WorkspaceID, userID, identityID)
	return c, p, err
}

// findPerson finds whom a write names. Of a merged identity it is the survivor.
func (a assignments) findPerson(workspaceID, userID, identityID string) (person, error) {
	if identityID != "" {
		i, err := a.identityIn(workspaceID, identityID)
		return person{identity: i, byIdentity: true}, err
	}
	u, ok := a.Users.all.truth(userID)
	if !ok || a.workspaceOf(u.SystemID) != workspaceID {
		return person{}, notFound("acs_user")
	}
	return person{user: u}, nil
}

func (a assignments) holds(c Credential, p person) bool {
	if p.byIdentity {
		return a.heldByIdentity(c, p.identity.ID)
	}
	return a.heldByUser(c, p.user.ID)
}

// hand gives the credential to the ACS user that stands for p.
func (a assignments) hand(c Credential, user User, p person) Credential {
	c.ACSUserID, c.UserIdentityID = user.ID, ""
	if p.byIdentity && a.set.IdentityOnly {
		c.ACSUserID, c.UserIdentityID = "", p.identity.ID
	}
	return a.Credentials.write(c)
}
