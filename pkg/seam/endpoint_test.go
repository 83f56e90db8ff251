package seam

import (
	"strings"
	"testing"
)

func TestEndpointsAccepted(t *testing.T) {
	for _, raw := range []string{
		"https://connect.getseam.com",
		"https://connect.getseam.com/",
		"HTTPS://connect.getseam.com:8443/prefix/v1",
		"http://localhost:8080",
		"http://LOCALHOST",
		"http://127.0.0.1:8080",
		"http://127.1.2.3",
		"http://[::1]:8080",
		"https://10.0.0.1",
	} {
		if _, err := ParseEndpoint(raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestEndpointsRefused(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                  "is empty or no URL",
		"https://seam.example\n":            "is empty or no URL",
		"https://user:SECRET@%zz":           "is empty or no URL",
		"connect.getseam.com":               "must start with https://",
		"//connect.getseam.com":             "must start with https://",
		"ftp://connect.getseam.com":         "must start with https://",
		"https:connect.getseam.com":         "names no host",
		"https://":                          "names no host",
		"https://:443":                      "names no host",
		"http://connect.getseam.com":        "must use https (http is for localhost only)",
		"http://localhost.evil.example":     "must use https (http is for localhost only)",
		"http://127.0.0.1.evil.example":     "must use https (http is for localhost only)",
		"http://128.0.0.1":                  "must use https (http is for localhost only)",
		"http://0.0.0.0":                    "must use https (http is for localhost only)",
		"http://[::2]":                      "must use https (http is for localhost only)",
		"https://user:SECRET@seam.example":  "must not hold a user name or password",
		"http://localhost@evil.example":     "must not hold a user name or password",
		"https://seam.example?token=SECRET": "must not have a query or a fragment",
		"https://seam.example?":             "must not have a query or a fragment",
		"https://seam.example#SECRET":       "must not have a query or a fragment",
		"https://seam.example#":             "must not have a query or a fragment",
	} {
		_, err := ParseEndpoint(raw)
		want = "the endpoint " + want + ": write it like https://connect.getseam.com"
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", raw, err, want)
		}
		if _, newErr := New(Options{Endpoint: raw}); newErr == nil || strings.Contains(newErr.Error(), "SECRET") {
			t.Errorf("%q: New says %v", raw, newErr)
		}
	}
}
