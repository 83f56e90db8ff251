package seam

import (
	"context"
	"reflect"
	"testing"
)

func TestACSUserIsReadWhole(t *testing.T) {
	fake := startSeam(t, says(200, `{"acs_user": {
		"acs_user_id": "33333333-3333-3333-3333-333333333333",
		"user_identity_id": "44444444-4444-4444-4444-444444444444",
		"acs_system_id": "77777777-7777-7777-7777-777777777777",
		"workspace_id": "55555555-5555-5555-5555-555555555555",
		"full_name": "Alice A", "display_name": "Alice", "email_address": "alice@example.com", "phone_number": "+1555",
		"is_managed": false,
		"pending_mutations": [{"mutation_code": "creating"}, {"mutation_code": "brand_new"}],
		"warnings": [{"warning_code": "being_deleted"}], "errors": [{"error_code": "deleted_externally"}]}}`))
	got, err := fake.client(t).GetACSUser(context.Background(), userID)
	want := ACSUser{
		ACSUserID:        "33333333-3333-3333-3333-333333333333",
		UserIdentityID:   "44444444-4444-4444-4444-444444444444",
		ACSSystemID:      "77777777-7777-7777-7777-777777777777",
		WorkspaceID:      "55555555-5555-5555-5555-555555555555",
		FullName:         "Alice A",
		DisplayName:      "Alice",
		EmailAddress:     "alice@example.com",
		PhoneNumber:      "+1555",
		IsManaged:        no(),
		PendingMutations: []string{"creating", "brand_new"},
		Warnings:         []string{"being_deleted"},
		Errors:           []string{"deleted_externally"},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
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
	fake := startSeam(t, says(200, `{"user_identity": {
		"user_identity_id": "99999999-9999-9999-9999-999999999999",
		"acs_user_ids": ["33333333-3333-3333-3333-333333333333", 7, null],
		"workspace_id": "55555555-5555-5555-5555-555555555555",
		"full_name": null, "display_name": "Alice", "email_address": "alice@example.com", "phone_number": 1555}}`))
	got, err := fake.client(t).GetUserIdentity(context.Background(), identityID)
	want := UserIdentity{
		UserIdentityID: "99999999-9999-9999-9999-999999999999",
		ACSUserIDs:     []string{"33333333-3333-3333-3333-333333333333"},
		WorkspaceID:    "55555555-5555-5555-5555-555555555555",
		DisplayName:    "Alice",
		EmailAddress:   "alice@example.com",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
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
	fake := startSeam(t, says(200, `{"workspace":{"workspace_id":"55555555-5555-5555-5555-555555555555","is_sandbox":true,"name":"Hotel"}}`))
	got, err := fake.client(t).GetWorkspace(context.Background())
	want := Workspace{WorkspaceID: "55555555-5555-5555-5555-555555555555", IsSandbox: true, Name: "Hotel"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, body := range []string{`{"workspace":{"workspace_id":7}}`, `{"workspace":{}}`, `{}`, `hello`} {
		_, err := startSeam(t, says(200, body)).client(t).GetWorkspace(context.Background())
		wantClass(t, err, Unavailable)
	}
}
