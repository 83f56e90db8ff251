package seam

import (
	"encoding/json"
	"errors"
)

// UserIdentity is a person across access systems. Only UserIdentityID is sure to be set. Source: user_identity in
// Seam's OpenAPI.
type UserIdentity struct {
	// UserIdentityID is another ID than asked for when that identity was merged: it is the survivor's then.
	UserIdentityID string
	// ACSUserIDs are the person's users in the access systems.
	ACSUserIDs   []string
	WorkspaceID  string
	FullName     Redacted
	DisplayName  Redacted
	EmailAddress Redacted
	PhoneNumber  Redacted
}

// decodeUserIdentity does not ask for an echo: Seam answers for a merged identity with its survivor.
func decodeUserIdentity(body []byte, _ string) (UserIdentity, error) {
	o, err := decodeThing(body, "user_identity")
	if err != nil {
		return UserIdentity{}, err
	}
	ids, err := o.ids("user_identity_id")
	if err != nil {
		return UserIdentity{}, err
	}
	if ids["user_identity_id"] == "" {
		return UserIdentity{}, errors.New("answer has no user_identity_id")
	}
	return UserIdentity{
		UserIdentityID: ids["user_identity_id"],
		ACSUserIDs:     o.texts("acs_user_ids"),
		WorkspaceID:    lenient[string](o, "workspace_id"),
		FullName:       lenient[Redacted](o, "full_name"),
		DisplayName:    lenient[Redacted](o, "display_name"),
		EmailAddress:   lenient[Redacted](o, "email_address"),
		PhoneNumber:    lenient[Redacted](o, "phone_number"),
	}, nil
}

// texts lists the strings of a list and leaves out what is none.
func (o object) texts(list string) []string {
	var texts []string
	for _, raw := range lenient[[]json.RawMessage](o, list) {
		var text string
		if json.Unmarshal(raw, &text) == nil && text != "" {
			texts = append(texts, text)
		}
	}
	return texts
}
