package seam

import (
	"context"
	"reflect"
	"strings"
	"testing"
)

// pageOf is what the client makes of a page that was asked for by the cursor c1.
func pageOf(t *testing.T, body string) (CredentialPage, error) {
	t.Helper()
	return startSeam(t, says(200, body)).client(t).ListCredentials(context.Background(), "c1")
}

func TestAPageShowsEachCredentialByItsID(t *testing.T) {
	got, err := pageOf(t, `{"acs_credentials": [
		{"acs_credential_id": "ABCDEFAB-0000-4000-8000-ABCDEFABCDEF", "acs_user_id": "33333333-3333-3333-3333-333333333333",
			"workspace_id": "55555555-5555-5555-5555-555555555555", "access_method": "card", "card_number": "77001234", "warnings": [{"warning_code": "being_deleted"}]},
		{"acs_credential_id": "66666666-6666-6666-6666-666666666666", "is_managed": true}],
		"pagination": {"has_next_page": true, "next_page_cursor": "c2", "next_page_url": "https://seam.example/next"}, "ok": true}`)
	want := CredentialPage{Next: "c2", Credentials: map[string]Credential{
		"abcdefab-0000-4000-8000-abcdefabcdef": {ACSUserID: "33333333-3333-3333-3333-333333333333",
			WorkspaceID: "55555555-5555-5555-5555-555555555555", AccessMethod: "card", Warnings: []string{"being_deleted"}},
		"66666666-6666-6666-6666-666666666666": {IsManaged: yes()},
	}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v, %v\nwant %+v", got, err, want)
	}
}

// A credential that is not shown is asked for by itself. To show a wrong holder would be worse.
func TestACredentialThatIsListedUnreadablyIsNotShown(t *testing.T) {
	const id = `"acs_credential_id":"66666666-6666-6666-6666-666666666666"`
	for name, entry := range map[string]string{
		"null":                    `null`,
		"a number":                `7`,
		"a list":                  `[]`,
		"nothing in it":           `{}`,
		"no ID":                   `{"acs_user_id":"33333333-3333-3333-3333-333333333333"}`,
		"an ID that is none":      `{"acs_credential_id":"guest"}`,
		"a number as its ID":      `{"acs_credential_id":6}`,
		"a number as holder":      `{` + id + `,"acs_user_id":7}`,
		"a holder that is no ID":  `{` + id + `,"acs_user_id":"Alice"}`,
		"an identity of objects":  `{` + id + `,"user_identity_id":{}}`,
		"an identity that is not": `{` + id + `,"user_identity_id":"Alice"}`,
		"a made-up workspace":     `{` + id + `,"workspace_id":"here"}`,
		"twice the same":          `{` + id + `},{` + id + `}`,
		"two holders":             `{` + id + `,"acs_user_id":"33333333-3333-3333-3333-333333333333"},{` + id + `}`,
		"listed thrice":           `{` + id + `},{` + id + `},{` + id + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := pageOf(t, `{"acs_credentials":[`+entry+`,{"acs_credential_id":"99999999-9999-9999-9999-999999999999"}]}`)
			want := map[string]Credential{"99999999-9999-9999-9999-999999999999": {}}
			if err != nil || !reflect.DeepEqual(got.Credentials, want) {
				t.Errorf("got %+v, %v; want the other one alone", got, err)
			}
		})
	}
}

func TestTheLastPageEndsTheList(t *testing.T) {
	for pagination, want := range map[string]string{
		`{"has_next_page":true,"next_page_cursor":"c2"}`:                       "c2",
		`{"next_page_cursor":"c2"}`:                                            "c2",
		`{"has_next_page":"maybe","next_page_cursor":"c2"}`:                    "c2",
		`{"has_next_page":false,"next_page_cursor":"c2"}`:                      "",
		`{"has_next_page":false,"next_page_cursor":null,"next_page_url":null}`: "",
		`{"has_next_page":true}`:                                               "",
		`{"has_next_page":true,"next_page_cursor":null}`:                       "",
		`{"has_next_page":true,"next_page_cursor":""}`:                         "",
		`{"has_next_page":true,"next_page_cursor":7}`:                          "",
		`{"has_next_page":true,"next_page_cursor":"c1"}`:                       "", // the page that was asked for
		`{}`:                       "",
		`null`:                     "",
		`"c2"`:                     "",
		`[{"has_next_page":true}]`: "",
	} {
		got, err := pageOf(t, `{"acs_credentials":[],"pagination":`+pagination+`}`)
		if err != nil || got.Next != want {
			t.Errorf("%s: goes on with %q, %v; want %q", pagination, got.Next, err, want)
		}
	}
	if got, err := pageOf(t, `{"acs_credentials":[]}`); err != nil || got.Next != "" || len(got.Credentials) != 0 {
		t.Errorf("without pagination: %+v, %v", got, err)
	}
}

func TestAnAnswerWithoutAListIsNoPage(t *testing.T) {
	for _, body := range []string{``, `{}`, `null`, `[]`, `OK`, `{"acs_credentials":null}`, `{"acs_credentials":{}}`, `{"acs_credential":{}}`,
		`{"acs_credentials":[{}`, `{"ACS_CREDENTIALS":[]}`} {
		got, err := pageOf(t, body)
		wantClass(t, err, Unavailable)
		if got.Credentials != nil || got.Next != "" {
			t.Errorf("%q reads as %+v", body, got)
		}
	}
}

func TestAPageMayBeEightTimesAsLargeAsACredential(t *testing.T) {
	const page = `{"acs_credentials":[{"acs_credential_id":"66666666-6666-6666-6666-666666666666"}]}`
	whole := page + strings.Repeat(" ", 8<<20-len(page))
	if got, err := pageOf(t, whole); err != nil || len(got.Credentials) != 1 {
		t.Errorf("8 MiB: %d credentials, %v", len(got.Credentials), err)
	}
	_, err := pageOf(t, whole+" ")
	if err == nil || err.Error() != "list_credentials: Seam answered 200: answer larger than 8 MiB" {
		t.Errorf("a byte more: %v", err)
	}
}

func TestARefusedPageIsAnErrorLikeAnyOther(t *testing.T) {
	for status, want := range map[int]Class{400: Invalid, 401: Unauthorized, 404: NotFound, 429: RateLimited, 501: Unavailable, 503: Unavailable} {
		_, err := startSeam(t, says(status, "")).client(t).ListCredentials(context.Background(), "")
		wantClass(t, err, want)
	}
}
