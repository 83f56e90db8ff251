package fakeseam

import (
	"net/http"
	"testing"
)

const (
	bank    = "11111111-1111-1111-1111-111111111112"
	vaults  = "22222222-2222-2222-2222-222222222223"
	clerk   = "33333333-3333-3333-3333-333333333335"
	client  = "44444444-4444-4444-4444-444444444445"
	vaultID = "66666666-6666-6666-6666-666666666667"
)

// newTwoWorkspaces adds to the hotel a bank that the hotel's key must not see.
func newTwoWorkspaces(t *testing.T) *world {
	w := newReadableWorld(t)
	w.AddWorkspace(Workspace{ID: bank, Name: "Bank", Sandbox: true})
	w.AddSystem(System{ID: vaults, WorkspaceID: bank})
	w.AddUser(User{ID: clerk, SystemID: vaults})
	w.AddIdentity(Identity{ID: client, WorkspaceID: bank})
	w.AddCredential(Credential{ID: vaultID, SystemID: vaults})
	return w
}

// workspaceSeen asks which workspace a token opens.
func (w *world) workspaceSeen(token, header string) response {
	w.t.Helper()
	r := w.request("POST", "/workspaces/get", "{}")
	r.Header.Set("Authorization", "Bearer "+token)
	if header != "" {
		r.Header.Set("seam-workspace", header)
	}
	return w.send(r)
}

func expectWorkspace(t *testing.T, got response, id string) {
	t.Helper()
	expectStatus(t, got, 200)
	expect[any](t, "workspace_id", got.json["workspace"].(object)["workspace_id"], id)
}

func TestAnAPIKeyOpensItsWorkspace(t *testing.T) {
	w := newTwoWorkspaces(t)
	w.AddAPIKey("seam_bank", bank)
	expectWorkspace(t, w.workspaceSeen(apiKey, ""), hotel)
	expectWorkspace(t, w.workspaceSeen("seam_bank", ""), bank)
	expectWorkspace(t, w.workspaceSeen(apiKey, bank), hotel)
}

func TestAPersonalAccessTokenOpensTheWorkspaceItNames(t *testing.T) {
	w := newTwoWorkspaces(t)
	w.AddPersonalAccessToken("seam_at_both", hotel, bank)
	w.AddPersonalAccessToken("seam_at_bank", bank)
	expectWorkspace(t, w.workspaceSeen("seam_at_both", hotel), hotel)
	expectWorkspace(t, w.workspaceSeen("seam_at_both", bank), bank)
	expectRefusal(t, w.workspaceSeen("seam_at_both", ""), 401, "missing_workspace_id")
	expectRefusal(t, w.workspaceSeen("seam_at_both", nobody), 401, "unauthorized")
	expectRefusal(t, w.workspaceSeen("seam_at_bank", hotel), 401, "unauthorized")
}

func TestUnusableTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"", "seam_unknown", "seam_cst1_x", "seam_pk1_x", "eyJhbGciOi"} {
		if token != "" && token != "seam_unknown" {
			w.AddAPIKey(token, hotel) // knowing it makes it no better
		}
		expectRefusal(t, w.workspaceSeen(token, hotel), 401, "unauthorized")
	}
	withoutHeader := w.request("POST", "/workspaces/get", "{}")
	withoutHeader.Header.Del("Authorization")
	expectRefusal(t, w.send(withoutHeader), 401, "unauthorized")

	basic := w.request("POST", "/workspaces/get", "{}")
	basic.SetBasicAuth(apiKey, "")
	expectRefusal(t, w.send(basic), 401, "unauthorized")
}

func TestEveryRouteWantsAToken(t *testing.T) {
	w := newReadableWorld(t)
	for path := range routes {
		r := w.request("POST", path, encode(toUser(alice)))
		r.Header.Del("Authorization")
		expectRefusal(t, w.send(r), 401, "unauthorized")
	}
	w.expectHolder(Holder{})
}

func TestARevokedTokenOpensNothingUntilItIsAddedAgain(t *testing.T) {
	w := newWorld(t)
	w.RevokeToken(apiKey)
	w.RevokeToken("seam_never_seen")
	expectRefusal(t, w.assign(toUser(alice)), 401, "unauthorized")
	w.expectHolder(Holder{})
	w.AddAPIKey(apiKey, hotel)
	expectStatus(t, w.assign(toUser(alice)), 200)

	for i, call := range w.Calls() {
		expect(t, "token label", call.TokenLabel, "api key 1")
		expect(t, "workspace", call.WorkspaceID, []string{"", hotel}[i])
	}
}

func TestOtherWorkspacesAreNotFound(t *testing.T) {
	w := newTwoWorkspaces(t)
	w.AddCredential(Credential{ID: nobody, SystemID: vaults, Unmanaged: true})
	tests := []struct {
		path       string
		parameters object
		kind       string
	}{
		{"/acs/credentials/get", object{"acs_credential_id": vaultID}, "acs_credential_not_found"},
		{"/acs/credentials/unmanaged/get", object{"acs_credential_id": nobody}, "acs_credential_not_found"},
		{"/acs/users/get", object{"acs_user_id": clerk}, "acs_user_not_found"},
		{"/user_identities/get", object{"user_identity_id": client}, "user_identity_not_found"},
		{"/acs/credentials/assign", object{"acs_credential_id": vaultID, "acs_user_id": clerk}, "acs_credential_not_found"},
		{"/acs/credentials/assign", toUser(clerk), "acs_user_not_found"},
		{"/acs/credentials/assign", toIdentity(client), "user_identity_not_found"},
		{"/acs/credentials/unassign", object{"acs_credential_id": vaultID, "acs_user_id": clerk}, "acs_credential_not_found"},
		{"/acs/credentials/unassign", toUser(clerk), "acs_user_not_found"},
	}
	for _, test := range tests {
		expectRefusal(t, w.do("POST", test.path, test.parameters), 404, test.kind)
	}
	for _, list := range []string{"/acs/credentials/list", "/acs/users/list"} {
		got := w.do("POST", list, object{"acs_system_id": vaults})
		expectStatus(t, got, http.StatusOK)
		for _, thing := range []string{"acs_credentials", "acs_users"} {
			if things, ok := got.json[thing].([]any); ok && len(things) > 0 {
				t.Errorf("%s shows another workspace: %s", list, got.text)
			}
		}
	}
}
