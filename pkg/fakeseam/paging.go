package fakeseam

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// cursor tells where the next page begins, and which list it belongs to: Seam
// wants the same parameters with every page.
type cursor struct {
	After int    `json:"after"` // number of the last row
	Query string `json:"query"` // digest of workspace, path and parameters
}

// page collects one page of a list.
type page struct {
	ex     *exchange
	after  int
	limit  int
	last   int
	shapes []any
	more   bool
}

// page reads limit and page_cursor. Other complaints about the parameters are
// its refusal too.
func (ex *exchange) page() (*page, error) {
	p := &page{ex: ex, limit: ex.in.limit(), shapes: []any{}}
	given := ex.in.cursor()
	if err := ex.in.problem(); err != nil {
		return nil, err
	}
	if given == "" {
		return p, nil
	}
	var c cursor
	decoded, err := base64.RawURLEncoding.DecodeString(given)
	if err != nil || json.Unmarshal(decoded, &c) != nil {
		return nil, invalidInput("Invalid page_cursor")
	}
	if c.Query != ex.queryDigest() {
		return nil, invalidInput("page_cursor was issued for other parameters")
	}
	p.after = c.After
	return p, nil
}

// isFull takes note that there is one more thing for the list, and reports whether it belongs on a page after this one.
func (p *page) isFull() bool {
	p.more = len(p.shapes) == p.limit
	return p.more
}

// add puts a thing on a page that is not full. It wants those of rows after p.after that pass the list's filters, in order.
func (p *page) add(number int, shape any) {
	p.last = number
	p.shapes = append(p.shapes, shape)
}

func (p *page) body(name string) body {
	next := shapedPagination{HasNextPage: p.more}
	if p.more {
		next.NextPageCursor, next.NextPageURL = p.ex.nextPage(p.last)
	}
	return body{name: p.shapes, "pagination": next}
}

// nextPage returns the cursor of the page after the row last, and the URL that asks
// for it.
func (ex *exchange) nextPage(last int) (token, address *string) {
	encoded, err := json.Marshal(cursor{After: last, Query: ex.queryDigest()})
	if err != nil {
		panic(err) // an int and a string
	}
	next := base64.RawURLEncoding.EncodeToString(encoded)
	query := url.Values{"page_cursor": {next}}
	for name, value := range ex.otherParameters() {
		query.Set(name, value)
	}
	link := ex.origin + ex.call.Path + "?" + query.Encode()
	return &next, &link
}

// queryDigest tells lists apart: a cursor is good for the one that it came from.
func (ex *exchange) queryDigest() string {
	parameters := ex.otherParameters()
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s", ex.call.WorkspaceID, ex.call.Path)
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		fmt.Fprintf(sum, " %q=%q", name, parameters[name])
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// otherParameters are all but page_cursor, spelled the same whether they came in
// a query or as JSON.
func (ex *exchange) otherParameters() map[string]string {
	parameters := map[string]string{}
	for name, value := range ex.in.values {
		if name != "page_cursor" {
			parameters[name] = fmt.Sprint(value)
		}
	}
	return parameters
}
