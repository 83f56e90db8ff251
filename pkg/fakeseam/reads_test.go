package fakeseam

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// expectFields checks that an answer has the fields that the schema requires.
func expectFields(t *testing.T, what string, got object, names string) {
	t.Helper()
	for _, name := range strings.Fields(names) {
		if _, ok := got[name]; !ok {
			t.Errorf("%s lacks %s", what, name)
		}
	}
}

func TestAnswersHaveTheFieldsOfTheSchema(t *testing.T) {
	const credential = "access_method acs_credential_id acs_system_id connected_account_id created_at display_name errors is_managed warnings workspace_id"
	required := map[string]string{
		OpGetCredential:          credential,
		OpGetUnmanagedCredential: credential,
		OpGetACSUser:             "acs_system_id acs_user_id connected_account_id created_at display_name errors is_managed last_successful_sync_at warnings workspace_id",
		OpGetUserIdentity:        "acs_user_ids created_at display_name email_address errors full_name phone_number user_identity_id user_identity_key warnings workspace_id",
		OpGetWorkspace:           "company_name connect_partner_name connect_webview_customization is_publishable_key_auth_enabled is_sandbox is_suspended name organization_id workspace_id",
	}
	w := newReadableWorld(t)
	for _, read := range reads {
		got := w.do("POST", read.path, read.parameters)
		if thing, single := got.json[read.thing].(object); single {
			expectFields(t, read.operation, thing, required[read.operation])
		} else {
			expectFields(t, read.operation, got.json["pagination"].(object), "has_next_page next_page_cursor next_page_url")
		}
	}
}

func TestACredentialTellsAllAboutItself(t *testing.T) {
	w := newWorld(t)
	w.AddCredential(Credential{ID: roomKey, SystemID: doors, AccessMethod: "code", DisplayName: "Room 7", Code: "1234",
		CardNumber: "998877", IsIssued: true, StartsAt: "2030-01-01T00:00:00.000Z", EndsAt: "2030-02-01T00:00:00.000Z",
		Warnings: []string{"being_deleted"}, Errors: []string{"card_lost"}})
	got := w.getKey()
	wanted := object{"access_method": "code", "display_name": "Room 7", "code": "1234", "card_number": "998877",
		"is_issued": true, "is_managed": true, "starts_at": "2030-01-01T00:00:00.000Z", "ends_at": "2030-02-01T00:00:00.000Z",
		"created_at": "2030-01-02T03:04:05.000Z", "workspace_id": hotel, "acs_system_id": doors}
	for name, want := range wanted {
		expect(t, name, got[name], want)
	}
	warning := got["warnings"].([]any)[0].(object)
	expect[any](t, "warning_code", warning["warning_code"], "being_deleted")
	expect[any](t, "original_code", warning["original_code"], "1234")
	expect[any](t, "error_code", got["errors"].([]any)[0].(object)["error_code"], "card_lost")
	expect(t, "holder", got["acs_user_id"], nil)
}

func TestUnmanagedCredentialsAreSeenOnlyAsUnmanaged(t *testing.T) {
	w := newWorld(t)
	w.UpdateCredential(roomKey, func(c *Credential) { c.Unmanaged = true })
	id := object{"acs_credential_id": roomKey}
	expectRefusal(t, w.do("POST", "/acs/credentials/get", id), 404, "acs_credential_not_found")
	expect(t, "listed", len(w.do("POST", "/acs/credentials/list", object{}).json["acs_credentials"].([]any)), 0)
	got := w.do("POST", "/acs/credentials/unmanaged/get", id)
	expectStatus(t, got, 200)
	expect[any](t, "is_managed", got.json["acs_credential"].(object)["is_managed"], false)

	w.UpdateCredential(roomKey, func(c *Credential) { c.Unmanaged = false })
	expectRefusal(t, w.do("POST", "/acs/credentials/unmanaged/get", id), 404, "acs_credential_not_found")
}

