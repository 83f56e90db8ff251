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
	return credentialByID.ask(ctx, c, id)
}

// GetUnmanagedCredential reads a credential that Seam only watches; any other is NotFound.
func (c *Client) GetUnmanagedCredential(ctx context.Context, id string) (Credential, error) {
	return unmanagedCredentialByID.ask(ctx, c, id)
}

// GetACSUser reads a person of an access system.
func (c *Client) GetACSUser(ctx context.Context, id string) (ACSUser, error) {
	return acsUserByID.ask(ctx, c, id)
}

// GetUserIdentity reads a person across access systems. The answer carries another ID than asked for when the
// identity was merged: it is its survivor then.
func (c *Client) GetUserIdentity(ctx context.Context, id string) (UserIdentity, error) {
	return userIdentityByID.ask(ctx, c, id)
}

// GetWorkspace reads the workspace that the token gives access to.
func (c *Client) GetWorkspace(ctx context.Context) (Workspace, error) {
	return workspaceOfToken.ask(ctx, c, "")
}
