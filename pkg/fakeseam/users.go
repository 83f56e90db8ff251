package fakeseam

import (
	"iter"
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

// AddUser adds an ACS user, or replaces the one with its ID. It is linked to an
// identity only if UserIdentityID says so.
func (s *Server) AddUser(u User) User {
	defer s.enter()()
	u.ID = s.ids.given(u.ID, kindUser)
	u.SystemID = s.systemNamed(u.SystemID)
	u.UserIdentityID = strings.ToLower(u.UserIdentityID)
	u.createdAt = s.clock()
	s.users.put(u.ID, u.clone())
	return u
}

// User returns an ACS user as it is, regardless of ReadLag.
func (s *Server) User(id string) (User, bool) {
	defer s.enter()()
	u, ok := s.users.truth(strings.ToLower(id))
	return u.clone(), ok
}

// UpdateUser changes an ACS user the way somebody does outside of the API; reads
// show it at once. An unknown ID is ignored.
func (s *Server) UpdateUser(id string, change func(*User)) {
	defer s.enter()()
	u, ok := s.users.truth(strings.ToLower(id))
	if !ok {
		return
	}
	u = u.clone()
	change(&u)
	s.users.put(u.ID, u.clone())
}

// DeleteUser removes an ACS user. The credentials it held are free then.
func (s *Server) DeleteUser(id string) {
	defer s.enter()()
	id = strings.ToLower(id)
	s.users.remove(id)
	for c := range s.credentials.truths() {
		if c.ACSUserID == id {
			c.ACSUserID, c.UserIdentityID = "", ""
			s.credentials.put(c.ID, c)
		}
	}
}

func (u User) clone() User {
	u.PendingMutations = slices.Clone(u.PendingMutations)
	u.Warnings = slices.Clone(u.Warnings)
	u.Errors = slices.Clone(u.Errors)
	return u
}

// getUser finds by acs_user_id, or by user_identity_id (within acs_system_id if
// that is given too).
func (s *Server) getUser(ex *exchange) (body, error) {
	id, identity, system := ex.in.id("acs_user_id"), ex.in.id("user_identity_id"), ex.in.id("acs_system_id")
	if id == "" && identity == "" {
		ex.in.complain("acs_user_id", "Required")
	}
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	wanted := userFilter{id: id, identity: s.survivor(identity), system: system}
	for _, u := range s.usersSeen(ex, wanted) {
		return body{"acs_user": s.shapeUser(u)}, nil
	}
	return nil, notFound("acs_user")
}

func (s *Server) listUsers(ex *exchange) (body, error) {
	ex.in.unsupported("search", "created_before")
	wanted := userFilter{
		identity: s.survivor(ex.in.id("user_identity_id")),
		system:   ex.in.id("acs_system_id"),
		email:    ex.in.text("user_identity_email_address"),
		phone:    ex.in.text("user_identity_phone_number"),
	}
	page, err := ex.page()
	if err != nil {
		return nil, err
	}
	for number, u := range s.usersSeen(ex, wanted) {
		if page.takes(number) {
			page.add(s.shapeUser(u))
		}
	}
	return page.body("acs_users"), nil
}

// userFilter selects ACS users; empty fields select all. E-mail and phone are
// those of the linked identity.
type userFilter struct{ id, identity, system, email, phone string }

func (s *Server) usersSeen(ex *exchange, f userFilter) iter.Seq2[int, User] {
	return func(yield func(int, User) bool) {
		for number, u := range s.users.sights(s.horizon()) {
			if s.workspaceOf(u.SystemID) == ex.call.WorkspaceID && s.userMatches(f, u) && !yield(number, u) {
				return
			}
		}
	}
}

func (s *Server) userMatches(f userFilter, u User) bool {
	linked, _ := s.identities.truth(u.UserIdentityID)
	return matches(f.id, u.ID) && matches(f.identity, u.UserIdentityID) && matches(f.system, u.SystemID) &&
		matches(f.phone, linked.PhoneNumber) && (f.email == "" || strings.EqualFold(f.email, linked.EmailAddress))
}

// matches reports whether a filter that may be empty lets value through.
func matches(filter, value string) bool { return filter == "" || filter == value }
