package seam

// ACSUser is a person as an access system knows them. Only ACSUserID is sure to be set. Source: acs_user in Seam's
// OpenAPI.
type ACSUser struct {
	ACSUserID string
	// UserIdentityID is the identity that the user is linked to; empty when there is none.
	UserIdentityID string
	ACSSystemID    string
	WorkspaceID    string
	FullName       Redacted
	DisplayName    Redacted
	EmailAddress   Redacted
	PhoneNumber    Redacted
	// IsManaged is false when Seam only watches the user; nil when Seam does not say.
	IsManaged *bool
	// PendingMutations are codes of what the access system does not have yet; "unknown" stands for one that is not a
	// code.
	PendingMutations []string
	// Warnings are codes, as in PendingMutations.
	Warnings []string
	// Errors are codes, as in PendingMutations.
	Errors []string
}

// decodeACSUser reads an answer about the user named id.
func decodeACSUser(body []byte, id string) (ACSUser, error) {
	o, err := decodeThing(body, "acs_user")
	if err != nil {
		return ACSUser{}, err
	}
	ids, err := o.ids("acs_user_id", "user_identity_id")
	if err != nil {
		return ACSUser{}, err
	}
	if !sameID(ids["acs_user_id"], id) {
		return ACSUser{}, errWrongEcho
	}
	return ACSUser{
		ACSUserID:        ids["acs_user_id"],
		UserIdentityID:   ids["user_identity_id"],
		ACSSystemID:      lenient[string](o, "acs_system_id"),
		WorkspaceID:      lenient[string](o, "workspace_id"),
		FullName:         lenient[Redacted](o, "full_name"),
		DisplayName:      lenient[Redacted](o, "display_name"),
		EmailAddress:     lenient[Redacted](o, "email_address"),
		PhoneNumber:      lenient[Redacted](o, "phone_number"),
		IsManaged:        lenient[*bool](o, "is_managed"),
		PendingMutations: o.codes("pending_mutations", "mutation_code"),
		Warnings:         o.codes("warnings", "warning_code"),
		Errors:           o.codes("errors", "error_code"),
	}, nil
}