func TestUsersTellTheirIdentityAndWhatIsPending(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor, FullName: "Vera", EmailAddress: "vera@example.com", PhoneNumber: "+15550100"})
	w.UpdateUser(alice, func(u *User) {
		u.UserIdentityID, u.IsSuspended = visitor, true
		u.PendingMutations = []string{"creating", "updating_credential_assignment"}
		u.Errors = []string{"deleted_externally"}
	})
	got := w.do("POST", "/acs/users/get", object{"acs_user_id": alice}).json["acs_user"].(object)
	wanted := object{"user_identity_id": visitor, "user_identity_full_name": "Vera", "is_suspended": true,
		"user_identity_email_address": "vera@example.com", "user_identity_phone_number": "+15550100", "full_name": "Alice"}
	for name, want := range wanted {
		expect(t, name, got[name], want)
	}
	pending := got["pending_mutations"].([]any)
	expect[any](t, "mutation", pending[0].(object)["mutation_code"], "creating")
	expectFields(t, "mutation", pending[1].(object), "mutation_code message created_at from to")

	byIdentity := w.do("POST", "/acs/users/get", object{"user_identity_id": visitor, "acs_system_id": doors})
	expect[any](t, "found by identity", byIdentity.json["acs_user"].(object)["acs_user_id"], alice)
	elsewhere := w.do("POST", "/acs/users/get", object{"user_identity_id": visitor, "acs_system_id": nobody})
	expectRefusal(t, elsewhere, 404, "acs_user_not_found")
}

func TestADeletedUserLeavesItsCredentialsFree(t *testing.T) {
	w := newWorld(t)
	expectStatus(t, w.assign(toUser(alice)), 200)
	w.DeleteUser(alice)
	expectRefusal(t, w.do("POST", "/acs/users/get", object{"acs_user_id": alice}), 404, "acs_user_not_found")
	w.expectHolder(Holder{})
	_, found := w.User(alice)
	expect(t, "found", found, false)
}

func TestADeletedCredentialIsNotFound(t *testing.T) {
	w := newWorld(t)
	w.DeleteCredential(roomKey)
	expectRefusal(t, w.do("POST", "/acs/credentials/get", object{"acs_credential_id": roomKey}), 404, "acs_credential_not_found")
	expect(t, "listed", len(w.do("POST", "/acs/credentials/list", object{}).json["acs_credentials"].([]any)), 0)
	_, found := w.Credential(roomKey)
	expect(t, "found", found, false)
}

func idsOf(got response, list, id string) []string {
	var ids []string
	for _, thing := range got.json[list].([]any) {
		ids = append(ids, thing.(object)[id].(string))
	}
	return ids
}

func TestListsAreFiltered(t *testing.T) {
	const card, code = "66666666-6666-6666-6666-666666666661", "66666666-6666-6666-6666-666666666662"
	w := newWorld(t)
	w.AddSystem(System{ID: annex, WorkspaceID: hotel})
	w.AddIdentity(Identity{ID: visitor, EmailAddress: "vera@example.com", PhoneNumber: "+15550100"})
	w.UpdateUser(bob, func(u *User) { u.UserIdentityID = visitor })
	w.AddCredential(Credential{ID: card, SystemID: doors, ACSUserID: alice})
	w.AddCredential(Credential{ID: code, SystemID: annex, UserIdentityID: visitor})
	w.UpdateCredential(roomKey, func(c *Credential) { c.ACSUserID = bob })

	credentials := map[string]struct {
		parameters object
		want       []string
	}{
		"all":      {object{}, []string{roomKey, card, code}},
		"system":   {object{"acs_system_id": doors}, []string{roomKey, card}},
		"user":     {object{"acs_user_id": alice}, []string{card}},
		"both":     {object{"acs_user_id": alice, "acs_system_id": annex}, nil},
		"identity": {object{"user_identity_id": visitor}, []string{roomKey, code}},
	}
	for name, test := range credentials {
		got := w.do("POST", "/acs/credentials/list", test.parameters)
		if ids := idsOf(got, "acs_credentials", "acs_credential_id"); !slices.Equal(ids, test.want) {
			t.Errorf("credentials by %s: got %v, want %v", name, ids, test.want)
		}
	}
	users := map[string]struct {
		parameters object
		want       []string
	}{
		"all":      {object{}, []string{alice, bob}},
		"system":   {object{"acs_system_id": annex}, nil},
		"identity": {object{"user_identity_id": visitor}, []string{bob}},
		"e-mail":   {object{"user_identity_email_address": "Vera@example.com"}, []string{bob}},
		"phone":    {object{"user_identity_phone_number": "+15550100"}, []string{bob}},
	}
	for name, test := range users {
		got := w.do("POST", "/acs/users/list", test.parameters)
		if ids := idsOf(got, "acs_users", "acs_user_id"); !slices.Equal(ids, test.want) {
			t.Errorf("users by %s: got %v, want %v", name, ids, test.want)
		}
	}
}

