package seam

import "context"

// Client calls Seam with one token. It keeps nothing between calls and is safe for concurrent use. Each method makes
// at most one call. Errors are *Error, to be asked with ClassOf, except for missing IDs: those are the caller's
// mistake, and no call is made.
type Client struct {
	api         *API
	token       Token
	workspaceID string
}

// GetCredential reads a credential that Seam manages; any other is NotFound.
func (c *Client) GetCredential(ctx context.Context, id string) (Credential, error) {
	shown, err := c.read(ctx, OpGetCredential, params{"acs_credential_id": id})
	return credentialOf(shown), err
}

// GetUnmanagedCredential reads a credential that Seam only watches; any other is NotFound.
func (c *Client) GetUnmanagedCredential(ctx context.Context, id string) (Credential, error) {
	shown, err := c.read(ctx, OpGetUnmanagedCredential, params{"acs_credential_id": id})
	return credentialOf(shown), err
}

// GetACSUser reads a person of an access system.
func (c *Client) GetACSUser(ctx context.Context, id string) (ACSUser, error) {
	shown, err := c.read(ctx, OpGetACSUser, params{"acs_user_id": id})
	return ACSUser{UserIdentityID: shown.text("user_identity_id"), ACSSystemID: shown.text("acs_system_id")}, err
}

// GetUserIdentity reads a person across access systems.
func (c *Client) GetUserIdentity(ctx context.Context, id string) (UserIdentity, error) {
	shown, err := c.read(ctx, OpGetUserIdentity, params{"user_identity_id": id})
	return UserIdentity{UserIdentityID: shown.text("user_identity_id")}, err
}

// GetWorkspace reads the workspace that the token gives access to.
func (c *Client) GetWorkspace(ctx context.Context) (Workspace, error) {
	shown, err := c.read(ctx, OpGetWorkspace, nil)
	return Workspace{WorkspaceID: shown.text("workspace_id")}, err
}

// read asks for one thing. An answer that cannot be read is an error and never an empty thing: "nobody holds it" must
// be something that Seam said.
func (c *Client) read(ctx context.Context, operation string, params params) (object, error) {
	got, err := c.call(ctx, operation, params)
	if err != nil {
		return nil, err
	}
	if got.unread != nil {
		return nil, got.unreadable(operation, got.unread)
	}
	shown, err := decodeThing(got.body, routes[operation].thing, params)
	if err != nil {
		return nil, got.unreadable(operation, err)
	}
	return shown, nil
}
