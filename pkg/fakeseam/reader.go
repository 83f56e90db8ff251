package fakeseam

import (
	"iter"
	"strings"
)

// reader answers the calls that change nothing.
type reader struct{ *World }

func (r reader) getCredential(ex *exchange) (body, error) { return r.showCredential(ex, false) }

func (r reader) getUnmanagedCredential(ex *exchange) (body, error) { return r.showCredential(ex, true) }

// showCredential finds a credential under one of two paths: Seam shows what it does
// not manage under the other one only.
func (r reader) showCredential(ex *exchange, unmanaged bool) (body, error) {
	id := ex.in.requiredID("acs_credential_id")
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	c, ok := r.Credentials.all.seen(id, r.horizon())
	if !ok || c.Unmanaged != unmanaged || r.workspaceOf(c.SystemID) != ex.call.WorkspaceID {
		return nil, notFound("acs_credential")
	}
	return r.credentialBody(c), nil
}

func (r reader) listCredentials(ex *exchange) (body, error) {
	ex.in.unsupported("search", "created_before", "is_multi_phone_sync_credential")
	wanted := credentialFilter{
		workspace: ex.call.WorkspaceID,
		system:    ex.in.id("acs_system_id"),
		user:      ex.in.id("acs_user_id"),
		identity:  r.survivor(ex.in.id("user_identity_id")),
	}
	page, err := ex.page()
	if err != nil {
		return nil, err
	}
	for number, c := range r.Credentials.all.sights(r.horizon(), page.after) {
		if !r.credentialMatches(wanted, c) {
			continue
		}
		if page.isFull() {
			break
		}
		page.add(number, r.shapeCredential(c))
	}
	return page.body("acs_credentials"), nil
}

// credentialFilter selects managed credentials; an empty field selects all.
type credentialFilter struct{ workspace, system, user, identity string }

func (r reader) credentialMatches(f credentialFilter, c Credential) bool {
	return !c.Unmanaged && r.workspaceOf(c.SystemID) == f.workspace && matches(f.system, c.SystemID) &&
		(f.user == "" || r.heldByUser(c, f.user)) &&
		(f.identity == "" || r.heldByIdentity(c, f.identity))
}

// getUser finds by acs_user_id, or by user_identity_id (within acs_system_id if
// that is given too).
func (r reader) getUser(ex *exchange) (body, error) {
	id, identity, system := ex.in.id("acs_user_id"), ex.in.id("user_identity_id"), ex.in.id("acs_system_id")
	if id == "" && identity == "" {
		ex.in.complain("acs_user_id", "Required")
	}
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	wanted := userFilter{id: id, identity: r.survivor(identity), system: system}
	for _, u := range r.usersSeen(ex, wanted, 0) {
		return body{"acs_user": r.shapeUser(u)}, nil
	}
	return nil, notFound("acs_user")
}

func (r reader) listUsers(ex *exchange) (body, error) {
	ex.in.unsupported("search", "created_before")
	wanted := userFilter{
		identity: r.survivor(ex.in.id("user_identity_id")),
		system:   ex.in.id("acs_system_id"),
		email:    ex.in.text("user_identity_email_address"),
		phone:    ex.in.text("user_identity_phone_number"),
	}
	page, err := ex.page()
	if err != nil {
		return nil, err
	}
	for number, u := range r.usersSeen(ex, wanted, page.after) {
		if page.isFull() {
			break
		}
		page.add(number, r.shapeUser(u))
	}
	return page.body("acs_users"), nil
}

// userFilter selects ACS users; empty fields select all. E-mail and phone are
// those of the linked identity.
type userFilter struct{ id, identity, system, email, phone string }

// usersSeen yields the users in rows after a number that pass the filter, with the
// numbers of their rows, as reads show them.
func (r reader) usersSeen(ex *exchange, f userFilter, after int) iter.Seq2[int, User] {
	candidates := r.Users.all.sights(r.horizon(), after)
	if f.id != "" {
		candidates = r.Users.all.sightsOf(r.horizon(), []string{f.id})
	}
	return func(yield func(int, User) bool) {
		for number, u := range candidates {
			if r.workspaceOf(u.SystemID) == ex.call.WorkspaceID && r.userMatches(f, u) && !yield(number, u) {
				return
			}
		}
	}
}

func (r reader) userMatches(f userFilter, u User) bool {
	linked, _ := r.Identities.all.truth(u.UserIdentityID)
	return matches(f.id, u.ID) && matches(f.identity, u.UserIdentityID) && matches(f.system, u.SystemID) &&
		matches(f.phone, linked.PhoneNumber) && (f.email == "" || strings.EqualFold(f.email, linked.EmailAddress))
}

// matches reports whether a filter that may be empty lets value through.
func matches(filter, value string) bool { return filter == "" || filter == value }

func (r reader) getIdentity(ex *exchange) (body, error) {
	ex.in.unsupported("user_identity_key")
	id := ex.in.requiredID("user_identity_id")
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	i, err := r.identityIn(ex.call.WorkspaceID, id)
	if err != nil {
		return nil, err
	}
	return body{"user_identity": r.shapeIdentity(i)}, nil
}

func (r reader) getWorkspace(ex *exchange) (body, error) {
	w, _ := r.Workspaces.all.truth(ex.call.WorkspaceID)
	return body{"workspace": shapeWorkspace(w)}, nil
}
