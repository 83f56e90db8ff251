package seam

import "errors"

// TokenError says why a token cannot be used, in words for the person who stored it. It never holds the token.
type TokenError struct{ text string }

const (
	// unusableValue is one text for all values: it is read by people who may name a Secret but not look into it, and
	// must not tell them what the Secret holds.
	unusableValue = `the value is no Seam API key ("seam_…") or personal access token ("seam_at…"); not usable are client session tokens ` +
		`("seam_cst…"), publishable keys ("seam_pk…"), console sessions (JWTs, "ey…"), and values that are base64-encoded twice, ` +
		`have white space inside or exceed 4 KiB`
	noWorkspace = "a personal access token needs the workspace it is for: set spec.workspaceID"
)

// Error returns the text for a person.
func (e *TokenError) Error() string { return e.text }

// IsTokenError reports whether err says that a value is no usable token, or that a token lacks its workspace.
func IsTokenError(err error) bool {
	var token *TokenError
	return errors.As(err, &token)
}
