package seam

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unique"
)

const (
	redacted = "[redacted]"

	tokenPrefix               = "seam_"
	personalAccessTokenPrefix = "seam_at"

	// maxTokenBytes is far more than any token that Seam issues. It promises no length, so nothing shorter is refused.
	maxTokenBytes = 4096
)

// otherTokens are those that Seam issues for other purposes. The prefixes are those by which its SDKs tell tokens apart.
var otherTokens = []string{"seam_cst", "seam_pk"} // client sessions, publishable keys

// Token is what authenticates calls: an API key or a personal access token. Equal tokens are equal values, so it can
// be a map key. It prints as "[redacted]" through fmt, JSON, text marshalling and slog.
type Token struct {
	// A handle and not a string, because fmt prints unexported fields of enclosing structs without calling any
	// method: it then shows an address instead of the key.
	value unique.Handle[string]
}

// ParseToken reads a token as people store it, with white space around it, at most 4 KiB in all. The error is a
// *TokenError with the same text for every value that cannot be used; it never holds the value.
func ParseToken(raw string) (Token, error) {
	if len(raw) > maxTokenBytes {
		return Token{}, &TokenError{text: unusableValue}
	}
	value := strings.TrimSpace(raw)
	if !isUsable(value) {
		return Token{}, &TokenError{text: unusableValue}
	}
	return Token{value: unique.Make(value)}, nil
}

// isUsable reports whether a trimmed value is of a kind that authenticates an operator and fit for a header, which a
// line break would end.
func isUsable(value string) bool {
	isOther := func(prefix string) bool { return strings.HasPrefix(value, prefix) }
	return strings.HasPrefix(value, tokenPrefix) && isGraphic(value) && !slices.ContainsFunc(otherTokens, isOther)
}

// IsPersonalAccessToken reports whether the token belongs to a person ("seam_at…") and so needs a workspace to be
// named with each call; an API key belongs to one workspace.
func (t Token) IsPersonalAccessToken() bool {
	return strings.HasPrefix(t.reveal(), personalAccessTokenPrefix)
}

// IsZero reports whether the token was never set.
func (t Token) IsZero() bool { return t == Token{} }

// String returns "[redacted]".
func (t Token) String() string { return redacted }

// Format writes "[redacted]", whatever the verb.
func (t Token) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// MarshalText returns "[redacted]". JSON and slog use it too.
func (t Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func (t Token) reveal() string {
	if t.IsZero() {
		return ""
	}
	return t.value.Value()
}

// isGraphic reports whether all of text is visible ASCII, and so fit for a header and a log line.
func isGraphic(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

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
	_, ok := errors.AsType[*TokenError](err)
	return ok
}
