package seam

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxBodyBytes    = 1 << 20
	requestIDHeader = "seam-request-id"
)

var errTooLarge = errors.New("answer larger than 1 MiB")

// answer is what came back for a request. A body that could not be read leaves unread set: whether that matters
// depends on the status and the operation.
type answer struct {
	status int
	header http.Header
	body   []byte
	unread error
}

func readAnswer(ctx context.Context, response *http.Response) answer {
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header}
	if got.status < 200 {
		return got // the body of a 101 is the bare connection, which no deadline covers
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBodyBytes+1))
	switch {
	case err != nil:
		got.unread = brokenExchange(ctx, err)
	case len(body) > maxBodyBytes:
		got.unread = errTooLarge
	default:
		got.body = body
	}
	return got
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// requestID is what Seam's support asks for. It goes into logs and events.
func (a answer) requestID() string { return safeRequestID(a.header.Get(requestIDHeader)) }

// refusal is the error for a status other than 2xx. The status decides; the body may hold anything, or nothing.
func (a answer) refusal(operation string, now time.Time) *Error {
	envelope := lenient[object](decodeObject(a.body), "error")
	return &Error{
		Operation:  operation,
		Status:     a.status,
		Type:       envelope.code("type"),
		RequestID:  a.requestID(),
		RetryAfter: parseRetryAfter(a.header.Get("Retry-After"), now),
	}
}

// unreadable is the error for a 2xx that does not tell what was asked for.
func (a answer) unreadable(operation string, cause error) *Error {
	return &Error{Operation: operation, Status: a.status, RequestID: a.requestID(), Err: cause}
}
