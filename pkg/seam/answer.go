package seam

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	maxThingBytes   = 1 << 20
	maxListBytes    = 8 << 20 // 16 KiB for each of 500 credentials, which have one or two
	requestIDHeader = "seam-request-id"
)

// maxBytes returns how large an answer may be to be read.
func maxBytes(operation string) int64 {
	if operation == OpListCredentials {
		return maxListBytes
	}
	return maxThingBytes
}

// answer is what came back for a request. A body that could not be read leaves unread set: whether that matters
// depends on the status and the operation.
type answer struct {
	status int
	header http.Header
	body   []byte
	unread error
}

func readAnswer(ctx context.Context, response *http.Response, atMost int64) answer {
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, header: response.Header}
	if got.status < 200 {
		return got // the body of a 101 is the bare connection, which no deadline covers
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, atMost+1))
	switch {
	case err != nil:
		got.unread = brokenExchange(ctx, err)
	case int64(len(body)) > atMost:
		got.unread = fmt.Errorf("answer larger than %d MiB", atMost>>20)
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
