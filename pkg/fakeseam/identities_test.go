package fakeseam

import (
	"slices"
	"testing"
)

const (
	merged   = "44444444-4444-4444-4444-444444444446"
	stranger = "44444444-4444-4444-4444-444444444447"
)

func (w *world) userIDsOf(identity string) []any {
	w.t.Helper()
	got := w.do("POST", "/user_identities/get", object{"user_identity_id": identity})
	expectStatus(w.t, got, 200)
	return got.json["user_identity"].(object)["acs_user_ids"].([]any)
}

func TestAnIdentityGetsTheCredentialThroughItsLinkedUser(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor, EmailAddress: "alice@example.com"})
	w.UpdateUser(bob, func(u *User) { u.UserIdentityID = visitor })
	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	w.expectHolder(Holder{ACSUserID: bob})
	expect(t, "users", len(w.userIDsOf(visitor)), 1)
}

func TestAnIdentityIsLinkedByEmailOrPhone(t *testing.T) {
	tests := []struct {
		name     string
		identity Identity
	}{
		{"e-mail", Identity{ID: visitor, EmailAddress: "ALICE@example.com"}},
		{"phone", Identity{ID: visitor, PhoneNumber: "+15550100"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.UpdateUser(alice, func(u *User) { u.PhoneNumber = "+15550100" })
			w.AddIdentity(test.identity)
			expectStatus(t, w.assign(toIdentity(visitor)), 200)
			w.expectHolder(Holder{ACSUserID: alice})
			linked, _ := w.User(alice)
			expect(t, "linked identity", linked.UserIdentityID, visitor)
		})
	}
}

func TestAUserThatWasLinkedToSomebodyElseStandsForThemNoMore(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	other := w.AddIdentity(Identity{}).ID
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = visitor })
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = other })
	w.UpdateUser(bob, func(u *User) { u.UserIdentityID = visitor })
	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	w.expectHolder(Holder{ACSUserID: bob})
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = visitor })
	if got := w.userIDsOf(visitor); !slices.Equal(got, []any{alice, bob}) {
		t.Errorf("the identity's ACS users: got %v, want Alice and Bob, each once", got)
	}
}

func TestAnIdentityWithoutAUserGetsOne(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor, FullName: "Vera", EmailAddress: "vera@example.com"})
	w.AddIdentity(Identity{ID: stranger, EmailAddress: "alice@example.com"})
	w.UpdateUser(alice, func(u *User) { u.EmailAddress, u.UserIdentityID = "vera@example.com", stranger })

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	created, ok := w.User(w.holderOfKey().ACSUserID)
	if !ok || created.ID == alice || created.ID == bob {
		t.Fatalf("the holder is %+v", created)
	}
	expect(t, "system", created.SystemID, doors)
	expect(t, "identity", created.UserIdentityID, visitor)
	expect(t, "e-mail", created.EmailAddress, "vera@example.com")

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	expect(t, "users after a second assign", len(w.userIDsOf(visitor)), 1)
	expect(t, "moved by the second assign", w.Writes()[1].Changed, false)
}

func TestAnIdentityCanBeUnassignedThroughItsUserAndBack(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	w.AddIdentity(Identity{ID: stranger})
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = visitor })

	expectStatus(t, w.assign(toUser(alice)), 200)
	expectRefusal(t, w.unassign(toIdentity(stranger)), 400, "invalid_input")
	expectStatus(t, w.unassign(toIdentity(visitor)), 200)
	w.expectHolder(Holder{})

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	expectStatus(t, w.unassign(toUser(alice)), 200)
	w.expectHolder(Holder{})
}

func TestTheIdentityMayBeShown(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = visitor })
	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	expect(t, "shown by default", w.getKey()["user_identity_id"], nil)

	w.SetBehaviour(Behaviour{ShowIdentity: true})
	expect[any](t, "user", w.getKey()["acs_user_id"], alice)
	expect[any](t, "identity", w.getKey()["user_identity_id"], visitor)
}

func TestTheIdentityMayBeAllThatIsShown(t *testing.T) {
	w := newWorld(t)
	w.SetBehaviour(Behaviour{IdentityOnly: true})
	w.AddIdentity(Identity{ID: visitor, EmailAddress: "alice@example.com"})

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	w.expectHolder(Holder{UserIdentityID: visitor})
	shown := w.getKey()
	expect(t, "user", shown["acs_user_id"], nil)
	expect[any](t, "identity", shown["user_identity_id"], visitor)
	expect(t, "linked users", len(w.userIDsOf(visitor)), 1)

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	expect(t, "moved by the second assign", w.Writes()[1].Changed, false)
	expectRefusal(t, w.unassign(toUser(bob)), 400, "invalid_input")
	expectStatus(t, w.unassign(toUser(alice)), 200)
	w.expectHolder(Holder{})

	expectStatus(t, w.assign(toUser(bob)), 200)
	w.expectHolder(Holder{ACSUserID: bob})
}

func TestAMergedIdentityIsItsSurvivor(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor, FullName: "Vera"})
	w.AddIdentity(Identity{ID: merged, FullName: "Vera's double"})
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = merged })
	w.UpdateCredential(roomKey, func(c *Credential) { c.UserIdentityID = merged })
	w.MergeIdentity(merged, visitor)
	w.MergeIdentity(visitor, merged) // a merge has one direction

	got := w.do("POST", "/user_identities/get", object{"user_identity_id": merged})
	expectStatus(t, got, 200)
	identity := got.json["user_identity"].(object)
	expect[any](t, "user_identity_id", identity["user_identity_id"], visitor)
	expect[any](t, "acs_user_ids", identity["acs_user_ids"].([]any)[0], alice)
	w.expectHolder(Holder{UserIdentityID: visitor})

	expectStatus(t, w.unassign(toIdentity(merged)), 200)
	expectStatus(t, w.assign(toIdentity(merged)), 200)
	w.expectHolder(Holder{ACSUserID: alice})
	survivor, _ := w.Identity(merged)
	expect(t, "name", survivor.FullName, "Vera")
}

func TestADeletedIdentityIsNotFound(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	w.UpdateUser(alice, func(u *User) { u.UserIdentityID = visitor })
	w.DeleteIdentity(visitor)
	got := w.do("POST", "/user_identities/get", object{"user_identity_id": visitor})
	expectRefusal(t, got, 404, "user_identity_not_found")
	left, _ := w.User(alice)
	expect(t, "link", left.UserIdentityID, "")
}

func TestAUserInAnotherSystemStandsForNobodyHere(t *testing.T) {
	w := newWorld(t)
	w.AddSystem(System{ID: annex, WorkspaceID: hotel})
	w.AddIdentity(Identity{ID: visitor})
	w.AddUser(User{ID: porter, SystemID: annex, UserIdentityID: visitor})
	w.SetBehaviour(Behaviour{IdentityOnly: true})

	expectStatus(t, w.assign(toIdentity(visitor)), 200)
	expect(t, "users, one in each system", len(w.userIDsOf(visitor)), 2)
	expectRefusal(t, w.unassign(toUser(porter)), 400, "invalid_input")
	w.expectHolder(Holder{UserIdentityID: visitor})
}
