package seam

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// params are the named IDs of a call. None may be empty: Seam would answer for something that nobody asked for.
type params map[string]string

func (p params) query() string {
	query := url.Values{}
	for name, value := range p {
		query.Set(name, value)
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

func (c *Client) request(ctx context.Context, route route, params params) (*http.Request, error) {
	request, err := route.request(ctx, c.api.endpoint, params)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Authorization", "Bearer "+c.token.reveal())
	request.Header.Set("User-Agent", c.api.userAgent)
	if c.workspaceID != "" {
		request.Header.Set("seam-workspace", c.workspaceID)
	}
	return request, nil
}

func (r route) request(ctx context.Context, endpoint *url.URL, params params) (*http.Request, error) {
	target := endpoint.JoinPath(r.path)
	if r.method == http.MethodGet {
		target.RawQuery = params.query()
		return http.NewRequestWithContext(ctx, r.method, target.String(), nil)
	}
	body, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, r.method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	if isWrite(r.operation) {
		request.GetBody = nil // without it net/http has no copy to send a second time
	}
	return request, nil
}
