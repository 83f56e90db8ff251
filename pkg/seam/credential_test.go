package seam

import (
	"reflect"
	"strings"
	"testing"
)

func yes() *bool { value := true; return &value }
func no() *bool  { value := false; return &value }

func TestCredentialIsReadWhole(t *testing.T) {
	got, err := decodeCredential([]byte(`{"ok": true, "acs_credential": {
		"acs_credential_id": "66666666-6666-6666-6666-666666666666",
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"user_identity_id": "44444444-4444-4444-4444-444444444444",
		"workspace_id": "55555555-5555-5555-5555-555555555555",
		"acs_system_id": "77777777-7777-7777-7777-777777777777",
		"access_method": "mobile_key", "display_name": "Alice", "code": "1234", "card_number": "5678",
		"is_managed": true, "is_issued": false, "is_latest_desired_state_synced_with_provider": false,
		"starts_at": "2025-01-01T00:00:00.000Z", "ends_at": "2025-12-31T00:00:00.000Z",
		"warnings": [{"warning_code": "being_deleted", "message": "PIN 1234"}],
		"errors": [{"error_code": "issue_with_acs", "message": "PIN 1234"}, {"error_code": "second"}]}}`), credentialID)
	want := Credential{
		CredentialID:       "66666666-6666-6666-6666-666666666666",
		ACSUserID:          "33333333-3333-3333-3333-333333333333",
		UserIdentityID:     "44444444-4444-4444-4444-444444444444",
		WorkspaceID:        "55555555-5555-5555-5555-555555555555",
		ACSSystemID:        "77777777-7777-7777-7777-777777777777",
		AccessMethod:       "mobile_key",
		DisplayName:        "Alice",
		Code:               "1234",
		CardNumber:         "5678",
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
		"acs_system_id": null, "access_method": null, "display_name": null, "code": null, "card_number": null,
		"is_managed": null, "is_issued": null, "is_latest_desired_state_synced_with_provider": null,
		"starts_at": null, "ends_at": null, "warnings": null, "errors": null`} {
		got, err := decodeCredential([]byte(`{"acs_credential":{`+id+rest+`}}`), credentialID)
		want := Credential{CredentialID: "66666666-6666-6666-6666-666666666666"}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestUnexpectedTypesSpoilThemselvesOnly(t *testing.T) {
	got, err := decodeCredential([]byte(`{"ok": "maybe", "new": [], "acs_credential": {
		"acs_credential_id": "66666666-6666-6666-6666-666666666666",
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"access_method": "retina_scan", "brand_new": {"deep": [1]},
		"workspace_id": 1, "acs_system_id": {}, "display_name": 1, "code": 1234, "card_number": [],
		"is_managed": "yes", "is_issued": 1, "is_latest_desired_state_synced_with_provider": {},
		"starts_at": 1735689600, "ends_at": true,
		"warnings": "none", "errors": [7, null, {}, {"error_code": 1}, {"error_code": "PIN 1234"}, {"error_code": "new_one"}]}}`),
		credentialID)
	want := Credential{
		CredentialID: "66666666-6666-6666-6666-666666666666",
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

func FuzzDecodeCredential(f *testing.F) {
	for _, seed := range []string{``, `{}`, `null`, `[]`, answerAboutCredential, `{"acs_credential":7}`,
		`{"acs_credential":{"acs_credential_id":"66666666-6666-6666-6666-666666666666","acs_user_id":7,"warnings":[{}]}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := decodeCredential(body, credentialID)
		if err == nil && got.CredentialID != credentialID { // no letters in it, so case does not matter
			t.Errorf("%q reads as %v", body, got)
		}
		if err != nil && !reflect.DeepEqual(got, Credential{}) {
			t.Errorf("%q brings %v with %v", body, got, err)
		}
	})
}
