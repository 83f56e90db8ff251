package fakeseam

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// reads has a way to call each reading operation successfully.
var reads = []struct {
	operation, path, thing string
	parameters             object
}{
	{OpGetCredential, "/acs/credentials/get", "acs_credential", object{"acs_credential_id": roomKey}},
	{OpListCredentials, "/acs/credentials/list", "acs_credentials", object{"acs_system_id": doors}},
	{OpGetUnmanagedCredential, "/acs/credentials/unmanaged/get", "acs_credential", object{"acs_credential_id": nobody}},
	{OpGetACSUser, "/acs/users/get", "acs_user", object{"acs_user_id": alice}},
	{OpListACSUsers, "/acs/users/list", "acs_users", object{"acs_system_id": doors}},
	{OpGetUserIdentity, "/user_identities/get", "user_identity", object{"user_identity_id": visitor}},
	{OpGetWorkspace, "/workspaces/get", "workspace", object{}},
}

func newReadableWorld(t *testing.T) *world {
	w := newWorld(t)
	w.AddIdentity(Identity{ID: visitor})
	w.AddCredential(Credential{ID: nobody, Unmanaged: true})
	return w
}

func TestReadsAnswerToQueryAndJSON(t *testing.T) {
	w := newReadableWorld(t)
	for _, read := range reads {
		query := url.Values{}
		for name, value := range read.parameters {
			query.Set(name, value.(string))
		}
		for _, got := range []response{
			w.do("GET", read.path+"?"+query.Encode(), nil),
			w.do("POST", read.path, read.parameters),
		} {
			expectStatus(t, got, 200)
			if got.json[read.thing] == nil || got.json["ok"] != true {
				t.Errorf("%s %s: %s", got.Request.Method, read.path, got.text)
			}
			if !isUUID(got.Header.Get("seam-request-id")) {
				t.Errorf("%s: seam-request-id is %q", read.path, got.Header.Get("seam-request-id"))
			}
		}
		calls := w.Calls()
		expect(t, "operation", calls[len(calls)-1].Operation, read.operation)
	}
}

func TestWritesAnswerToPATCHAndPOST(t *testing.T) {
	for _, method := range []string{"PATCH", "POST"} {
		w := newWorld(t)
		got := w.do(method, "/acs/credentials/assign", toUser(alice))
		expectStatus(t, got, 200)
		expect[any](t, "acs_user_id", got.json["acs_credential"].(object)["acs_user_id"], alice)
		w.expectHolder(Holder{ACSUserID: alice})

		got = w.do(method, "/acs/credentials/unassign", toUser(alice))
		expectStatus(t, got, 200)
		if _, held := got.json["acs_credential"].(object)["acs_user_id"]; held {
			t.Errorf("the answer still shows a holder: %s", got.text)
		}
		w.expectHolder(Holder{})
	}
}

func TestWrongMethodsAreRefused(t *testing.T) {
	w := newReadableWorld(t)
	for _, read := range reads {
		expectRefusal(t, w.do("PATCH", read.path, read.parameters), 405, "method_not_allowed")
	}
	for _, path := range []string{"/acs/credentials/assign", "/acs/credentials/unassign"} {
		expectRefusal(t, w.do("GET", path, nil), 405, "method_not_allowed")
		expectRefusal(t, w.do("DELETE", path, toUser(alice)), 405, "method_not_allowed")
	}
	w.expectHolder(Holder{})
}

func TestAnUnknownRouteIsATextOf404(t *testing.T) {
	w := newWorld(t)
	got := w.do("GET", "/acs/doors/open", nil)
	expectStatus(t, got, 404)
	expect(t, "body", got.text, "Not Found")
	expect(t, "content type", got.Header.Get("Content-Type"), "text/plain; charset=utf-8")
	expect(t, "request ID", got.Header.Get("seam-request-id"), "")
}

