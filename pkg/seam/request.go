package seam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// The operations, as Observation and Error name them.
const (
	OpAssignCredential       = "assign_credential"
	OpUnassignCredential     = "unassign_credential"
	OpGetCredential          = "get_credential"
	OpListCredentials        = "list_credentials"
	OpGetUnmanagedCredential = "get_unmanaged_credential"
	OpGetACSUser             = "get_acs_user"
	OpGetUserIdentity        = "get_user_identity"
	OpGetWorkspace           = "get_workspace"
)

// route is how an operation is called, and the name of the thing, or of the list, that its answer is about.
type route struct{ method, path, thing string }

// routes are the operations in Seam's API. POST with JSON is the only form that Seam documents strictly for reading a
// user identity and a list.
var routes = map[string]route{
	OpAssignCredential:       {http.MethodPatch, "/acs/credentials/assign", "acs_credential"},
	OpUnassignCredential:     {http.MethodPatch, "/acs/credentials/unassign", "acs_credential"},
	OpGetCredential:          {http.MethodGet, "/acs/credentials/get", "acs_credential"},
	OpListCredentials:        {http.MethodPost, "/acs/credentials/list", "acs_credentials"},
	OpGetUnmanagedCredential: {http.MethodGet, "/acs/credentials/unmanaged/get", "acs_credential"},
	OpGetACSUser:             {http.MethodGet, "/acs/users/get", "acs_user"},
	OpGetUserIdentity:        {http.MethodPost, "/user_identities/get", "user_identity"},
	OpGetWorkspace:           {http.MethodGet, "/workspaces/get", "workspace"},
}

// isWrite reports whether an operation changes something at Seam.
func isWrite(operation string) bool {
	return operation == OpAssignCredential || operation == OpUnassignCredential
}

// params are the named IDs of a call, texts, and what else it is told. None may be empty: Seam would answer for something
// that nobody asked for.
type params map[string]any

func (p params) query() string {
	query := url.Values{}
	for name, value := range p {
		query.Set(name, fmt.Sprint(value))
	}
	return query.Encode()
}

func (p params) check() error {
	for name, value := range p {
		if value == "" {
			return fmt.Errorf("%s is empty", name)
		}
	}
	return nil
}

func (c *Client) request(ctx context.Context, operation string, params params) (*http.Request, error) {
	route := routes[operation]
	target, content := c.api.endpoint.JoinPath(route.path), []byte(nil)
	if route.method == http.MethodGet {
		target.RawQuery = params.query()
	} else {
		content, _ = json.Marshal(params) // strings and numbers can always be encoded
	}
	request, err := http.NewRequestWithContext(ctx, route.method, target.String(), bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token.reveal())
	request.Header.Set("User-Agent", c.api.options.UserAgent)
	if len(content) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.workspaceID != "" {
		request.Header.Set("seam-workspace", c.workspaceID)
	}
	if isWrite(operation) {
		request.GetBody = nil // without it net/http has no copy to send a second time
	}
	return request, nil
}
