package fakeseam

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// token is a secret that opens workspaces. Its label stands for it in the journal.
type token struct {
	label      string
	workspaces []string
	personal   bool // needs the header seam-workspace
	revoked    bool
}

// Tokens are the tokens that open workspaces.
type Tokens struct {
	shared     *shared
	workspaces *Workspaces
	known      map[string]token // by secret
}

// AddAPIKey lets token open one workspace, the first one if workspaceID is empty.
func (ts *Tokens) AddAPIKey(token, workspaceID string) {
	defer ts.shared.enter()()
	ts.add(token, false, []string{workspaceID})
}

// AddPersonalAccessToken lets token open each of the workspaces that the header
// seam-workspace may name.
func (ts *Tokens) AddPersonalAccessToken(token string, workspaceIDs ...string) {
	defer ts.shared.enter()()
	ts.add(token, true, workspaceIDs)
}

// add makes a secret usable, again too. A known one keeps its label, under which the
// journal has it.
func (ts *Tokens) add(secret string, personal bool, workspaceIDs []string) {
	t := token{personal: personal, label: ts.nextLabel(personal)}
	if known, ok := ts.known[secret]; ok {
		t.label = known.label
	}
	for _, id := range workspaceIDs {
		t.workspaces = append(t.workspaces, ts.workspaces.ensureWorkspace(id))
	}
	ts.known[secret] = t
}

func (ts *Tokens) nextLabel(personal bool) string {
	n := 1
	for _, t := range ts.known {
		if t.personal == personal {
			n++
		}
	}
	if personal {
		return fmt.Sprintf("personal access token %d", n)
	}
	return fmt.Sprintf("api key %d", n)
}

// RevokeToken makes a token as good as unknown, until it is added again.
func (ts *Tokens) RevokeToken(token string) {
	defer ts.shared.enter()()
	t, ok := ts.known[token]
	if !ok {
		return
	}
	t.revoked = true
	ts.known[token] = t
}

// unusableTokens are the kinds of secrets that Seam issues for other purposes
// than calling these routes.
var unusableTokens = []struct{ prefix, name string }{
	{"seam_cst", "client session token"},
	{"seam_pk", "publishable key"},
	{"ey", "JWT"},
}

// authenticate finds out which workspace the call may see. It labels the token
// in the call even when it refuses it.
func (ts *Tokens) authenticate(call *Call, header http.Header) error {
	secret, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
	if !ok || secret == "" {
		call.TokenLabel = "no token"
		return unauthorized("No bearer token in the Authorization header")
	}
	call.token, call.TokenLabel = secret, "unknown token"
	for _, kind := range unusableTokens {
		if strings.HasPrefix(secret, kind.prefix) {
			call.TokenLabel = kind.name
			return unauthorized("A " + kind.name + " was used instead of an API key")
		}
	}
	t, known := ts.known[secret]
	if known {
		call.TokenLabel = t.label
	}
	if !known || t.revoked {
		return unauthorized("Unknown API key or access token")
	}
	return t.open(call, header.Get("seam-workspace"))
}

// open chooses the token's workspace. An API key has one, whatever is asked for.
func (t token) open(call *Call, asked string) error {
	asked = strings.ToLower(asked)
	switch {
	case !t.personal:
		call.WorkspaceID = t.workspaces[0]
	case asked == "":
		return refusal{status: http.StatusUnauthorized, kind: "missing_workspace_id",
			message: "A personal access token needs the header seam-workspace"}
	case !slices.Contains(t.workspaces, asked):
		return unauthorized("This access token may not use that workspace")
	default:
		call.WorkspaceID = asked
	}
	return nil
}

func unauthorized(message string) error {
	return refusal{status: http.StatusUnauthorized, kind: "unauthorized", message: message}
}
