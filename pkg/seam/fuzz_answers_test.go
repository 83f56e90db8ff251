package seam

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// canned is a client whose every call gets the same answer, without a network: a fuzzer makes thousands a second. Nothing
// but the connection is left out.
func canned(t *testing.T, status int, header http.Header, body []byte) *Client {
	t.Helper()
	api, err := New(Options{Endpoint: "http://localhost"})
	if err != nil {
		t.Fatal(err)
	}
	api.transport.RegisterProtocol("http", roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header.Clone(), Body: io.NopCloser(strings.NewReader(string(body)))}, nil
	}))
	client, err := api.Client(mustParse(t, apiKey), workspaceID)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// told is a thing in an answer as encoding/json alone reads it: all at once and into any, where the client goes member by
// member. It is nil when the answer does not tell of the thing that was asked for (none in particular when wanted is empty).
func told(body []byte, name, wanted string) map[string]any {
	var envelope map[string]any
	if json.Unmarshal(body, &envelope) != nil {
		return nil
	}
	thing, _ := envelope[name].(map[string]any)
	for _, decisive := range []string{"acs_credential_id", "acs_user_id", "user_identity_id"} {
		if _, isText := thing[decisive].(string); thing[decisive] != nil && !isText {
			return nil // who holds it is unreadable, which is not nobody
		}
	}
	if id, _ := thing[name+"_id"].(string); id == "" || wanted != "" && !strings.EqualFold(id, wanted) {
		return nil
	}
	return thing
}

func text(thing map[string]any, name string) string {
	value, _ := thing[name].(string)
	return value
}

func flag(thing map[string]any, name string) *bool {
	value, isBool := thing[name].(bool)
	if !isBool {
		return nil
	}
	return &value
}

// judgeRead wants a read to bring something exactly when the answer tells it, and else nothing at all.
func judgeRead(t *testing.T, body []byte, thing map[string]any, got, want any, err error) {
	t.Helper()
	switch nothing := reflect.Zero(reflect.TypeOf(got)).Interface(); {
	case thing == nil && (ClassOf(err) != Unavailable || !reflect.DeepEqual(got, nothing)):
		t.Errorf("%q does not tell it, and reads as %+v, %v", body, got, err)
	case thing != nil && (err != nil || !reflect.DeepEqual(got, want)):
		t.Errorf("%q reads as %+v, %v\nwant %+v", body, got, err, want)
	}
}

// addAnswers are seeds about a thing of this name and ID.
func addAnswers(f *testing.F, name, id string) {
	f.Helper()
	for _, thing := range []string{
		`{"ID":"` + id + `"}`, `{"ID":"` + otherID + `"}`, `{"ID":7}`, `{"ID":null}`, `{}`, `null`, `[]`, `"` + id + `"`,
		`{"ID":"` + id + `","acs_user_id":"` + userID + `","user_identity_id":null,"acs_system_id":{}}`,
		`{"ID":"` + id + `","acs_user_id":7}`, `{"ID":"` + id + `","user_identity_id":["x"]}`,
		`{"ID":"` + id + `","ID":"` + otherID + `"}`,
		`{"ID":"` + id + `","is_managed":"yes","is_issued":true,"warnings":[{},null,{"warning_code":"being_deleted"}],"errors":"none"}`,
	} {
		f.Add([]byte(`{"` + name + `":` + strings.ReplaceAll(thing, "ID", name+"_id") + `,"ok":true}`))
	}
	for _, body := range []string{``, `null`, `[]`, `{`, `<html>`, answerFullOfSecrets} {
		f.Add([]byte(body))
	}
}

// A credential is what the answer says, member by member, and a code or nothing where it says more than a code. What is
// true of a read is true of the answer to a write, which succeeds all the same.
func FuzzCredentialAnswer(f *testing.F) {
	addAnswers(f, "acs_credential", credentialID)
	f.Fuzz(func(t *testing.T, body []byte) {
		client, ctx := canned(t, 200, nil, body), context.Background()
		thing := told(body, "acs_credential", credentialID)
		got, err := client.GetCredential(ctx, credentialID)
		judgeRead(t, body, thing, got, Credential{
			ACSUserID: text(thing, "acs_user_id"), UserIdentityID: text(thing, "user_identity_id"),
			WorkspaceID: text(thing, "workspace_id"), ACSSystemID: text(thing, "acs_system_id"),
			IsManaged: flag(thing, "is_managed"), IsIssued: flag(thing, "is_issued"),
			SyncedWithProvider: flag(thing, "is_latest_desired_state_synced_with_provider"),
			StartsAt:           text(thing, "starts_at"), EndsAt: text(thing, "ends_at"),
			AccessMethod: got.AccessMethod, Warnings: got.Warnings, Errors: got.Errors, // judged below
		}, err)
		if got.AccessMethod != "" {
			judgeCode(t, got.AccessMethod, thing["access_method"])
		}
		judgeCodes(t, got.Warnings, thing["warnings"], "warning_code")
		judgeCodes(t, got.Errors, thing["errors"], "error_code")

		result, err := client.AssignCredential(ctx, assignAlice)
		if err != nil || (result.Credential != nil) != (thing != nil) || thing != nil && !reflect.DeepEqual(*result.Credential, got) {
			t.Errorf("a write that is answered %q brings %+v, %v", body, result, err)
		}
	})
}

