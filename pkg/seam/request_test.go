package seam

import (
	"context"
	"testing"
)

func TestOperationsOnTheWire(t *testing.T) {
	ctx := context.Background()
	byUser, byIdentity := assignAlice, Assignment{CredentialID: credentialID, UserIdentityID: identityID}
	const userBody = `{"acs_credential_id":"66666666-6666-6666-6666-666666666666","acs_user_id":"33333333-3333-3333-3333-333333333333"}`
	const identityBody = `{"acs_credential_id":"66666666-6666-6666-6666-666666666666","user_identity_id":"44444444-4444-4444-4444-444444444444"}`
	for name, test := range map[string]struct {
		call func(*Client) error
		want seen
	}{
		"assign to a user": {
			func(c *Client) error { _, err := c.AssignCredential(ctx, byUser); return err },
			seen{method: "PATCH", path: "/acs/credentials/assign", body: userBody},
		},
		"assign to an identity": {
			func(c *Client) error { _, err := c.AssignCredential(ctx, byIdentity); return err },
			seen{method: "PATCH", path: "/acs/credentials/assign", body: identityBody},
		},
		"unassign from a user": {
			func(c *Client) error { _, err := c.UnassignCredential(ctx, byUser); return err },
			seen{method: "PATCH", path: "/acs/credentials/unassign", body: userBody},
		},
		"unassign from an identity": {
			func(c *Client) error { _, err := c.UnassignCredential(ctx, byIdentity); return err },
			seen{method: "PATCH", path: "/acs/credentials/unassign", body: identityBody},
		},
		"get a credential": {
			func(c *Client) error { _, err := c.GetCredential(ctx, credentialID); return err },
			seen{method: "GET", path: "/acs/credentials/get", query: "acs_credential_id=66666666-6666-6666-6666-666666666666"},
		},
		"list the first credentials": {
			func(c *Client) error { _, err := c.ListCredentials(ctx, ""); return err },
			seen{method: "POST", path: "/acs/credentials/list", body: `{"limit":500}`},
		},
		"list the next credentials": {
			func(c *Client) error { _, err := c.ListCredentials(ctx, "c2"); return err },
			seen{method: "POST", path: "/acs/credentials/list", body: `{"limit":500,"page_cursor":"c2"}`},
		},
		"get an unmanaged credential": {
			func(c *Client) error { _, err := c.GetUnmanagedCredential(ctx, credentialID); return err },
			seen{method: "GET", path: "/acs/credentials/unmanaged/get", query: "acs_credential_id=66666666-6666-6666-6666-666666666666"},
		},
		"get a user": {
			func(c *Client) error { _, err := c.GetACSUser(ctx, userID); return err },
			seen{method: "GET", path: "/acs/users/get", query: "acs_user_id=33333333-3333-3333-3333-333333333333"},
		},
		"get an identity": {
			func(c *Client) error { _, err := c.GetUserIdentity(ctx, identityID); return err },
			seen{method: "POST", path: "/user_identities/get", body: `{"user_identity_id":"44444444-4444-4444-4444-444444444444"}`},
		},
		"get the workspace": {
			func(c *Client) error { _, err := c.GetWorkspace(ctx); return err },
			seen{method: "GET", path: "/workspaces/get"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := startSeam(t, says(200, `{
				"acs_credential": {"acs_credential_id": "66666666-6666-6666-6666-666666666666"},
				"acs_credentials": [],
				"acs_user": {"acs_user_id": "33333333-3333-3333-3333-333333333333"},
				"user_identity": {"user_identity_id": "44444444-4444-4444-4444-444444444444"},
				"workspace": {"workspace_id": "55555555-5555-5555-5555-555555555555"}}`))
			client := clientWith(t, Options{Endpoint: fake.URL, UserAgent: "seam-operator/v1.2.3"}, apiKey)
			if err := test.call(client); err != nil {
				t.Fatal(err)
			}
			wantRequest(t, fake, test.want)
		})
	}
}

// wantRequest expects this request and no other.
func wantRequest(t *testing.T, fake *fakeSeam, want seen) {
	t.Helper()
	requests := fake.requests()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	got := requests[0]
	if got.method != want.method || got.path != want.path || got.query != want.query || got.body != want.body {
		t.Errorf("got %s %s?%s %s", got.method, got.path, got.query, got.body)
	}
	headers := map[string]string{"Accept": "application/json", "Authorization": "Bearer " + apiKey,
		"User-Agent": "seam-operator/v1.2.3", "Content-Type": "", "Seam-Workspace": ""}
	if want.body != "" {
		headers["Content-Type"] = "application/json"
	}
	for name, value := range headers {
		if got.header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), value)
		}
	}
}

func TestPathsAreJoinedToThePrefix(t *testing.T) {
	fake := startSeam(t, says(200, `{}`))
	for _, prefix := range []string{"/proxy/seam", "/proxy/seam/"} {
		client := clientWith(t, Options{Endpoint: fake.URL + prefix}, apiKey)
		if _, err := client.AssignCredential(context.Background(), assignAlice); err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range fake.requests() {
		if got.path != "/proxy/seam/acs/credentials/assign" {
			t.Errorf("called %s", got.path)
		}
	}
}

func TestIDsCannotAddParameters(t *testing.T) {
	fake := startSeam(t, says(404, ""))
	_, _ = fake.client(t).GetACSUser(context.Background(), "a&acs_system_id=b#c")
	if got := fake.requests()[0].query; got != "acs_user_id=a%26acs_system_id%3Db%23c" {
		t.Errorf("query %s", got)
	}
}

func TestMissingIDsMakeNoCall(t *testing.T) {
	fake := startSeam(t, says(200, `{}`))
	client, ctx := fake.client(t), context.Background()
	errs := map[string]error{}
	_, errs["assign_credential: acs_credential_id is empty"] = client.AssignCredential(ctx, Assignment{ACSUserID: userID})
	_, errs["assign_credential: exactly one of acs_user_id and user_identity_id is needed"] =
		client.AssignCredential(ctx, Assignment{CredentialID: credentialID})
	_, errs["unassign_credential: exactly one of acs_user_id and user_identity_id is needed"] =
		client.UnassignCredential(ctx, Assignment{CredentialID: credentialID, ACSUserID: userID, UserIdentityID: identityID})
	_, errs["get_credential: acs_credential_id is empty"] = client.GetCredential(ctx, "")
	_, errs["get_acs_user: acs_user_id is empty"] = client.GetACSUser(ctx, "")
	_, errs["get_user_identity: user_identity_id is empty"] = client.GetUserIdentity(ctx, "")
	for want, err := range errs {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		wantClass(t, err, "")
	}
	if got := fake.requests(); len(got) != 0 {
		t.Errorf("calls were made: %v", got)
	}
}

func TestWritesCannotBeReplayedByTheTransport(t *testing.T) {
	client := clientWith(t, Options{Endpoint: "https://seam.example"}, apiKey)
	params := params{"acs_credential_id": credentialID}
	for _, operation := range []string{OpAssignCredential, OpUnassignCredential} {
		request, err := client.request(context.Background(), operation, params)
		if err != nil || request.GetBody != nil {
			t.Errorf("%s: has a copy of its body (%v)", operation, err)
		}
	}
}