func TestListsComeInPages(t *testing.T) {
	w := newWorld(t)
	for range 4 {
		w.AddCredential(Credential{SystemID: doors})
	}
	var ids []string
	parameters := object{"acs_system_id": doors, "limit": 2, "page_cursor": nil}
	for pages := 1; ; pages++ {
		got := w.do("POST", "/acs/credentials/list", parameters)
		expectStatus(t, got, 200)
		ids = append(ids, idsOf(got, "acs_credentials", "acs_credential_id")...)
		pagination := got.json["pagination"].(object)
		if pagination["has_next_page"] == false {
			expect(t, "pages", pages, 3)
			expect(t, "cursor of the last page", pagination["next_page_cursor"], nil)
			expect(t, "URL of the last page", pagination["next_page_url"], nil)
			break
		}
		link := strings.TrimPrefix(pagination["next_page_url"].(string), w.http.URL)
		expect(t, "next_page_url", w.do("GET", link, nil).text, w.do("POST", "/acs/credentials/list",
			object{"acs_system_id": doors, "limit": 2, "page_cursor": pagination["next_page_cursor"]}).text)
		parameters["page_cursor"] = pagination["next_page_cursor"]
	}
	expect(t, "credentials", len(ids), 5)
	slices.Sort(ids)
	expect(t, "different credentials", len(slices.Compact(ids)), 5)
}

func TestAPageFollowsOnAThingThatIsGone(t *testing.T) {
	w := newWorld(t)
	second := w.AddCredential(Credential{SystemID: doors})
	third := w.AddCredential(Credential{SystemID: doors})
	parameters := object{"limit": 2}
	first := w.do("POST", "/acs/credentials/list", parameters)
	w.DeleteCredential(second.ID)
	parameters["page_cursor"] = first.json["pagination"].(object)["next_page_cursor"]
	ids := idsOf(w.do("POST", "/acs/credentials/list", parameters), "acs_credentials", "acs_credential_id")
	if !slices.Equal(ids, []string{third.ID}) {
		t.Errorf("the second page: got %v, want %s", ids, third.ID)
	}
}

func TestAPageHas500ThingsUnlessAsked(t *testing.T) {
	w := newWorld(t)
	for i := range 500 {
		w.AddCredential(Credential{DisplayName: fmt.Sprint(i)})
	}
	got := w.do("POST", "/acs/credentials/list", object{})
	expect(t, "credentials", len(got.json["acs_credentials"].([]any)), 500)
	expect[any](t, "has_next_page", got.json["pagination"].(object)["has_next_page"], true)
}

func TestACursorBelongsToItsParameters(t *testing.T) {
	w := newTwoWorkspaces(t)
	w.AddAPIKey("seam_bank", bank)
	w.AddCredential(Credential{SystemID: doors})
	got := w.do("POST", "/acs/credentials/list", object{"acs_system_id": doors, "limit": 1})
	next := got.json["pagination"].(object)["next_page_cursor"]

	for _, parameters := range []object{
		{"acs_system_id": doors, "limit": 2, "page_cursor": next},
		{"acs_system_id": vaults, "limit": 1, "page_cursor": next},
		{"limit": 1, "page_cursor": next},
		{"acs_system_id": doors, "limit": 1, "page_cursor": "made up"},
	} {
		expectRefusal(t, w.do("POST", "/acs/credentials/list", parameters), 400, "invalid_input")
	}
	elsewhere := w.request("POST", "/acs/credentials/list", encode(object{"acs_system_id": doors, "limit": 1, "page_cursor": next}))
	elsewhere.Header.Set("Authorization", "Bearer seam_bank")
	expectRefusal(t, w.send(elsewhere), 400, "invalid_input")
}

func TestReadsLagBehindWrites(t *testing.T) {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	w.SetBehaviour(Behaviour{ReadLag: 5 * time.Second})

	written := w.assign(toIdentity(visitor)).json["acs_credential"].(object)
	created := w.holderOfKey().ACSUserID
	expect[any](t, "the write's own answer", written["acs_user_id"], created)
	expect(t, "read at once", w.getKey()["acs_user_id"], nil)
	expectRefusal(t, w.do("POST", "/acs/users/get", object{"acs_user_id": created}), 404, "acs_user_not_found")
	expect(t, "users of the identity", len(w.userIDsOf(visitor)), 0)

	w.clock.step(4 * time.Second)
	expectStatus(t, w.assign(toUser(bob)), 200)
	w.clock.step(time.Second)
	expect[any](t, "after 5s, the first write", w.getKey()["acs_user_id"], created)
	expectStatus(t, w.do("POST", "/acs/users/get", object{"acs_user_id": created}), 200)
	w.clock.step(4 * time.Second)
	expect[any](t, "after 9s, the second write", w.getKey()["acs_user_id"], bob)
}

