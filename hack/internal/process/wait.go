package process

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// FreeAddress returns an address of this machine that nothing listens on.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// AwaitReady asks until the answer is 200, for up to a minute.
func AwaitReady(ctx context.Context, url string) error {
	return Until(ctx, time.Minute, func() bool { return IsReady(ctx, http.DefaultClient, url) })
}

// IsReady reports whether the answer is 200 now.
func IsReady(ctx context.Context, client *http.Client, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// often is how often a condition is looked at: what is measured by it is not to be rounded.
const often = 2 * time.Millisecond

// Until asks again and again, for so long at most, until the condition holds.
func Until(ctx context.Context, limit time.Duration, condition func() bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it did not come within %s", limit))
	defer cancel()
	tick := time.NewTicker(often)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Pause lets a time go by that is measured, or in which something must not happen.
func Pause(ctx context.Context, length time.Duration) error {
	select {
	case <-time.After(length):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
