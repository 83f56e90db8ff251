package seam

// What the operator reads of Seam's things, and no more: a name, an e-mail address, a PIN code or a card number that is
// not decoded cannot leak. Source: acs_credential, acs_user, user_identity and workspace in Seam's OpenAPI.

// Credential is an ACS credential: a card, a code or a mobile key. Any field may be empty. Times are RFC 3339 as Seam
// sends them.
type Credential struct {
	// ACSUserID is who holds it; empty when nobody does.
	ACSUserID string
	// UserIdentityID is the holder's identity; Seam may leave it out although ACSUserID is set.
	UserIdentityID string
	WorkspaceID    string
	ACSSystemID    string
	// AccessMethod is code, card, mobile_key, cloud_key, or one that Seam added since; empty when it is not a code.
	AccessMethod string
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

// ACSUser is a person as an access system knows them.
type ACSUser struct {
	// UserIdentityID is the identity that the user is linked to; empty when there is none.
	UserIdentityID string
	ACSSystemID    string
}

// UserIdentity is a person across access systems.
type UserIdentity struct {
	// UserIdentityID is another ID than asked for when that identity was merged: it is the survivor's then.
	UserIdentityID string
}

// Workspace is what a key gives access to.
type Workspace struct{ WorkspaceID string }

func credentialOf(o object) Credential {
	return Credential{
		ACSUserID:          o.text("acs_user_id"),
		UserIdentityID:     o.text("user_identity_id"),
		WorkspaceID:        o.text("workspace_id"),
		ACSSystemID:        o.text("acs_system_id"),
		AccessMethod:       o.code("access_method"),
		IsManaged:          lenient[*bool](o, "is_managed"),
		IsIssued:           lenient[*bool](o, "is_issued"),
		StartsAt:           o.text("starts_at"),
		EndsAt:             o.text("ends_at"),
		SyncedWithProvider: lenient[*bool](o, "is_latest_desired_state_synced_with_provider"),
		Warnings:           o.codes("warnings", "warning_code"),
		Errors:             o.codes("errors", "error_code"),
	}
}
