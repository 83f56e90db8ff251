package fakeseam

import (
	"cmp"
	"encoding/json"
	"time"
)

// The shapes of Seam's answers: all fields that its OpenAPI requires, and the
// optional ones that say something here. A field that has no omitempty is
// there even when it is null.

var jsonNull = json.RawMessage("null")

type shapedCredential struct {
	ID                 string    `json:"acs_credential_id"`
	SystemID           string    `json:"acs_system_id"`
	WorkspaceID        string    `json:"workspace_id"`
	ConnectedAccountID string    `json:"connected_account_id"`
	ACSUserID          string    `json:"acs_user_id,omitempty"`
	UserIdentityID     string    `json:"user_identity_id,omitempty"`
	AccessMethod       string    `json:"access_method"`
	DisplayName        string    `json:"display_name"`
	Code               string    `json:"code,omitempty"`
	CardNumber         string    `json:"card_number,omitempty"`
	IsManaged          bool      `json:"is_managed"`
	IsIssued           bool      `json:"is_issued"`
	IssuedAt           string    `json:"issued_at,omitempty"`
	StartsAt           string    `json:"starts_at,omitempty"`
	EndsAt             string    `json:"ends_at,omitempty"`
	Synced             any       `json:"is_latest_desired_state_synced_with_provider,omitempty"`
	CreatedAt          string    `json:"created_at"`
	Warnings           []problem `json:"warnings"`
	Errors             []problem `json:"errors"`
}

// shapeCredential shows a credential. Whether an identity is shown beside an ACS user
// is up to Behaviour, since Seam does not say; the link is the one that reads show.
func (w *World) shapeCredential(c Credential) shapedCredential {
	sys, _ := w.systems.truth(c.SystemID)
	shape := shapedCredential{
		ID: c.ID, SystemID: c.SystemID, WorkspaceID: sys.WorkspaceID, ConnectedAccountID: sys.connectedAccountID,
		ACSUserID: c.ACSUserID, UserIdentityID: c.UserIdentityID,
		AccessMethod: c.AccessMethod, DisplayName: c.DisplayName, Code: c.Code, CardNumber: c.CardNumber,
		IsManaged: !c.Unmanaged, IsIssued: c.IsIssued, StartsAt: c.StartsAt, EndsAt: c.EndsAt,
		Synced:    w.set.ProviderSync.shown(c.Synced),
		CreatedAt: wireTime(c.createdAt),
		Warnings:  shapeWarnings(c.Warnings, c.createdAt, c.Code), Errors: shapeErrors(c.Errors, c.createdAt),
	}
	if c.IsIssued {
		shape.IssuedAt = shape.CreatedAt
	}
	if w.set.ShowIdentity && shape.UserIdentityID == "" {
		u, _ := w.Users.all.seen(c.ACSUserID, w.horizon())
		shape.UserIdentityID = u.UserIdentityID
	}
	return shape
}

func (w *World) credentialBody(c Credential) body {
	return body{"acs_credential": w.shapeCredential(c)}
}

type shapedUser struct {
	ID                   string     `json:"acs_user_id"`
	SystemID             string     `json:"acs_system_id"`
	WorkspaceID          string     `json:"workspace_id"`
	ConnectedAccountID   string     `json:"connected_account_id"`
	DisplayName          string     `json:"display_name"`
	FullName             string     `json:"full_name,omitempty"`
	EmailAddress         string     `json:"email_address,omitempty"`
	PhoneNumber          string     `json:"phone_number,omitempty"`
	IdentityID           string     `json:"user_identity_id,omitempty"`
	IdentityFullName     *string    `json:"user_identity_full_name,omitempty"`
	IdentityEmailAddress *string    `json:"user_identity_email_address,omitempty"`
	IdentityPhoneNumber  *string    `json:"user_identity_phone_number,omitempty"`
	IsManaged            bool       `json:"is_managed"`
	IsSuspended          bool       `json:"is_suspended"`
	CreatedAt            string     `json:"created_at"`
	LastSuccessfulSyncAt *string    `json:"last_successful_sync_at"`
	PendingMutations     []mutation `json:"pending_mutations,omitempty"`
	Warnings             []problem  `json:"warnings"`
	Errors               []problem  `json:"errors"`
}

