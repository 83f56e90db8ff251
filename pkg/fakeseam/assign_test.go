package fakeseam

import "testing"

const (
	annex  = "22222222-2222-2222-2222-222222222229"
	porter = "33333333-3333-3333-3333-333333333339"
)

func TestAssignNeedsExactlyOnePerson(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	both := object{"acs_credential_id": roomKey, "acs_user_id": alice, "user_identity_id": visitor}
	neither := object{"acs_credential_id": roomKey}
	for _, path := range []string{"/acs/credentials/assign", "/acs/credentials/unassign"} {
		expectRefusal(t, w.do("PATCH", path, both), 400, "invalid_input")
		expectRefusal(t, w.do("PATCH", path, neither), 400, "invalid_input")
	}
	w.expectHolder(Holder{})
}

func TestWhatDoesNotExistCannotBeAssigned(t *testing.T) {
	w := newWorld(t)
	missing := object{"acs_credential_id": nobody, "acs_user_id": alice}
	expectRefusal(t, w.assign(missing), 404, "acs_credential_not_found")
	expectRefusal(t, w.unassign(missing), 404, "acs_credential_not_found")
	expectRefusal(t, w.assign(toUser(nobody)), 404, "acs_user_not_found")
	expectRefusal(t, w.assign(toIdentity(nobody)), 404, "user_identity_not_found")
	expectRefusal(t, w.unassign(toIdentity(nobody)), 404, "user_identity_not_found")
}

func TestUnmanagedCredentialsAreOutOfReach(t *testing.T) {
	w := newWorld(t)
	w.UpdateCredential(roomKey, func(c *Credential) { c.Unmanaged = true })
	expectRefusal(t, w.assign(toUser(alice)), 404, "acs_credential_not_found")
	w.expectHolder(Holder{})
}

func TestAUserOfAnotherSystemIsRefused(t *testing.T) {
	w := newWorld(t)
	w.AddSystem(System{ID: annex, WorkspaceID: hotel})
	w.AddUser(User{ID: porter, SystemID: annex})
	expectRefusal(t, w.assign(toUser(porter)), 400, "invalid_input")
	w.expectHolder(Holder{})
}

func TestAssigningOverAnotherHolder(t *testing.T) {
	tests := []struct {
		name   string
		onHeld OnHeld
		status int
		holder string
	}{
		{"moves", HeldMoves, 200, bob},
		{"refuses", HeldRefuses, 400, alice},
		{"ignores", HeldIgnores, 200, alice},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.SetBehaviour(Behaviour{OnHeld: test.onHeld})
			expect(t, "Behaviour", w.Behaviour().OnHeld, test.onHeld)
			expectStatus(t, w.assign(toUser(alice)), 200)
			expectStatus(t, w.assign(toUser(bob)), test.status)
			w.expectHolder(Holder{ACSUserID: test.holder})
		})
	}
}

func TestARefusedAssignCreatesNoUser(t *testing.T) {
	w := newWorld(t)
	w.SetBehaviour(Behaviour{OnHeld: HeldRefuses})
	w.AddIdentity(Identity{ID: visitor, EmailAddress: "visitor@example.com"})
	expectStatus(t, w.assign(toUser(alice)), 200)
	expectRefusal(t, w.assign(toIdentity(visitor)), 400, "invalid_input")
	got := w.do("POST", "/user_identities/get", object{"user_identity_id": visitor})
	expect(t, "users of the identity", len(got.json["user_identity"].(object)["acs_user_ids"].([]any)), 0)
}

func TestAssigningAgain(t *testing.T) {
	w := newWorld(t)
	expectStatus(t, w.assign(toUser(alice)), 200)
	expectStatus(t, w.assign(toUser(alice)), 200)
	w.SetBehaviour(Behaviour{OnRepeat: RepeatRefuses})
	expectRefusal(t, w.assign(toUser(alice)), 400, "invalid_input")
	w.expectHolder(Holder{ACSUserID: alice})
	for i, call := range w.Writes() {
		expect(t, "Changed", call.Changed, i == 0)
	}
}

func TestUnassigningSomebodyElse(t *testing.T) {
	tests := []struct {
		name          string
		onWrongHolder OnWrongHolder
		status        int
		holder        Holder
	}{
		{"refuses", WrongHolderRefuses, 400, Holder{ACSUserID: alice}},
		{"ignores", WrongHolderIgnores, 200, Holder{ACSUserID: alice}},
		{"unassigns", WrongHolderUnassigns, 200, Holder{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.SetBehaviour(Behaviour{OnWrongHolder: test.onWrongHolder})
			expectStatus(t, w.assign(toUser(alice)), 200)
			expectStatus(t, w.unassign(toUser(bob)), test.status)
			w.expectHolder(test.holder)
		})
	}
}

func TestUnassigningAFreeCredential(t *testing.T) {
	w := newWorld(t)
	expectRefusal(t, w.unassign(toUser(alice)), 400, "invalid_input")
	w.SetBehaviour(Behaviour{OnWrongHolder: WrongHolderUnassigns})
	expectStatus(t, w.unassign(toUser(alice)), 200)
	expect(t, "Changed", w.Writes()[1].Changed, false)
}

func TestWritesMayAnswerNothing(t *testing.T) {
	tests := []struct {
		name      string
		behaviour Behaviour
		text      string
	}{
		{"void", Behaviour{VoidAnswers: true}, "{}"},
		{"empty", Behaviour{EmptyAnswers: true}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.SetBehaviour(test.behaviour)
			got := w.assign(toUser(alice))
			expectStatus(t, got, 200)
			expect(t, "body", got.text, test.text)
			w.expectHolder(Holder{ACSUserID: alice})
			expect[any](t, "read", w.getKey()["acs_user_id"], alice)

			got = w.unassign(toUser(alice))
			expectStatus(t, got, 200)
			expect(t, "body", got.text, test.text)
			w.expectHolder(Holder{})
			expectRefusal(t, w.unassign(toUser(alice)), 400, "invalid_input")
		})
	}
}

func TestARepeatedAssignIsNoWriteToTheAccessSystem(t *testing.T) {
	w := newWorld(t)
	w.SetBehaviour(Behaviour{ProviderSync: SyncPending})
	expectStatus(t, w.assign(toUser(alice)), 200)
	w.MarkSynced(roomKey)
	expectStatus(t, w.assign(toUser(alice)), 200)
	expect[any](t, "synced", w.getKey()["is_latest_desired_state_synced_with_provider"], true)
}