func TestABodyThatIsNoJSONIsRefused(t *testing.T) {
	w := newWorld(t)

	broken := w.send(w.request("PATCH", "/acs/credentials/assign", `{"acs_credential_id":`))
	expectStatus(t, broken, 400)
	expect(t, "body", broken.text, "Invalid JSON")
	expect(t, "request ID", broken.Header.Get("seam-request-id"), "")

	foreign := w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice)))
	foreign.Header.Set("Content-Type", "text/plain")
	expectRefusal(t, w.send(foreign), 400, "invalid_content_type")

	undeclared := w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice)))
	undeclared.Header.Del("Content-Type")
	expectRefusal(t, w.send(undeclared), 400, "invalid_content_type")

	list := w.send(w.request("POST", "/acs/credentials/list", `["all"]`))
	expectRefusal(t, list, 400, "invalid_input")
	whole := list.json["error"].(object)["validation_errors"].(object)["_errors"].([]any)
	expect[any](t, "complaint about the whole body", whole[0], "Expected object")

	endless := w.send(w.request("POST", "/acs/credentials/list", strings.Repeat(" ", maxRequest+1)))
	expectStatus(t, endless, 413)

	withCharset := w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice)))
	withCharset.Header.Set("Content-Type", "application/json; charset=utf-8")
	expectStatus(t, w.send(withCharset), 200)
}

func TestParametersAreValidated(t *testing.T) {
	tests := []struct {
		name, path string
		parameters object
		field      string
	}{
		{"credential missing", "/acs/credentials/assign", object{"acs_user_id": alice}, "acs_credential_id"},
		{"credential no UUID", "/acs/credentials/get", object{"acs_credential_id": "room-key"}, "acs_credential_id"},
		{"credential empty", "/acs/credentials/get", object{"acs_credential_id": ""}, "acs_credential_id"},
		{"credential null", "/acs/credentials/get", object{"acs_credential_id": nil}, "acs_credential_id"},
		{"user no UUID", "/acs/credentials/assign", toUser("alice"), "acs_user_id"},
		{"identity no text", "/acs/credentials/unassign", object{"acs_credential_id": roomKey, "user_identity_id": 7}, "user_identity_id"},
		{"user neither", "/acs/users/get", object{}, "acs_user_id"},
		{"identity missing", "/user_identities/get", object{}, "user_identity_id"},
		{"limit zero", "/acs/credentials/list", object{"limit": 0}, "limit"},
		{"limit half", "/acs/users/list", object{"limit": 1.5}, "limit"},
		{"limit no number", "/acs/users/list", object{"limit": "many"}, "limit"},
		{"filter not supported", "/acs/credentials/list", object{"search": "room"}, "search"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			got := w.do("POST", test.path, test.parameters)
			expectRefusal(t, got, 400, "invalid_input")
			issues, _ := got.json["error"].(object)["validation_errors"].(object)
			if issues[test.field] == nil {
				t.Errorf("validation_errors do not name %s: %s", test.field, got.text)
			}
		})
	}
}

func TestAWriteIgnoresTheQuery(t *testing.T) {
	w := newWorld(t)
	got := w.do("PATCH", "/acs/credentials/assign?acs_credential_id="+roomKey, object{"acs_user_id": alice})
	expectRefusal(t, got, 400, "invalid_input")
	w.expectHolder(Holder{})
}

func TestAnIDMayBeSpelledInUpperCase(t *testing.T) {
	const upper, lower = "ABCDEFAB-0000-4000-8000-000000000001", "abcdefab-0000-4000-8000-000000000001"
	w := newWorld(t)
	w.AddCredential(Credential{ID: upper})
	got := w.do("GET", "/acs/credentials/get?acs_credential_id="+upper, nil)
	expectStatus(t, got, 200)
	expect[any](t, "acs_credential_id", got.json["acs_credential"].(object)["acs_credential_id"], lower)
}

func TestASeedWithAnImpossibleIDIsAMistake(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("an ID that is no UUID was accepted")
		}
	}()
	New().AddUser(User{ID: "alice"})
}

func TestSeedsFindAPlaceByThemselves(t *testing.T) {
	s := New()
	c := s.AddCredential(Credential{})
	again := New().AddCredential(Credential{})
	expect(t, "generated ID in another run", again.ID, c.ID)
	if !isUUID(c.ID) || !isUUID(c.SystemID) {
		t.Errorf("generated IDs: %+v", c)
	}
	s.AddAPIKey(apiKey, "")
	w := &world{Server: s, t: t}
	w.serve()
	expectStatus(t, w.do("GET", "/acs/credentials/get?acs_credential_id="+c.ID, nil), http.StatusOK)
}