func (w *World) shapeUser(u User) shapedUser {
	sys, _ := w.systems.truth(u.SystemID)
	linked, _ := w.Identities.all.truth(u.UserIdentityID)
	return shapedUser{
		ID: u.ID, SystemID: u.SystemID, WorkspaceID: sys.WorkspaceID, ConnectedAccountID: sys.connectedAccountID,
		DisplayName: cmp.Or(u.FullName, u.EmailAddress, "ACS user "+u.ID[:8]),
		FullName:    u.FullName, EmailAddress: u.EmailAddress, PhoneNumber: u.PhoneNumber,
		IdentityID: u.UserIdentityID, IdentityFullName: orNull(linked.FullName),
		IdentityEmailAddress: orNull(linked.EmailAddress), IdentityPhoneNumber: orNull(linked.PhoneNumber),
		IsManaged: true, IsSuspended: u.IsSuspended, CreatedAt: wireTime(u.createdAt),
		PendingMutations: shapeMutations(u.PendingMutations, u.createdAt),
		Warnings:         shapeWarnings(u.Warnings, u.createdAt, ""), Errors: shapeErrors(u.Errors, u.createdAt),
	}
}

type shapedIdentity struct {
	ID           string    `json:"user_identity_id"`
	WorkspaceID  string    `json:"workspace_id"`
	Key          *string   `json:"user_identity_key"`
	DisplayName  string    `json:"display_name"`
	FullName     *string   `json:"full_name"`
	EmailAddress *string   `json:"email_address"`
	PhoneNumber  *string   `json:"phone_number"`
	ACSUserIDs   []string  `json:"acs_user_ids"`
	CreatedAt    string    `json:"created_at"`
	Warnings     []problem `json:"warnings"`
	Errors       []problem `json:"errors"`
}

// shapeIdentity shows an identity with the ACS users that reads show as linked to it.
func (w *World) shapeIdentity(i Identity) shapedIdentity {
	userIDs := []string{}
	for _, u := range w.Users.all.sightsOf(w.horizon(), w.everLinked[i.ID]) {
		if u.UserIdentityID == i.ID {
			userIDs = append(userIDs, u.ID)
		}
	}
	return shapedIdentity{
		ID: i.ID, WorkspaceID: i.WorkspaceID,
		DisplayName: cmp.Or(i.FullName, i.EmailAddress, i.PhoneNumber, "User identity "+i.ID[:8]),
		FullName:    orNull(i.FullName), EmailAddress: orNull(i.EmailAddress), PhoneNumber: orNull(i.PhoneNumber),
		ACSUserIDs: userIDs, CreatedAt: wireTime(i.createdAt), Warnings: []problem{}, Errors: []problem{},
	}
}

type shapedWorkspace struct {
	ID                 string  `json:"workspace_id"`
	Name               string  `json:"name"`
	CompanyName        string  `json:"company_name"`
	IsSandbox          bool    `json:"is_sandbox"`
	IsSuspended        bool    `json:"is_suspended"`
	PublishableKeyAuth bool    `json:"is_publishable_key_auth_enabled"`
	ConnectPartnerName *string `json:"connect_partner_name"`
	OrganizationID     *string `json:"organization_id"`
	Customization      body    `json:"connect_webview_customization"`
}

func shapeWorkspace(w Workspace) shapedWorkspace {
	return shapedWorkspace{ID: w.ID, Name: w.Name, CompanyName: w.Name, IsSandbox: w.Sandbox, Customization: body{}}
}

type shapedPagination struct {
	HasNextPage    bool    `json:"has_next_page"`
	NextPageCursor *string `json:"next_page_cursor"`
	NextPageURL    *string `json:"next_page_url"`
}

// wireTime spells a time as Seam does: UTC with milliseconds.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
