package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

const jsonType = "application/json"

// wire is one exchange as it was seen between client and server.
type wire struct {
	method, target string // target is path and query
	header         http.Header
	body           []byte
	status         int
	answerHeader   http.Header
	answer         []byte
}

func (w wire) request() *http.Request {
	target, err := url.Parse(w.target)
	if err != nil {
		panic(err) // it arrived, so it parses
	}
	return &http.Request{Method: w.method, URL: target, Header: w.header.Clone(), Body: io.NopCloser(bytes.NewReader(w.body))}
}

// knownHeaders are what a request may have: those of HTTP itself, and the two that Seam's security schemes name.
var knownHeaders = []string{"Accept", "Accept-Encoding", "Authorization", "Content-Length", "Content-Type", "Seam-Workspace", "User-Agent"}

// judgeRequest tells everything about a request that Seam's schema does not know.
func (s *schema) judgeRequest(ctx context.Context, w wire) []string {
	r := w.request()
	operation, complaint := s.operation(r)
	if operation == nil {
		return []string{complaint}
	}
	var complaints []string
	for name := range w.header {
		if !slices.Contains(knownHeaders, name) {
			complaints = append(complaints, fmt.Sprintf("header %q is not known to Seam", name))
		}
	}
	for name, values := range r.URL.Query() {
		if operation.Parameters.GetByInAndName("query", name) == nil {
			complaints = append(complaints, fmt.Sprintf("query parameter %q is not in Seam's schema", name))
		} else if len(values) > 1 {
			complaints = append(complaints, fmt.Sprintf("query parameter %q is given %d times", name, len(values)))
		}
	}
	if operation.RequestBody == nil && len(w.body) > 0 {
		complaints = append(complaints, "a body is sent where Seam's schema has none")
	}
	if slices.Contains(writes, r.URL.Path) {
		complaints = append(complaints, judgePersons(w.body)...)
	}
	err := openapi3filter.ValidateRequest(ctx, s.input(r, operation))
	return append(complaints, tell(err)...)
}

// writes take one person: "You can only provide one of acs_user_id or user_identity_id", their descriptions say, and
// the schema does not.
var writes = []string{"/acs/credentials/assign", "/acs/credentials/unassign"}

func judgePersons(body []byte) []string {
	var persons struct {
		User     string `json:"acs_user_id"`
		Identity string `json:"user_identity_id"`
	}
	if err := json.Unmarshal(body, &persons); err != nil || (persons.User == "") != (persons.Identity == "") {
		return nil // the validator has more to say about a body that is none
	}
	return []string{fmt.Sprintf("exactly one of acs_user_id and user_identity_id is needed, got %q and %q", persons.User, persons.Identity)}
}

func (s *schema) operation(r *http.Request) (*openapi3.Operation, string) {
	item := s.doc.Paths.Value(r.URL.Path)
	if item == nil {
		return nil, fmt.Sprintf("path %q is not in Seam's schema", r.URL.Path)
	}
	operation := item.GetOperation(r.Method)
	if operation == nil {
		return nil, fmt.Sprintf("method %s is not in Seam's schema", r.Method)
	}
	return operation, ""
}

func (s *schema) input(r *http.Request, operation *openapi3.Operation) *openapi3filter.RequestValidationInput {
	return &openapi3filter.RequestValidationInput{
		Request: r,
		Route: &routers.Route{Spec: s.doc, Path: r.URL.Path, PathItem: s.doc.Paths.Value(r.URL.Path),
			Method: r.Method, Operation: operation},
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true, AuthenticationFunc: authenticated},
	}
}

// tokenKind finds the beginning by which Seam's SDKs tell tokens apart.
var tokenKind = regexp.MustCompile(`^seam_(at|cst|pk)?`)

// authenticated knows the two of Seam's security schemes that the operator uses.
func authenticated(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	header := input.RequestValidationInput.Request.Header
	token, bearer := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	kind := tokenKind.FindString(token)
	workspaces := len(header.Values("seam-workspace"))
	switch {
	case !bearer:
	case input.SecuritySchemeName == "api_key" && kind == "seam_" && workspaces == 0:
		return nil
	case input.SecuritySchemeName == "pat_with_workspace" && kind == "seam_at" && workspaces == 1:
		return nil
	}
	return errors.New("no " + input.SecuritySchemeName)
}

