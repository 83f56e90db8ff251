package controllers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

const rateLimited = "Seam limits how often this API key may ask: all objects with this key wait for it"

// reasonOf classifies an error, once and for all, by what should happen next. The message is stable: no counters, times or
// request IDs. An empty reason means that the error is not about Seam or its key.
func reasonOf(err error, secretName string) (reason, message string) {
	var missing *secretError
	switch {
	case errors.As(err, &missing):
		return v1alpha1.ReasonSecretNotFound, missing.message
	case seam.IsTokenError(err):
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Secret %q: %s", secretName, err)
	}
	switch seam.ClassOf(err) {
	case seam.Unauthorized:
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Seam refuses the API key of Secret %q%s: put a valid key for the credential's workspace there", secretName, answerText(err))
	case seam.RateLimited:
		return v1alpha1.ReasonRateLimited, rateLimited
	case seam.Invalid, seam.NotFound: // a 404 that means the credential or a person was told apart before
		return v1alpha1.ReasonInvalidRequest, fmt.Sprintf("Seam refuses the request%s: correct spec; it is sent again when something changes, or at the next resync", answerText(err))
	case seam.OutcomeUnknown:
		return v1alpha1.ReasonOutcomeUnknown, "the answer to a change at Seam was lost: Seam is read before anything else is done"
	case seam.Unavailable:
		return v1alpha1.ReasonSeamUnavailable, "Seam cannot be reached or gives no readable answer; the operator retries"
	default:
		return "", ""
	}
}

// blamesKey reports whether an error says that other calls with the same key would fail too: Seam gives no answer, or refuses
// the key.
func blamesKey(err error) bool {
	failure, isSeams := errors.AsType[*seam.Error](err)
	if !isSeams || failure.Unsent || errors.Is(err, errUnreadable) {
		return false
	}
	switch status := failure.Status; status {
	case 0, http.StatusUnauthorized, http.StatusRequestTimeout:
		return true
	default:
		return status >= http.StatusInternalServerError
	}
}

// answerText says what Seam answered: the HTTP status and, when it is a plain code, Seam's error type. Its texts are left out:
// they may name people.
func answerText(err error) string {
	var answer *seam.Error
	if !errors.As(err, &answer) || answer.Status == 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf(" (%d %s", answer.Status, answer.Type), " ") + ")"
}
