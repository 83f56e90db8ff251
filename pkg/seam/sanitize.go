package seam

import (
	"bytes"
	"regexp"
	"strings"
)

// What Seam says may hold anything: the key that was sent, PIN codes, card numbers, people's names. Codes and request
// IDs are all that is passed on, and only as far as they look like ones.

const (
	maxCodeBytes      = 64
	maxRequestIDBytes = 128
	minSecretBytes    = 8
)

var (
	// codePattern is words, joined. Digits may end a word; within one they make a token of it, and four might be a PIN.
	codePattern = regexp.MustCompile(`^[A-Za-z]+[0-9]{0,3}([_-]([A-Za-z]+[0-9]{0,3}|[0-9]{1,3}))*$`)
	uuidPattern = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)
	manyDigits  = regexp.MustCompile(`[0-9]{4,}`)
)

// IsID reports whether text is an ID of Seam's: a UUID, whose case has no meaning.
func IsID(text string) bool { return uuidPattern.MatchString(text) }

// isCode reports whether text looks like one of Seam's codes rather than prose or a token, or has a token in it: redact
// finds none that JSON spells another way.
func isCode(text string) bool {
	return len(text) <= maxCodeBytes && codePattern.MatchString(text) && !hasTokenPrefix(text) &&
		!strings.Contains(strings.ToLower(text), tokenPrefix)
}

// safeRequestID returns Seam's name for a call, less what could be a PIN or a card number; nothing for what is no name.
func safeRequestID(id string) string {
	switch {
	case len(id) > maxRequestIDBytes || !isGraphic(id) || hasTokenPrefix(id):
		return ""
	case IsID(id):
		return id
	}
	return manyDigits.ReplaceAllString(id, "…")
}

// hasTokenPrefix reports whether text begins as Seam's tokens do.
func hasTokenPrefix(text string) bool {
	lower := strings.ToLower(text)
	return strings.HasPrefix(lower, "seam_") || strings.HasPrefix(lower, "eyj")
}

// redact takes the token out of an answer that repeats it. A word of a few letters is no secret, but part of many others.
func (a answer) redact(token Token) answer {
	secret := token.reveal()
	if len(secret) < minSecretBytes {
		return a
	}
	a.body = bytes.ReplaceAll(a.body, []byte(secret), []byte("redacted"))
	if strings.Contains(a.header.Get(requestIDHeader), secret) {
		a.header.Del(requestIDHeader)
	}
	return a
}
