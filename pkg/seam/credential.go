package seam

import (
	"errors"
	"strings"
)

var errWrongEcho = errors.New("answer is about another ID than asked for")

// Credential is an ACS credential: a card, a code or a mobile key. Only CredentialID is sure to be set. Times are RFC
// 3339 as Seam sends them. Source: acs_credential in Seam's OpenAPI.
type Credential struct {
	CredentialID string
	// ACSUserID is who holds it; empty when nobody does.
	ACSUserID string
	// UserIdentityID is the holder's identity; Seam may leave it out although ACSUserID is set.
	UserIdentityID string
	WorkspaceID    string
	ACSSystemID    string
	// AccessMethod is code, card, mobile_key, cloud_key, or one that Seam added since; empty when it is not a code.
	AccessMethod string
	DisplayName  Redacted
	Code         Redacted
	CardNumber   Redacted
	// IsManaged is false when Seam only watches the credential; nil when Seam does not say.
	IsManaged *bool
	// IsIssued tells whether it was encoded on a card; independent of assignment.
	IsIssued *bool
	StartsAt string
	EndsAt   string
	// SyncedWithProvider tells whether the access system has what Seam shows; nil when unknown.
	SyncedWithProvider *bool
	// Warnings are codes like "being_deleted"; "unknown" stands for one that is not a code.
	Warnings []string
	// Errors are codes, as in Warnings.
	Errors []string
}

// decodeCredential reads an answer about the credential named id.
func decodeCredential(body []byte, id string) (Credential, error) {
	o, err := decodeThing(body, "acs_credential")
	if err != nil {
		return Credential{}, err
	}
	ids, err := o.ids("acs_credential_id", "acs_user_id", "user_identity_id")
	if err != nil {
		return Credential{}, err
	}
	if !sameID(ids["acs_credential_id"], id) {
		return Credential{}, errWrongEcho
	}
	return Credential{
		CredentialID:       ids["acs_credential_id"],
		ACSUserID:          ids["acs_user_id"],
		UserIdentityID:     ids["user_identity_id"],
		WorkspaceID:        lenient[string](o, "workspace_id"),
		ACSSystemID:        lenient[string](o, "acs_system_id"),
		AccessMethod:       o.code("access_method"),
		DisplayName:        lenient[Redacted](o, "display_name"),
		Code:               lenient[Redacted](o, "code"),
		CardNumber:         lenient[Redacted](o, "card_number"),
		IsManaged:          lenient[*bool](o, "is_managed"),
		IsIssued:           lenient[*bool](o, "is_issued"),
		StartsAt:           lenient[string](o, "starts_at"),
		EndsAt:             lenient[string](o, "ends_at"),
		SyncedWithProvider: lenient[*bool](o, "is_latest_desired_state_synced_with_provider"),
		Warnings:           o.codes("warnings", "warning_code"),
		Errors:             o.codes("errors", "error_code"),
	}, nil
}

// sameID compares UUIDs, whose case has no meaning (RFC 9562, section 4).
func sameID(got, asked string) bool { return strings.EqualFold(got, asked) }