// Of a page, each credential is what it would be alone, if it can be read and is listed once, and no other is there.
func FuzzCredentialPage(f *testing.F) {
	const one, other = `{"acs_credential_id":"` + credentialID + `","acs_user_id":"` + userID + `"}`, `{"acs_credential_id":"` + otherID + `","is_managed":true}`
	for _, list := range []string{`[]`, `null`, `{}`, `[` + one + `]`, `[` + one + `,` + other + `]`, `[` + one + `,` + one + `,` + other + `]`, `[7,null,[],{},` + one + `]`,
		`[{"acs_credential_id":"` + credentialID + `","acs_user_id":7},` + other + `]`, `[{"acs_credential_id":"guest"},` + other + `]`} {
		for _, pagination := range []string{`{"has_next_page":true,"next_page_cursor":"c2"}`, `{"has_next_page":false,"next_page_cursor":"c2"}`,
			`{"has_next_page":true,"next_page_cursor":null}`, `{"next_page_cursor":"c1"}`, `null`, `[]`} {
			f.Add([]byte(`{"acs_credentials":` + list + `,"pagination":` + pagination + `,"ok":true}`))
		}
	}
	f.Add([]byte(answerFullOfSecrets))
	f.Fuzz(func(t *testing.T, body []byte) {
		page, err := canned(t, 200, nil, body).ListCredentials(context.Background(), "c1")
		var envelope map[string]any
		_ = json.Unmarshal(body, &envelope)
		listed, isList := envelope["acs_credentials"].([]any)
		if (err == nil) != isList || err != nil && (ClassOf(err) != Unavailable || page.Credentials != nil || page.Next != "") {
			t.Fatalf("%q reads as %+v, %v", body, page, err)
		}
		wanted, times := map[string]Credential{}, map[string]int{}
		for _, entry := range listed {
			thing, _ := entry.(map[string]any)
			id := strings.ToLower(text(thing, "acs_credential_id"))
			times[id]++
			alone, _ := json.Marshal(map[string]any{"acs_credential": entry})
			credential, err := canned(t, 200, nil, alone).GetCredential(context.Background(), id)
			if err == nil && IsID(id) && areIDs(credential.ACSUserID, credential.UserIdentityID, credential.WorkspaceID) {
				wanted[id] = credential
			}
		}
		for id, n := range times {
			if n > 1 {
				delete(wanted, id)
			}
		}
		if len(wanted) != len(page.Credentials) || len(wanted) > 0 && !reflect.DeepEqual(wanted, page.Credentials) {
			t.Errorf("%q lists\n%+v, want\n%+v", body, page.Credentials, wanted)
		}
		pagination, _ := envelope["pagination"].(map[string]any)
		if next := text(pagination, "next_page_cursor"); page.Next != "" && (page.Next != next || next == "c1" || pagination["has_next_page"] == false) {
			t.Errorf("%q goes on with %q", body, page.Next)
		}
	})
}

func areIDs(ids ...string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return id != "" && !IsID(id) })
}

// judgeCodes wants one code for each entry that Seam lists.
func judgeCodes(t *testing.T, got []string, listed any, name string) {
	t.Helper()
	list, _ := listed.([]any)
	if len(got) != len(list) {
		t.Fatalf("%v has %d codes: %q", listed, len(got), got)
	}
	for i, code := range got {
		entry, _ := list[i].(map[string]any)
		if code != "unknown" {
			judgeCode(t, code, entry[name])
		}
	}
}

// judgeCode wants a code to be what Seam said, and to have no room for a token, a PIN or a card number.
func judgeCode(t *testing.T, code string, said any) {
	t.Helper()
	if code != said {
		t.Errorf("code %q, but Seam said %v", code, said)
	}
	isOther := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	}
	if len(code) > 64 || strings.ContainsFunc(code, isOther) || mostDigits(code) > 3 || strings.Contains(strings.ToLower(code), "seam_") {
		t.Errorf("%q passes as a code", code)
	}
}

