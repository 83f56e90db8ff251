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
	seconds, err := strconv.ParseInt(header, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	// Clamped before the multiplication, which would overflow; out of range parses as the nearest that fits.
	seconds = min(max(seconds, 0), int64(maxRetryAfter/time.Second))
	return time.Duration(seconds) * time.Second
}
