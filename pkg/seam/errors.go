package seam

import (
	"strconv"
	"strings"
	"time"
)

// Error is a call that did not bring what it was made for. Ask ClassOf, or a predicate, what to do about it. All of it
// is fit for print: Seam's error.message, which may hold PIN codes or personal data, is not kept.
type Error struct {
	// Operation is one of the Op constants.
	Operation string
	// Status is the HTTP status, 0 when no answer came.
	Status int
	// Type is Seam's error.type if it looks like a code, else empty.
	Type string
	// RequestID is Seam's name for the call, for its support; empty when none came that is fit for print.
	RequestID string
	// RetryAfter is how long Seam asked to wait, 0 to 5 minutes; 0 when it did not.
	RetryAfter time.Duration
	// Unsent is set when no request was made, because the context was done before.
	Unsent bool
	// Err is the cause, when the status is not all there is to say.
	Err error `json:"-"`
}

// Error tells the operation, the status, the error type and the request ID.
func (e *Error) Error() string {
	text := e.Operation + ": " + e.outcome()
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) outcome() string {
	switch {
	case e.Unsent:
		return "not sent"
	case e.Status == 0:
		return "no answer from Seam"
	}
	return strings.TrimSpace("Seam answered " + strconv.Itoa(e.Status) + " " + e.Type)
}
