package conformance

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
)

// published is loaded once: node takes a while to print it.
var published *schema

func TestMain(m *testing.M) {
	var err error
	if published, err = loadSchema(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	m.Run()
}

func get(target string) wire {
	return wire{method: http.MethodGet, target: target, header: http.Header{"Authorization": {"Bearer " + apiKey}}}
}

func patch(target, body string) wire {
	return wire{method: http.MethodPatch, target: target, body: []byte(body),
		header: http.Header{"Authorization": {"Bearer " + apiKey}, "Content-Type": {"application/json"}}}
}

func (w wire) with(header, value string) wire {
	w.header = w.header.Clone()
	w.header.Set(header, value)
	return w
}

func (w wire) answered(status int, body string) wire {
	w.status, w.answer = status, []byte(body)
	w.answerHeader = http.Header{"Content-Type": {"application/json"}, "Seam-Request-Id": {unknownID}}
	return w
}

const (
	noAuthentication = "security requirements failed: no pat_with_workspace"
	assignPath       = "/acs/credentials/assign"
	byUser           = `{"acs_credential_id":"` + unknownID + `","acs_user_id":"` + unknownID + `"}`
	askedWith        = "/acs/credentials/get?acs_credential_id="
	askedRight       = askedWith + unknownID
	identityGet      = "/user_identities/get"
)

func TestARequestOutsideSeamsSchemaIsNamed(t *testing.T) {
	good := patch(assignPath, byUser)
	identity := patch(identityGet, `{"user_identity_id":"`+unknownID+`"}`)
	identity.method = http.MethodPost
	list := func(body string) wire {
		asked := identity
		asked.target, asked.body = "/acs/credentials/list", []byte(body)
		return asked
	}
	for name, c := range map[string]struct {
		wire wire
		want string // "" for none
	}{
		"an assign as it should be":         {good, ""},
		"a read as it should be":            {get(askedRight), ""},
		"a POST read as it should be":       {identity, ""},
		"a personal access token":           {good.with("Authorization", "Bearer "+personalToken).with("seam-workspace", workspaceID), ""},
		"an extra body field":               {patch(assignPath, strings.Replace(byUser, "{", `{"force":true,`, 1)), `property "force" is unsupported`},
		"a body field misspelt":             {patch(assignPath, strings.Replace(byUser, "acs_user_id", "acs_userid", 1)), `property "acs_userid" is unsupported`},
		"no credential":                     {patch(assignPath, `{"acs_user_id":"`+unknownID+`"}`), `property "acs_credential_id" is missing`},
		"both persons":                      {patch(assignPath, strings.Replace(byUser, "{", `{"user_identity_id":"`+unknownID+`",`, 1)), "exactly one of"},
		"nobody":                            {patch(assignPath, `{"acs_credential_id":"`+unknownID+`"}`), "exactly one of"},
		"an ID that is no UUID":             {patch(assignPath, strings.Replace(byUser, unknownID, "guest", 1)), `"uuid"`},
		"no body":                           {patch(assignPath, ""), "request body"},
		"a wrong content type":              {identity.with("Content-Type", "text/plain"), `"text/plain"`},
		"an unknown path":                   {patch("/acs/credentials/assing", byUser), `path "/acs/credentials/assing" is not in Seam's schema`},
		"a method not declared":             {patch(askedRight, ""), "method PATCH is not in Seam's schema"},
		"a header":                          {good.with("Idempotency-Key", "1"), `header "Idempotency-Key" is not known to Seam`},
		"a renamed query parameter":         {get("/acs/credentials/get?credential_id=" + unknownID), `query parameter "credential_id" is not in Seam's schema`},
		"a query parameter left out":        {get("/acs/credentials/get"), `query parameter "acs_credential_id": value is required`},
		"a query parameter that is no UUID": {get(askedWith + "card"), `query parameter "acs_credential_id": string doesn't match the format "uuid"`},
		"a query parameter given twice":     {get(askedRight + "&acs_credential_id=" + unknownID), "is given 2 times"},
		"a query with a write":              {patch(assignPath+"?acs_user_id="+unknownID, byUser), `query parameter "acs_user_id" is not in Seam's schema`},
		"a body with a GET":                 {wire{method: "GET", target: askedRight, header: good.header, body: []byte(byUser)}, "a body is sent"},
		"no token":                          {get(askedRight).with("Authorization", ""), noAuthentication},
		"another scheme than bearer":        {get(askedRight).with("Authorization", "Basic "+apiKey), noAuthentication},
		"a client session token":            {get(askedRight).with("Authorization", "Bearer seam_cst_x"), noAuthentication},
		"a publishable key":                 {get(askedRight).with("Authorization", "Bearer seam_pk_x"), noAuthentication},
		"a JWT":                             {get(askedRight).with("Authorization", "Bearer eyx"), noAuthentication},
		"a list as it should be":            {list(`{"limit":500}`), ""},
		"a list of everything":              {list(`{}`), ""},
		"a further page":                    {list(`{"limit":500,"page_cursor":"c2"}`), ""},
		"a list of a person's":              {list(`{"limit":500,"acs_user_id":"` + unknownID + `"}`), ""},
		"a limit that is text":              {list(`{"limit":"500"}`), "oneOf"},
		"a cursor that is a number":         {list(`{"page_cursor":2}`), "oneOf"},
		"a misspelt cursor":                 {list(`{"cursor":"c2"}`), "oneOf"},
		"a list of two kinds of persons":    {list(`{"acs_user_id":"` + unknownID + `","user_identity_id":"` + unknownID + `"}`), "oneOf"},
		"a personal token alone":            {get(askedRight).with("Authorization", "Bearer "+personalToken), noAuthentication},
		"an API key with a workspace":       {get(askedRight).with("seam-workspace", workspaceID), noAuthentication},
	} {
		t.Run(name, func(t *testing.T) { expectComplaint(t, published.judgeRequest(t.Context(), c.wire), c.want) })
	}
}

func TestAnAnswerOutsideSeamsSchemaIsNamed(t *testing.T) {
	const id = `"` + unknownID + `"`
	const credential = `{"acs_credential_id":` + id + `,"connected_account_id":` + id + `,"acs_system_id":` + id +
		`,"display_name":"Key","access_method":"code","created_at":"2026-01-01T00:00:00.000Z","workspace_id":` + id +
		`,"errors":[],"warnings":[],"is_managed":true}`
	const whole = `{"acs_credential":` + credential + `,"ok":true}`
	const refused = `{"error":{"type":"acs_credential_not_found","message":"no"},"ok":false}`
	read, write := get(askedRight), patch(assignPath, byUser)
	plain := read.answered(404, refused)
	plain.answerHeader = http.Header{"Content-Type": {"text/plain"}, "Seam-Request-Id": {unknownID}}
	anonymous := read.answered(404, refused)
	anonymous.answerHeader = http.Header{"Content-Type": {"application/json"}}
	for name, c := range map[string]struct {
		wire wire
		want string
	}{
		"a credential":              {read.answered(200, whole), ""},
		"a write with a credential": {write.answered(200, whole), ""},
		"a void write":              {write.answered(200, `{}`), ""},
		"an empty write":            {write.answered(200, ``), ""},
		"a refusal":                 {read.answered(404, refused), ""},
		"an outage":                 {read.answered(503, ``), ""},
		"a void read":               {read.answered(200, `{}`), `property "acs_credential" is missing`},
		"an empty read":             {read.answered(200, ``), "response body"},
		"no ok":                     {write.answered(200, `{"acs_credential":`+credential+`}`), `property "ok" is missing`},
		"ok is false":               {read.answered(200, strings.Replace(whole, `"ok":true`, `"ok":false`, 1)), `"ok" is false`},
		"an unknown field":          {read.answered(200, strings.Replace(whole, `"is_managed"`, `"colour":"red","is_managed"`, 1)), `property "colour" is unsupported`},
		"a field of another type":   {read.answered(200, strings.Replace(whole, `"errors":[]`, `"errors":{}`, 1)), "acs_credential.errors"},
		"a value outside the enum":  {read.answered(200, strings.Replace(whole, `"code"`, `"key_hole"`, 1)), "acs_credential.access_method"},
		"a time that is none":       {read.answered(200, strings.Replace(whole, `2026-01-01T00:00:00.000Z`, `yesterday`, 1)), "acs_credential.created_at"},
		"an undeclared status":      {read.answered(418, refused), "status 418 is neither"},
		"an accepted status":        {write.answered(202, ``), "status 202 is neither"},
		"a refusal without ok":      {read.answered(404, strings.Replace(refused, `,"ok":false`, ``, 1)), `no "ok": false`},
		"a refusal without type":    {read.answered(400, strings.Replace(refused, `"type":"acs_credential_not_found",`, ``, 1)), `no error.type`},
		"a refusal without message": {read.answered(401, strings.Replace(refused, `,"message":"no"`, ``, 1)), `no error.message`},
		"a refusal with more":       {read.answered(404, strings.Replace(refused, `"ok"`, `"code":1,"ok"`, 1)), `unknown field "code"`},
		"a refusal as text":         {plain, "its content type is not application/json"},
		"a refusal without a name":  {anonymous, "no header seam-request-id"},
		"HTML":                      {read.answered(500, `<html>`), "error envelope of status 500"},
	} {
		t.Run(name, func(t *testing.T) { expectComplaint(t, published.judgeAnswer(t.Context(), c.wire), c.want) })
	}
}

func expectComplaint(t *testing.T, got []string, want string) {
	t.Helper()
	all := strings.Join(got, "\n")
	if want == "" && len(got) > 0 {
		t.Errorf("expected no complaint, got:\n%s", all)
	}
	if !strings.Contains(all, want) {
		t.Errorf("expected a complaint with %q, got:\n%s", want, all)
	}
}
