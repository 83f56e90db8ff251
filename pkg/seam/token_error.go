package seam

import (
	"errors"
	"strings"
)

// TokenError says why a token cannot be used, in words for the person who stored it. It never holds the token.
type TokenError struct{ text string }

// Error returns the text for a person.
func (e *TokenError) Error() string { return e.text }

// IsTokenError reports whether err says that a token is of a wrong kind, or lacks its workspace.
func IsTokenError(err error) bool {
	var token *TokenError
	return errors.As(err, &token)
}

func refuseToken(found string) *TokenError {
	return &TokenError{text: "the token " + found + `: use an API key ("seam_…") or a personal access token ("seam_at…")`}
}

// otherTokens are the kinds that Seam issues for other purposes and what people store by mistake. The prefixes are
// those by which Seam's SDKs tell tokens apart.
var otherTokens = []struct{ prefix, found string }{
	{"seam_cst", `is a client session token ("seam_cst…")`},
	{"seam_pk", `is a publishable key ("seam_pk…")`},
	{"ey", `is a JWT ("ey…"), as console sessions use`},
	{"c2VhbV", "is base64-encoded once too often"}, // "seam_" in base64
}

// unusable tells what is wrong with a trimmed value, or nothing.
func unusable(value string) string {
	if value == "" {
		return "is empty"
	}
	// Checked before the prefixes: a line break would end the header and start another.
	if !isGraphic(value) {
		return "has white space, control characters or non-ASCII characters inside"
	}
	for _, other := range otherTokens {
		if strings.HasPrefix(value, other.prefix) {
			return other.found
		}
	}
	if !strings.HasPrefix(value, "seam_") {
		return `does not start with "seam_"`
	}
	return ""
}

// isGraphic reports whether all of text is visible ASCII, and so fit for a header and a log line.
func isGraphic(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}