// mostDigits is how many digits stand in a row.
func mostDigits(text string) int {
	most, row := 0, 0
	for _, r := range text {
		if row++; r < '0' || r > '9' {
			row = 0
		}
		most = max(most, row)
	}
	return most
}

// Of an ACS user the identity is read, of the one that was asked for only.
func FuzzACSUserAnswer(f *testing.F) {
	addAnswers(f, "acs_user", userID)
	f.Fuzz(func(t *testing.T, body []byte) {
		thing := told(body, "acs_user", userID)
		got, err := canned(t, 200, nil, body).GetACSUser(context.Background(), userID)
		judgeRead(t, body, thing, got, ACSUser{UserIdentityID: text(thing, "user_identity_id"), ACSSystemID: text(thing, "acs_system_id")}, err)
	})
}

// A user identity reads as itself or as its survivor, and never as nobody.
func FuzzUserIdentityAnswer(f *testing.F) {
	addAnswers(f, "user_identity", identityID)
	f.Fuzz(func(t *testing.T, body []byte) {
		thing := told(body, "user_identity", "")
		got, err := canned(t, 200, nil, body).GetUserIdentity(context.Background(), identityID)
		judgeRead(t, body, thing, got, UserIdentity{UserIdentityID: text(thing, "user_identity_id")}, err)
	})
}

// A workspace has an ID, or there is an error.
func FuzzWorkspaceAnswer(f *testing.F) {
	addAnswers(f, "workspace", workspaceID)
	f.Fuzz(func(t *testing.T, body []byte) {
		thing := told(body, "workspace", "")
		got, err := canned(t, 200, nil, body).GetWorkspace(context.Background())
		judgeRead(t, body, thing, got, Workspace{WorkspaceID: text(thing, "workspace_id")}, err)
	})
}

// Whatever comes with a refusal, the status alone says what to do, and what is passed on has the form of a code, of a
// request's name and of a short delay.
func FuzzErrorEnvelope(f *testing.F) {
	f.Add(uint16(400), []byte(`{"error":{"type":"invalid_input","message":"PIN 1234"},"ok":false}`), "req-1", "7")
	f.Add(uint16(429), []byte(`{"error":{"type":"rate_limit_exceeded"}}`), workspaceID, "Sat, 01 Mar 9999 12:00:30 GMT")
	f.Add(uint16(404), []byte(`{"error":"acs_user_not_found"}`), "seam_test1", "-1")
	f.Add(uint16(503), []byte(``), "", "")
	f.Add(uint16(422), []byte(`{"error":{"type":"code 482915 of Alice"},"ok":false}`), "two words", "")
	f.Add(uint16(302), []byte(`<html>1234</html>`), "eyJ1234", "soon")
	f.Add(uint16(200), []byte(`{"error":{"type":"x"},"ok":false}`), "4829151", "1e9")
	f.Fuzz(func(t *testing.T, status uint16, body []byte, requestID, retryAfter string) {
		status = 200 + status%500
		header := http.Header{"Seam-Request-Id": {requestID}, "Retry-After": {retryAfter}}
		client, bare := canned(t, int(status), header, body), canned(t, int(status), nil, nil)
		write, read := calls(client)
		bareWrite, bareRead := calls(bare)
		if status >= 300 && (ClassOf(write) != ClassOf(bareWrite) || ClassOf(read) != ClassOf(bareRead)) {
			t.Errorf("%d with %q is a %q and a %q, without a %q and a %q", status, body, ClassOf(write), ClassOf(read), ClassOf(bareWrite), ClassOf(bareRead))
		}
		for _, err := range []error{write, read} {
			failure, isSeams := errors.AsType[*Error](err)
			if !isSeams {
				continue // a 2xx
			}
			if failure.Type != "" {
				var envelope map[string]any
				_ = json.Unmarshal(body, &envelope)
				said, _ := envelope["error"].(map[string]any)
				judgeCode(t, failure.Type, said["type"])
			}
			if failure.RequestID != requestID && !slices.Contains([]string{"", manyDigits.ReplaceAllString(requestID, "…")}, failure.RequestID) {
				t.Errorf("request %q reads as %q", requestID, failure.RequestID)
			}
			if failure.RetryAfter < 0 || failure.RetryAfter > 5*time.Minute {
				t.Errorf("%q is a delay of %s", retryAfter, failure.RetryAfter)
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r > '~' && r != '…' }) {
				t.Errorf("%q is no line to print", err)
			}
		}
	})
}