// holderListed is who holds the room key as the list shows it.
func (w *world) holderListed() any {
	w.t.Helper()
	got := w.do("POST", "/acs/credentials/list", object{"limit": 500})
	expectStatus(w.t, got, 200)
	return got.json["acs_credentials"].([]any)[0].(object)["acs_user_id"]
}

func TestAListLagsBehindWritesAsReadsDo(t *testing.T) {
	w := newWorld(t)
	w.SetBehaviour(Behaviour{ReadLag: 5 * time.Second})
	expectStatus(t, w.assign(toUser(alice)), 200)
	expect(t, "listed at once", w.holderListed(), nil)
	w.clock.step(5 * time.Second)
	expect[any](t, "listed after 5s", w.holderListed(), alice)
	w.UpdateCredential(roomKey, func(c *Credential) { c.ACSUserID = bob })
	expect[any](t, "listed after a change in the console", w.holderListed(), bob)
}

func TestAKeyListsItsWorkspaceAlone(t *testing.T) {
	w := newTwoWorkspaces(t)
	w.AddAPIKey("seam_bank", bank)
	w.AddPersonalAccessToken("seam_at_both", hotel, bank)
	for name, test := range map[string]struct{ token, workspace, want string }{
		"the hotel's key":       {apiKey, "", roomKey},
		"the bank's key":        {"seam_bank", "", vaultID},
		"a person in the hotel": {"seam_at_both", hotel, roomKey},
		"a person in the bank":  {"seam_at_both", bank, vaultID},
	} {
		r := w.request("POST", "/acs/credentials/list", `{"limit":500}`)
		r.Header.Set("Authorization", "Bearer "+test.token)
		r.Header.Set("seam-workspace", test.workspace)
		got := w.send(r)
		if ids := idsOf(got, "acs_credentials", "acs_credential_id"); !slices.Equal(ids, []string{test.want}) {
			t.Errorf("%s lists %v", name, ids)
		}
	}
}

func TestWhatWasSeenStaysSeen(t *testing.T) {
	w := newWorld(t)
	expectStatus(t, w.assign(toUser(alice)), 200)
	w.SetBehaviour(Behaviour{ReadLag: time.Hour})
	expect[any](t, "written before the lag", w.getKey()["acs_user_id"], alice)

	expectStatus(t, w.assign(toUser(bob)), 200)
	expect[any](t, "written with the lag", w.getKey()["acs_user_id"], alice)
	w.UpdateCredential(roomKey, func(c *Credential) { c.DisplayName = "Suite" })
	expect[any](t, "after a change in the console", w.getKey()["acs_user_id"], bob)
}

func TestReachingTheAccessSystem(t *testing.T) {
	const field = "is_latest_desired_state_synced_with_provider"
	w := newWorld(t)
	expect[any](t, "by default", w.getKey()[field], true)

	w.SetBehaviour(Behaviour{ProviderSync: SyncPending})
	expectStatus(t, w.assign(toUser(alice)), 200)
	expect[any](t, "pending", w.getKey()[field], false)
	w.MarkSynced(roomKey)
	expect[any](t, "marked", w.getKey()[field], true)
	w.expectHolder(Holder{ACSUserID: alice})

	w.SetBehaviour(Behaviour{ProviderSync: SyncNotReported})
	expectStatus(t, w.assign(toUser(bob)), 200)
	if value, there := w.getKey()[field]; there {
		t.Errorf("not reported: got %v", value)
	}
	w.SetBehaviour(Behaviour{ProviderSync: SyncNull})
	if value, there := w.getKey()[field]; !there || value != nil {
		t.Errorf("null: got %v, %v", value, there)
	}
	w.SetBehaviour(Behaviour{})
	expectStatus(t, w.assign(toUser(alice)), 200)
	expect[any](t, "at once", w.getKey()[field], true)
}

func TestWhatTheServerHandsOutIsACopy(t *testing.T) {
	w := newWorld(t)
	warnings := []string{"being_deleted"}
	synced := true
	w.UpdateCredential(roomKey, func(c *Credential) { c.Warnings, c.Synced = warnings, &synced })
	warnings[0], synced = "changed", false
	c, _ := w.Credential(roomKey)
	c.Warnings[0] = "changed"
	c, _ = w.Credential(roomKey)
	expect(t, "warning", c.Warnings[0], "being_deleted")
	expect(t, "synced", *c.Synced, true)
}
