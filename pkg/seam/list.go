package seam

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
)

// pageLimit is how many credentials a page has at most: what Seam's schema names as usual.
const pageLimit = 500

// CredentialPage is a part of the credentials that Seam manages in the key's workspace.
type CredentialPage struct {
	// Credentials are those on the page, by their IDs in lower case. One that is listed unreadably is left out, and so is one
	// that is listed twice: read it by itself. That one is missing proves nothing.
	Credentials map[string]Credential
	// Next is the cursor of the next page; empty when there is none.
	Next string
}

// ListCredentials reads one page of up to 500 credentials, the first one when the cursor is empty. An answer up to 8 MiB
// is read.
func (c *Client) ListCredentials(ctx context.Context, cursor string) (CredentialPage, error) {
	params := params{"limit": pageLimit}
	if cursor != "" {
		params["page_cursor"] = cursor
	}
	got, err := c.call(ctx, OpListCredentials, params)
	if err != nil {
		return CredentialPage{}, err
	}
	if got.unread != nil {
		return CredentialPage{}, got.unreadable(OpListCredentials, got.unread)
	}
	page, err := decodePage(got.body)
	if err != nil {
		return CredentialPage{}, got.unreadable(OpListCredentials, err)
	}
	if page.Next == cursor {
		page.Next = "" // it would be the same page, for ever
	}
	return page, nil
}

// decodePage reads a page. What is wrong with one credential, or with what is said of the next page, spoils itself only.
func decodePage(body []byte) (CredentialPage, error) {
	envelope := decodeObject(body)
	listed := lenient[[]json.RawMessage](envelope, routes[OpListCredentials].thing)
	if listed == nil {
		return CredentialPage{}, errors.New("answer has no list of acs_credentials")
	}
	page := CredentialPage{Credentials: make(map[string]Credential, min(len(listed), pageLimit)), Next: nextCursor(envelope)}
	times := make(map[string]int, len(page.Credentials))
	for _, raw := range listed {
		shown := decodeObject(raw)
		id := strings.ToLower(shown.text("acs_credential_id"))
		times[id]++
		switch credential := credentialOf(shown); {
		case times[id] > 1:
			delete(page.Credentials, id)
		case shown.unreadableID() == "" && IsID(id) && credential.hasIDs():
			page.Credentials[id] = credential
		}
	}
	return page, nil
}

// hasIDs reports whether whoever holds the credential, and its workspace, are named by an ID or not at all.
func (c Credential) hasIDs() bool {
	for _, id := range []string{c.ACSUserID, c.UserIdentityID, c.WorkspaceID} {
		if id != "" && !IsID(id) {
			return false
		}
	}
	return true
}

// nextCursor returns the cursor of the next page, unless the answer says that there is none.
func nextCursor(envelope object) string {
	pagination := lenient[object](envelope, "pagination")
	if hasNext := lenient[*bool](pagination, "has_next_page"); hasNext != nil && !*hasNext {
		return ""
	}
	return pagination.text("next_page_cursor")
}
