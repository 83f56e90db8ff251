package seam

import (
	"context"
	"errors"
	"fmt"
)

// Assignment names a credential and the person who is to get or lose it: one of ACSUserID and UserIdentityID, not
// both.
type Assignment struct {
	CredentialID   string
	ACSUserID      string
	UserIdentityID string
}

// WriteResult is what Seam said to a write that it accepted.
type WriteResult struct {
	// RequestID is Seam's name for the call, for its support; may be empty.
	RequestID string
	// Credential is the credential after the write, if Seam told. It is nil when the answer has none, as documented,
	// or one that is unreadable or another: read the credential then.
	Credential *Credential
}

// AssignCredential gives a credential to a person. Any 2xx is success, with any body or none. The call is never
// repeated; after an error of class OutcomeUnknown it may have happened.
func (c *Client) AssignCredential(ctx context.Context, assignment Assignment) (WriteResult, error) {
	return c.write(ctx, OpAssignCredential, assignment)
}

// UnassignCredential takes a credential from a person. Answers and errors are as for AssignCredential.
func (c *Client) UnassignCredential(ctx context.Context, assignment Assignment) (WriteResult, error) {
	return c.write(ctx, OpUnassignCredential, assignment)
}

func (c *Client) write(ctx context.Context, operation string, assignment Assignment) (WriteResult, error) {
	params, err := assignment.params()
	if err != nil {
		return WriteResult{}, fmt.Errorf("%s: %w", operation, err)
	}
	got, err := c.call(ctx, operation, params)
	if err != nil {
		return WriteResult{}, err
	}
	result := WriteResult{RequestID: got.requestID()}
	if shown, err := decodeThing(got.body, routes[operation].thing, params); err == nil {
		credential := credentialOf(shown)
		result.Credential = &credential
	}
	return result, nil
}

func (a Assignment) params() (params, error) {
	switch {
	case (a.ACSUserID == "") == (a.UserIdentityID == ""):
		return nil, errors.New("exactly one of acs_user_id and user_identity_id is needed")
	case a.ACSUserID != "":
		return params{"acs_credential_id": a.CredentialID, "acs_user_id": a.ACSUserID}, nil
	}
	return params{"acs_credential_id": a.CredentialID, "user_identity_id": a.UserIdentityID}, nil
}
