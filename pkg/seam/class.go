package seam

import (
	"errors"
	"net/http"
)

// Class says what should happen after a failed call. The HTTP status decides, never a text.
type Class string

// The classes of errors.
const (
	// NotFound is a 404: what was named is not in the key's workspace.
	NotFound Class = "NotFound"
	// Unauthorized is a 401 or 403: somebody must mend the key.
	Unauthorized Class = "Unauthorized"
	// RateLimited is a 429: let the key rest; see RetryAfter.
	RateLimited Class = "RateLimited"
	// Invalid is any other 4xx but 408: the same call would be refused again.
	Invalid Class = "Invalid"
	// Unavailable is a read that brought nothing to go by (5xx, 408, 3xx, network, TLS, an unreadable answer), or a
	// call that was not sent: try again later.
	Unavailable Class = "Unavailable"
	// OutcomeUnknown is a write that got neither 2xx nor 4xx, where 408 counts as neither: it may have happened, or
	// may happen yet. Read before writing again.
	OutcomeUnknown Class = "OutcomeUnknown"
)

// ClassOf returns the class of an *Error anywhere in err's chain, and "" when there is none.
func ClassOf(err error) Class {
	failure, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return ""
	case failure.Status == http.StatusNotFound:
		return NotFound
	case failure.Status == http.StatusUnauthorized || failure.Status == http.StatusForbidden:
		return Unauthorized
	case failure.Status == http.StatusTooManyRequests:
		return RateLimited
	case failure.Status >= 400 && failure.Status < 500 && failure.Status != http.StatusRequestTimeout:
		return Invalid
	case isWrite(failure.Operation) && !failure.Unsent:
		return OutcomeUnknown
	}
	return Unavailable
}

// IsNotFound reports whether err is of class NotFound.
func IsNotFound(err error) bool { return ClassOf(err) == NotFound }

// IsUnauthorized reports whether err is of class Unauthorized.
func IsUnauthorized(err error) bool { return ClassOf(err) == Unauthorized }

// IsRateLimited reports whether err is of class RateLimited.
func IsRateLimited(err error) bool { return ClassOf(err) == RateLimited }

// IsInvalid reports whether err is of class Invalid.
func IsInvalid(err error) bool { return ClassOf(err) == Invalid }

// IsOutcomeUnknown reports whether err is of class OutcomeUnknown.
func IsOutcomeUnknown(err error) bool { return ClassOf(err) == OutcomeUnknown }
