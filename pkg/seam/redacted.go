package seam

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Redacted is a text that must reach no log, event, metric or status: a PIN code, a card number, personal data. It
// prints as "[redacted]" through fmt, JSON, text marshalling and slog; an empty one prints as nothing. Package fmt
// bypasses these methods for values in unexported fields: keep it in exported ones.
type Redacted string

// Reveal returns the text itself.
func (r Redacted) Reveal() string { return string(r) }

// String returns "[redacted]", or nothing for an empty text.
func (r Redacted) String() string {
	if r == "" {
		return ""
	}
	return redacted
}

// Format writes what String returns, whatever the verb: %x, %d and %#v would show the text otherwise.
func (r Redacted) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, r.String()) }

// MarshalText returns what String returns. JSON uses it too.
func (r Redacted) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// LogValue returns what String returns.
func (r Redacted) LogValue() slog.Value { return slog.StringValue(r.String()) }

// UnmarshalJSON takes a JSON string as it is. Anything else reads as empty and is no error: nothing is decided by
// these texts, so an unexpected type must not make the rest of an answer unreadable.
func (r *Redacted) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = ""
	}
	*r = Redacted(text)
	return nil
}
