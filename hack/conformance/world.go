package conformance

import "github.com/seam-operator/seam-operator/pkg/fakeseam"

const (
	apiKey        = "seam_test_api_key"
	personalToken = "seam_at_personal_access_token"
	unknownKey    = "seam_test_nobody_knows_this"
	workspaceID   = "10000000-0000-4000-8000-0000000000aa"
	systemID      = "20000000-0000-4000-8000-0000000000aa"
	unknownID     = "99999999-9999-4999-8999-999999999999"
)

// world is a fake Seam with somebody in it.
type world struct {
	fake *fakeseam.Server

	User, Stranger, Identity, Credential, UnmanagedCredential string
}

func newWorld() world {
	w := world{fake: fakeseam.New()}
	w.fake.AddWorkspace(fakeseam.Workspace{ID: workspaceID, Name: "Hotel", Sandbox: true})
	w.fake.AddSystem(fakeseam.System{ID: systemID})
	w.fake.AddAPIKey(apiKey, workspaceID)
	w.fake.AddPersonalAccessToken(personalToken, workspaceID)
	w.Identity = w.fake.AddIdentity(fakeseam.Identity{FullName: "Ada Guest", EmailAddress: "ada@example.com"}).ID
	w.User = w.fake.AddUser(fakeseam.User{FullName: "Ada Guest", EmailAddress: "ada@example.com"}).ID
	w.Stranger = w.fake.AddUser(fakeseam.User{FullName: "Bob Porter", PhoneNumber: "+15555550100"}).ID
	w.Credential = w.fake.AddCredential(fakeseam.Credential{AccessMethod: "code", Code: "1234"}).ID
	w.UnmanagedCredential = w.fake.AddCredential(fakeseam.Credential{AccessMethod: "card", Unmanaged: true}).ID
	return w
}