// judgeAnswer tells what about an answer Seam's schema does not promise.
func (s *schema) judgeAnswer(ctx context.Context, w wire) []string {
	if w.status != http.StatusOK {
		return judgeError(w)
	}
	r := w.request()
	operation, _ := s.operation(r)
	if operation == nil {
		return []string{"answered 200 to what Seam's schema does not have"}
	}
	if isVoid(w, operation) {
		return nil
	}
	complaints := tell(openapi3filter.ValidateResponse(ctx, &openapi3filter.ResponseValidationInput{
		RequestValidationInput: s.input(r, operation), Status: w.status, Header: w.answerHeader,
		Body: io.NopCloser(bytes.NewReader(w.answer)), Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	}))
	var envelope struct{ OK *bool }
	if json.Unmarshal(w.answer, &envelope) == nil && envelope.OK != nil && !*envelope.OK {
		complaints = append(complaints, `"ok" is false in an answer of status 200`)
	}
	return complaints
}

// isVoid is the first exception: Seam documents assign and unassign as void, which its OpenAPI notes by a null
// response key only. {} and nothing at all pass for them.
func isVoid(w wire, operation *openapi3.Operation) bool {
	key, void := operation.Extensions["x-response-key"]
	return void && key == nil && (len(w.answer) == 0 || string(w.answer) == "{}")
}

// undeclared is the second exception: Seam's OpenAPI declares 200, 400 and 401 only, and no body for the latter two.
// These come too, as Seam's SDKs and its fake show.
var undeclared = []int{
	http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusConflict,
	http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

// fromOutside is the third exception: what answers in front of Seam's own code sends no envelope. Nothing else may
// come without one.
var fromOutside = map[int][]string{
	http.StatusBadRequest:         {"Invalid JSON"},
	http.StatusNotFound:           {"Not Found"},
	http.StatusServiceUnavailable: {""},
}

// judgeError checks the error envelope, which Seam's SDKs read and its OpenAPI leaves out.
func judgeError(w wire) []string {
	if w.status != http.StatusBadRequest && w.status != http.StatusUnauthorized && !slices.Contains(undeclared, w.status) {
		return []string{fmt.Sprintf("status %d is neither in Seam's schema nor a listed exception", w.status)}
	}
	if slices.Contains(fromOutside[w.status], string(w.answer)) {
		return nil
	}
	var envelope struct {
		Error *struct {
			Type             *string         `json:"type"`
			Message          *string         `json:"message"`
			Data             json.RawMessage `json:"data"`
			ValidationErrors json.RawMessage `json:"validation_errors"`
		} `json:"error"`
		OK *bool `json:"ok"`
	}
	decoder := json.NewDecoder(bytes.NewReader(w.answer))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&envelope); err != nil {
		return []string{fmt.Sprintf("error envelope of status %d: %v", w.status, err)}
	}
	var complaints []string
	expect := func(holds bool, what string) {
		if !holds {
			complaints = append(complaints, fmt.Sprintf("error envelope of status %d: %s", w.status, what))
		}
	}
	expect(envelope.OK != nil && !*envelope.OK, `no "ok": false`)
	expect(envelope.Error != nil && envelope.Error.Type != nil && *envelope.Error.Type != "", "no error.type")
	expect(envelope.Error != nil && envelope.Error.Message != nil, "no error.message")
	expect(strings.HasPrefix(w.answerHeader.Get("Content-Type"), jsonType), "its content type is not application/json")
	expect(w.answerHeader.Get("seam-request-id") != "", "no header seam-request-id")
	return complaints
}

// tell unfolds the validator's errors into one line each.
func tell(err error) []string {
	var many openapi3.MultiError
	var schemaError *openapi3.SchemaError
	var request *openapi3filter.RequestError
	var response *openapi3filter.ResponseError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &many) && !errors.As(err, &request) && !errors.As(err, &response):
		var told []string
		for _, one := range many {
			told = append(told, tell(one)...)
		}
		return told
	case errors.As(err, &request) && request.Parameter != nil:
		return []string{fmt.Sprintf("%s parameter %q: %s", request.Parameter.In, request.Parameter.Name, cause(request.Err))}
	case errors.As(err, &schemaError):
		return []string{strings.TrimSpace("body "+strings.Join(schemaError.JSONPointer(), ".")) + ": " + schemaError.Reason}
	}
	return []string{strings.Join(strings.Fields(err.Error()), " ")}
}

func cause(err error) string {
	var schemaError *openapi3.SchemaError
	if errors.As(err, &schemaError) {
		return schemaError.Reason
	}
	return err.Error()
}
