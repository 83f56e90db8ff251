package seam

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unique"
)

const personalAccessTokenPrefix = "seam_at"

// Token is what authenticates calls: an API key or a personal access token. Equal tokens are equal values, so it can
// be a map key. It prints as "[redacted]" through fmt, JSON, text marshalling and slog.
type Token struct {
	// A handle and not a string, because fmt prints unexported fields of enclosing structs without calling any
	// method: it then shows an address instead of the key.
	value unique.Handle[string]
}

// ParseToken reads a token as people store it, with white space around it. Any length goes, because Seam promises
// none. The error is a *TokenError that tells a person what was found; it never holds the value.
func ParseToken(raw string) (Token, error) {
	value := strings.TrimSpace(raw)
	if found := unusable(value); found != "" {
		return Token{}, refuseToken(found)
	}
	return Token{value: unique.Make(value)}, nil
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

// MarshalText returns "[redacted]". JSON uses it too.
func (t Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns "[redacted]".
func (t Token) LogValue() slog.Value { return slog.StringValue(redacted) }

func (t Token) reveal() string {
	if t.IsZero() {
		return ""
	}
	return t.value.Value()
}
