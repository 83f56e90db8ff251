package seam

import (
	"errors"
	"fmt"
	"testing"
)

func TestStatusDecidesTheClass(t *testing.T) {
	for status, want := range map[int]struct{ write, read Class }{
		300: {OutcomeUnknown, Unavailable},
		304: {OutcomeUnknown, Unavailable},
		400: {Invalid, Invalid},
		401: {Unauthorized, Unauthorized},
		403: {Unauthorized, Unauthorized},
		404: {NotFound, NotFound},
		405: {Invalid, Invalid},
		408: {OutcomeUnknown, Unavailable},
		409: {Invalid, Invalid},
		422: {Invalid, Invalid},
		429: {RateLimited, RateLimited},
		499: {Invalid, Invalid},
		500: {OutcomeUnknown, Unavailable},
		503: {OutcomeUnknown, Unavailable},
		599: {OutcomeUnknown, Unavailable},
		700: {OutcomeUnknown, Unavailable},
	} {
		for _, body := range []string{"", "Not Found", `{"error":{"type":"acs_credential_not_found"}}`} {
			fake := startSeam(t, says(status, body))
			write, read := calls(fake.client(t))
			wantClass(t, fmt.Errorf("wrapped: %w", write), want.write)
			wantClass(t, read, want.read)
			if got := fake.requests(); len(got) != 2 {
				t.Errorf("%d: %d requests for 2 calls", status, len(got))
			}
		}
	}
}

func TestPredicates(t *testing.T) {
	for class, is := range map[Class]func(error) bool{
		NotFound: IsNotFound, Unauthorized: IsUnauthorized, RateLimited: IsRateLimited,
		Invalid: IsInvalid, OutcomeUnknown: IsOutcomeUnknown,
	} {
		for want, err := range map[Class]error{
			NotFound:       &Error{Operation: OpAssignCredential, Status: 404},
			Unauthorized:   &Error{Operation: OpAssignCredential, Status: 403},
			RateLimited:    &Error{Operation: OpAssignCredential, Status: 429},
			Invalid:        &Error{Operation: OpAssignCredential, Status: 400},
			Unavailable:    &Error{Operation: OpGetCredential, Status: 200},
			OutcomeUnknown: &Error{Operation: OpUnassignCredential},
		} {
			if is(err) != (want == class) {
				t.Errorf("%s: %v for %v", class, is(err), err)
			}
		}
		if is(nil) || is(errors.New("other")) {
			t.Errorf("%s: claims what is not Seam's", class)
		}
	}
}
