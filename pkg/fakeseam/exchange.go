package fakeseam

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxRequest is the number of bytes of a request that are read. Seam's own limit
// is not known; no real request comes near.
const maxRequest = 1 << 20

// exchange is one call on its way to an answer.
type exchange struct {
	call        *Call
	header      http.Header
	origin      string // of next_page_url
	in          *input
	foreignBody bool  // there is a body that is not declared as JSON
	refused     error // found before the operation
}

// receive reads a request. What is wrong with it is kept for later, since even a
// hopeless call is logged, and may meet a Fault.
func receive(r *http.Request) *exchange {
	ex := &exchange{
		call: &Call{Method: r.Method, Path: r.URL.Path, Operation: routes[r.URL.Path].operation,
			UserAgent: r.UserAgent()},
		header: r.Header,
		origin: origin(r),
	}
	values, err := ex.parameters(r)
	ex.in = &input{values: values}
	ex.refused = err
	if _, known := routes[r.URL.Path]; !known {
		ex.refused = plainRefusal{http.StatusNotFound, "Not Found"}
	}
	ex.call.CredentialID = ex.in.loose("acs_credential_id")
	ex.call.ACSUserID = ex.in.loose("acs_user_id")
	ex.call.UserIdentityID = ex.in.loose("user_identity_id")
	return ex
}

// parameters reads the query of a read, and the JSON body of anything but a GET.
// A write has no query: an ID in it counts as missing.
func (ex *exchange) parameters(r *http.Request) (map[string]any, error) {
	values := map[string]any{}
	if !isWrite(ex.call.Operation) {
		fromQuery(values, r.URL.Query())
	}
	content, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	switch {
	case err != nil:
		return values, plainRefusal{http.StatusBadRequest, "Invalid body"}
	case len(content) > maxRequest:
		return values, plainRefusal{http.StatusRequestEntityTooLarge, "Body exceeded 1mb limit"}
	case r.Method == http.MethodGet || len(content) == 0:
		return values, nil
	case !isJSON(r.Header):
		ex.foreignBody = true
		return values, nil
	case !json.Valid(content):
		return values, plainRefusal{http.StatusBadRequest, "Invalid JSON"}
	}
	return values, fromJSON(values, content)
}

func fromQuery(values map[string]any, query url.Values) {
	for name := range query {
		values[name] = query.Get(name)
	}
}

// fromJSON adds the members of a JSON object; they win over the query's. Seam's
// validator refuses null and lists in the same words as anything else.
func fromJSON(values map[string]any, content []byte) error {
	var object map[string]any
	if err := json.Unmarshal(content, &object); err != nil || !bytes.HasPrefix(bytes.TrimSpace(content), []byte("{")) {
		r := invalidInput("Expected object")
		r.issues = map[string][]string{"": {r.message}}
		return r
	}
	for name, value := range object {
		values[name] = value
	}
	return nil
}

func isJSON(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && strings.EqualFold(mediaType, "application/json")
}

func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
