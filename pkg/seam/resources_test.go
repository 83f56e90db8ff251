package seam

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

func yes() *bool { value := true; return &value }
func no() *bool  { value := false; return &value }

// decodeCredential reads an answer about the credential named id.
func decodeCredential(body []byte, id string) (Credential, error) {
	shown, err := decodeThing(body, "acs_credential", params{"acs_credential_id": id})
	return credentialOf(shown), err
}

func TestAllThatIsNeededOfACredentialIsRead(t *testing.T) {
	got, err := decodeCredential([]byte(`{"ok": true, "acs_credential": {
		"acs_credential_id": "66666666-6666-6666-6666-666666666666",
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"user_identity_id": "44444444-4444-4444-4444-444444444444",
		"workspace_id": "55555555-5555-5555-5555-555555555555",
		"acs_system_id": "77777777-7777-7777-7777-777777777777",
		"access_method": "mobile_key",
		"is_managed": true, "is_issued": false, "is_latest_desired_state_synced_with_provider": false,
		"starts_at": "2025-01-01T00:00:00.000Z", "ends_at": "2025-12-31T00:00:00.000Z",
		"warnings": [{"warning_code": "being_deleted"}],
		"errors": [{"error_code": "issue_with_acs"}, {"error_code": "second"}]}}`), credentialID)
	want := Credential{
		ACSUserID:          "33333333-3333-3333-3333-333333333333",
		UserIdentityID:     "44444444-4444-4444-4444-444444444444",
		WorkspaceID:        "55555555-5555-5555-5555-555555555555",
		ACSSystemID:        "77777777-7777-7777-7777-777777777777",
		AccessMethod:       "mobile_key",
		IsManaged:          yes(),
		IsIssued:           no(),
		SyncedWithProvider: no(),
		StartsAt:           "2025-01-01T00:00:00.000Z",
		EndsAt:             "2025-12-31T00:00:00.000Z",
		Warnings:           []string{"being_deleted"},
		Errors:             []string{"issue_with_acs", "second"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestNullAndAbsentAreTheSame(t *testing.T) {
	const id = `"acs_credential_id":"66666666-6666-6666-6666-666666666666"`
	for _, rest := range []string{``, `, "acs_user_id": null, "user_identity_id": null, "workspace_id": null,
		"acs_system_id": null, "access_method": null,
		"is_managed": null, "is_issued": null, "is_latest_desired_state_synced_with_provider": null,
		"starts_at": null, "ends_at": null, "warnings": null, "errors": null`} {
		got, err := decodeCredential([]byte(`{"acs_credential":{`+id+rest+`}}`), credentialID)
		if err != nil || !reflect.DeepEqual(got, Credential{}) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestUnexpectedTypesSpoilThemselvesOnly(t *testing.T) {
	got, err := decodeCredential([]byte(`{"ok": "maybe", "new": [], "acs_credential": {
		"acs_credential_id": "66666666-6666-6666-6666-666666666666",
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"access_method": "retina_scan", "brand_new": {"deep": [1]},
		"workspace_id": 1, "acs_system_id": {},
		"is_managed": "yes", "is_issued": 1, "is_latest_desired_state_synced_with_provider": {},
		"starts_at": 1735689600, "ends_at": true,
		"warnings": "none", "errors": [7, null, {}, {"error_code": 1}, {"error_code": "PIN 1234"}, {"error_code": "new_one"}]}}`),
		credentialID)
	want := Credential{
		ACSUserID:    "33333333-3333-3333-3333-333333333333",
		AccessMethod: "retina_scan",
		Errors:       []string{"unknown", "unknown", "unknown", "unknown", "unknown", "new_one"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestUnreadableHolderIsNotNobody(t *testing.T) {
	for _, member := range []string{"acs_user_id", "user_identity_id", "acs_credential_id"} {
		for _, value := range []string{`7`, `{"id":"x"}`, `["x"]`, `true`, `false`} {
			body := `{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666","` + member + `":` + value + `}}`
			_, err := decodeCredential([]byte(body), credentialID)
			if err == nil || err.Error() != "answer has a "+member+" that is not a string" {
				t.Errorf("%s: got %v", body, err)
			}
		}
	}
}

func TestEchoIgnoresCase(t *testing.T) {
	const id = "abcdefab-0000-4000-8000-abcdefabcdef"
	body := `{"acs_credential":{"acs_credential_id":"` + strings.ToUpper(id) + `"}}`
	if _, err := decodeCredential([]byte(body), id); err != nil {
		t.Error(err)
	}
}

func TestAllThatIsNeededOfAnACSUserIsRead(t *testing.T) {
	fake := startSeam(t, says(200, `{"acs_user": {
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"user_identity_id": "44444444-4444-4444-4444-444444444444",
		"acs_system_id": "77777777-7777-7777-7777-777777777777"}}`))
	got, err := fake.client(t).GetACSUser(context.Background(), userID)
	want := ACSUser{UserIdentityID: "44444444-4444-4444-4444-444444444444", ACSSystemID: "77777777-7777-7777-7777-777777777777"}
	if err != nil || got != want {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
}

func TestACSUserMustBeTheOneAskedFor(t *testing.T) {
	for _, body := range []string{
		`{"acs_user":{"acs_user_id":"99999999-9999-9999-9999-999999999999"}}`,
		`{"acs_user":{"acs_user_id":"33333333-3333-3333-3333-333333333333","user_identity_id":7}}`,
		`{"acs_user":{}}`, `{}`,
	} {
		_, err := startSeam(t, says(200, body)).client(t).GetACSUser(context.Background(), userID)
		wantClass(t, err, Unavailable)
	}
}

func TestMergedIdentityReadsAsItsSurvivor(t *testing.T) {
	fake := startSeam(t, says(200, `{"user_identity": {"user_identity_id": "99999999-9999-9999-9999-999999999999"}}`))
	got, err := fake.client(t).GetUserIdentity(context.Background(), identityID)
	if err != nil || got.UserIdentityID != "99999999-9999-9999-9999-999999999999" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestIdentityMustHaveAnID(t *testing.T) {
	for _, body := range []string{`{"user_identity":{}}`, `{"user_identity":{"user_identity_id":7}}`,
		`{"user_identity":{"user_identity_id":null}}`, `{}`, ``} {
		_, err := startSeam(t, says(200, body)).client(t).GetUserIdentity(context.Background(), identityID)
		wantClass(t, err, Unavailable)
	}
}

func TestWorkspaceIsRead(t *testing.T) {
	fake := startSeam(t, says(200, `{"workspace":{"workspace_id":"55555555-5555-5555-5555-555555555555","is_sandbox":true}}`))
	got, err := fake.client(t).GetWorkspace(context.Background())
	if err != nil || got.WorkspaceID != "55555555-5555-5555-5555-555555555555" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, body := range []string{`{"workspace":{"workspace_id":7}}`, `{"workspace":{}}`, `{}`, `hello`} {
		_, err := startSeam(t, says(200, body)).client(t).GetWorkspace(context.Background())
		wantClass(t, err, Unavailable)
	}
}
