package seam

import "context"

// question is a read of one thing: how to ask, the name of the ID to ask by (if any) and how to read the answer.
type question[T any] struct {
	route  route
	idName string
	decode func(body []byte, id string) (T, error)
}

var (
	credentialByID          = question[Credential]{getCredential, "acs_credential_id", decodeCredential}
	unmanagedCredentialByID = question[Credential]{getUnmanagedCredential, "acs_credential_id", decodeCredential}
	acsUserByID             = question[ACSUser]{getACSUser, "acs_user_id", decodeACSUser}
	userIdentityByID        = question[UserIdentity]{getUserIdentity, "user_identity_id", decodeUserIdentity}
	workspaceOfToken        = question[Workspace]{getWorkspace, "", decodeWorkspace}
)

// ask makes the call. An answer that cannot be read is an error and never an empty thing: "nobody holds it" must be
// something that Seam said.
func (q question[T]) ask(ctx context.Context, c *Client, id string) (T, error) {
	var none T
	got, err := c.call(ctx, q.route, q.params(id))
	if err != nil {
		return none, err
	}
	if got.unread != nil {
		return none, got.unreadable(q.route.operation, got.unread)
	}
	thing, err := q.decode(got.body, id)
	if err != nil {
		return none, got.unreadable(q.route.operation, err)
	}
	return thing, nil
}

func (q question[T]) params(id string) params {
	if q.idName == "" {
		return nil
	}
	return params{q.idName: id}
}
