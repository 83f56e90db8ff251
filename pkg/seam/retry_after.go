package seam

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter keeps a mistaken header from silencing a key for long.
const maxRetryAfter = 5 * time.Minute

// RetryAfter returns how long Seam asked to wait before the next call with this key, at most 5 minutes. It reports
// false when Seam did not ask for a positive delay.
func RetryAfter(err error) (time.Duration, bool) {
	failure, ok := errors.AsType[*Error](err)
	if !ok || failure.RetryAfter <= 0 {
		return 0, false
	}
	return failure.RetryAfter, true
}

// parseRetryAfter reads both forms of RFC 9110, section 10.2.3: seconds and an HTTP date. Anything else is zero.
func parseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), 0), maxRetryAfter)
	}
	if header == "" || strings.Trim(header, "0123456789") != "" {
		return 0
	}
	// Clamped before the multiplication, which would overflow; what is out of range has no other fault by now.
	seconds, err := strconv.ParseInt(header, 10, 64)
	if err != nil || seconds > int64(maxRetryAfter/time.Second) {
		return maxRetryAfter
	}
	return time.Duration(seconds) * time.Second
}
