package seam

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// ParseEndpoint checks where the API is: an https URL, or http when the host is this machine (localhost, 127.0.0.0/8,
// ::1), with a path prefix if need be. The one-line error says what to write; it does not repeat the value, which
// might hold a password.
func ParseEndpoint(raw string) (*url.URL, error) {
	endpoint, err := url.Parse(raw)
	if fault := faultOf(raw, endpoint, err); fault != "" {
		return nil, errors.New("the endpoint " + fault + ": write it like https://connect.getseam.com")
	}
	return endpoint, nil
}

func faultOf(raw string, endpoint *url.URL, err error) string {
	switch {
	case raw == "" || err != nil:
		return "is empty or no URL"
	case endpoint.Scheme != "https" && endpoint.Scheme != "http":
		return "must start with https://"
	case endpoint.Hostname() == "":
		return "names no host"
	case endpoint.User != nil:
		return "must not hold a user name or password"
	case endpoint.Scheme == "http" && !isLoopback(endpoint.Hostname()):
		return "must use https (http is for localhost only)"
	case strings.ContainsAny(raw, "?#"):
		return "must not have a query or a fragment"
	}
	return ""
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
