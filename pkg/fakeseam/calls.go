package fakeseam

import (
	"fmt"
	"strings"
	"time"
)

// Call is one request that reached the server, refused ones and those for unknown
// paths included.
type Call struct {
	Time       time.Time // of its arrival, by the server's clock
	Method     string
	Path       string
	Operation  string // by path; empty for an unknown one
	TokenLabel string // "api key 1", "unknown token", …: never the token itself
	// WorkspaceID is the workspace that the token opened; empty when it opened none.
	WorkspaceID string
	// CredentialID, ACSUserID and UserIdentityID are the parameters, unchecked, in lower case.
	CredentialID   string
	ACSUserID      string
	UserIdentityID string
	Status         int // of the answer; 0 as long as there is none, and if there never was
	RequestID      string
	UserAgent      string
	// Changed tells that the call changed the credential's holder, from
	// HolderBefore to HolderAfter. For a late write that is known once it has landed.
	Changed      bool
	HolderBefore Holder
	HolderAfter  Holder

	token string
}

// String tells the call in one line, with IDs cut to their first eight digits.
func (c Call) String() string {
	var line strings.Builder
	fmt.Fprintf(&line, "%s %s", c.Method, c.Path)
	for _, parameter := range []struct{ name, id string }{
		{"credential", c.CredentialID}, {"acs_user", c.ACSUserID}, {"user_identity", c.UserIdentityID},
	} {
		if parameter.id != "" {
			fmt.Fprintf(&line, " %s=%s", parameter.name, short(parameter.id))
		}
	}
	if c.Status == 0 {
		return line.String() + " → no answer"
	}
	fmt.Fprintf(&line, " → %d", c.Status)
	return line.String()
}

func short(id string) string {
	if len(id) <= 8 {
		return id
	}
	return id[:8] + "…"
}
