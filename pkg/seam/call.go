package seam

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// call makes one request and returns its answer if that is 2xx, else an *Error. The deadline covers the body too. A
// call without its IDs is the caller's mistake: it is not made, and its error is no *Error.
func (c *Client) call(ctx context.Context, operation string, params params) (answer, error) {
	if err := params.check(); err != nil {
		return answer{}, fmt.Errorf("%s: %w", operation, err)
	}
	if err := ctx.Err(); err != nil {
		return answer{}, &Error{Operation: operation, Unsent: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.api.options.Timeout)
	defer cancel()
	request, err := c.request(ctx, operation, params)
	if err != nil {
		return answer{}, fmt.Errorf("%s: build the request: %w", operation, err)
	}
	got, err := c.api.exchange(operation, request)
	if err != nil {
		return answer{}, &Error{Operation: operation, Err: err}
	}
	got = got.redact(c.token)
	if !got.ok() {
		return answer{}, got.refusal(operation, time.Now())
	}
	return got, nil
}

// exchange sends a request and reads whatever comes back. It fails only when no answer came.
func (a *API) exchange(operation string, request *http.Request) (answer, error) {
	start, code := time.Now(), "error"
	defer func() {
		a.options.Observe(Observation{Operation: operation, Code: code, Duration: time.Since(start)})
	}()
	response, err := a.transport.RoundTrip(request)
	if err != nil {
		return answer{}, brokenExchange(request.Context(), err)
	}
	code = strconv.Itoa(response.StatusCode)
	return readAnswer(request.Context(), response, maxBytes(operation)), nil
}
