package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// place is a fake with somebody in it: Seam's own, or ours.
type place struct{ URL, APIKey, PersonalToken, Workspace, User string }

// question is a request in words that hold in any place: {User} and the like stand for what is there.
type question struct {
	name, method, target, token, body string
	header                            map[string]string
}

const (
	asText = "text/plain"
	noID   = `{"acs_user_id":"` + unknownID + `"}`
)

func content(contentType string) map[string]string {
	return map[string]string{"Content-Type": contentType}
}

func inWorkspace(id string) map[string]string { return map[string]string{"seam-workspace": id} }

// questions are about what Seam's fake knows: authentication, workspaces and ACS users.
var questions = []question{
	{name: "API key", target: "/workspaces/get"},
	{name: "API key, with its workspace", target: "/workspaces/get", header: inWorkspace("{Workspace}")},
	{name: "API key, with a foreign workspace", target: "/workspaces/get", header: inWorkspace(unknownID)},
	{name: "personal access token, with workspace", target: "/workspaces/get", token: "{PersonalToken}", header: inWorkspace("{Workspace}")},
	{name: "personal access token, without workspace", target: "/workspaces/get", token: "{PersonalToken}"},
	{name: "personal access token, with a foreign workspace", target: "/workspaces/get", token: "{PersonalToken}", header: inWorkspace(unknownID)},
	{name: "unknown key", target: "/workspaces/get", token: unknownKey},
	{name: "unknown personal access token, with workspace", target: "/workspaces/get", token: "seam_at_nobody", header: inWorkspace("{Workspace}")},
	{name: "client session token", target: "/workspaces/get", token: "seam_cst_nobody"},
	{name: "publishable key", target: "/workspaces/get", token: "seam_pk_nobody"},
	{name: "no token", target: "/workspaces/get", token: "none"},
	{name: "no token, with a wrong method", method: "PUT", target: "/acs/users/get", token: "none"},
	{name: "no token, with a wrong content type", method: "POST", target: "/acs/users/get", token: "none", header: content(asText), body: noID},
	{name: "no token, with an unknown route", target: "/acs/userz/get", token: "none"},

	{name: "workspace by POST", method: "POST", target: "/workspaces/get", header: content(jsonType), body: "{}"},
	{name: "workspace by POST, nothing sent", method: "POST", target: "/workspaces/get"},
	{name: "workspace by POST of text", method: "POST", target: "/workspaces/get", header: content(asText), body: "{}"},
	{name: "unknown query parameter", target: "/workspaces/get?colour=red"},
	{name: "unknown route", target: "/acs/userz/get"},
	{name: "credential route", target: "/acs/credentials/get?acs_credential_id=" + unknownID},
	{name: "user identity route", target: "/user_identities/get?user_identity_id=" + unknownID},
	{name: "method PUT", method: "PUT", target: "/workspaces/get", header: content(jsonType), body: "{}"},
	{name: "method DELETE", method: "DELETE", target: "/acs/users/get"},

	{name: "user", target: "/acs/users/get?acs_user_id={User}"},
	{name: "user by POST", method: "POST", target: "/acs/users/get", header: content(jsonType), body: `{"acs_user_id":"{User}"}`},
	{name: "user by POST, with a charset", method: "POST", target: "/acs/users/get", header: content(jsonType + "; charset=utf-8"), body: `{"acs_user_id":"{User}"}`},
	{name: "user by POST with a query", method: "POST", target: "/acs/users/get?acs_user_id={User}"},
	{name: "user by POST of text", method: "POST", target: "/acs/users/get", header: content(asText), body: noID},
	{name: "user by POST of a form", method: "POST", target: "/acs/users/get", header: content("application/x-www-form-urlencoded"), body: "acs_user_id={User}"},
	{name: "user by POST without content type", method: "POST", target: "/acs/users/get", body: noID},
	{name: "user by POST of broken JSON", method: "POST", target: "/acs/users/get", header: content(jsonType), body: "{"},
	{name: "user by POST of a list", method: "POST", target: "/acs/users/get", header: content(jsonType), body: "[]"},
	{name: "user by POST of null", method: "POST", target: "/acs/users/get", header: content(jsonType), body: "null"},
	{name: "unknown user", target: "/acs/users/get?acs_user_id=" + unknownID},
	{name: "unknown user by POST", method: "POST", target: "/acs/users/get", header: content(jsonType), body: noID},
	{name: "user of no ID", target: "/acs/users/get"},
	{name: "user of an empty ID", target: "/acs/users/get?acs_user_id="},
	{name: "user of an ID that is no UUID", target: "/acs/users/get?acs_user_id=guest"},
	{name: "user of an ID that is a number", method: "POST", target: "/acs/users/get", header: content(jsonType), body: `{"acs_user_id":5}`},
	{name: "user of an ID that is null", method: "POST", target: "/acs/users/get", header: content(jsonType), body: `{"acs_user_id":null}`},
	{name: "users", target: "/acs/users/list"},
	{name: "users by POST", method: "POST", target: "/acs/users/list", header: content(jsonType), body: "{}"},
}

func TestTheFakeAnswersAsSeamsOwnDoes(t *testing.T) {
	theirs, ours := seamsFake(t), ourFake(t)
	listed := listedDifferences(t)
	for _, q := range questions {
		is := difference{theirs: theirs.ask(t, q), ours: ours.ask(t, q)}
		was, known := listed[q.name]
		delete(listed, q.name)
		switch {
		case is.theirs == is.ours && known:
			t.Errorf("%s: both answer %s: take it out of DIFFERENCES.md", q.name, is.ours)
		case is.theirs != is.ours && !known:
			t.Errorf("%s: Seam's fake answers %s, ours %s: mend ours, or list it in DIFFERENCES.md", q.name, is.theirs, is.ours)
		case known && is != was:
			t.Errorf("%s: Seam's fake answers %s, ours %s, which is not what DIFFERENCES.md says", q.name, is.theirs, is.ours)
		}
	}
	for name := range listed {
		t.Errorf("%s: DIFFERENCES.md lists a question that is not asked", name)
	}
}

type difference struct{ theirs, ours string }

// listedDifferences reads the table of DIFFERENCES.md. Each has a reason.
func listedDifferences(t *testing.T) map[string]difference {
	t.Helper()
	text, err := os.ReadFile("DIFFERENCES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "|---|---|---|---|\n")
	if !found {
		t.Fatal("DIFFERENCES.md has no table")
	}
	listed := map[string]difference{}
	for row := range strings.Lines(table) {
		if !strings.HasPrefix(row, "|") {
			break
		}
		cells := strings.Split(strings.Trim(row, "| \n"), "|")
		if len(cells) != 4 || strings.TrimSpace(cells[3]) == "" {
			t.Fatalf("DIFFERENCES.md: a row is not question, answer, answer, reason: %s", row)
		}
		cell := func(i int) string { return strings.Trim(cells[i], " `") }
		listed[cell(0)] = difference{cell(1), cell(2)}
	}
	return listed
}

func (p place) ask(t *testing.T, q question) string {
	t.Helper()
	fill := strings.NewReplacer("{Workspace}", p.Workspace, "{PersonalToken}", p.PersonalToken, "{User}", p.User)
	r, err := http.NewRequestWithContext(t.Context(), q.method, p.URL+fill.Replace(q.target), strings.NewReader(fill.Replace(q.body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range q.header {
		r.Header.Set(name, fill.Replace(value))
	}
	switch q.token {
	case "":
		r.Header.Set("Authorization", "Bearer "+p.APIKey)
	case "none":
	default:
		r.Header.Set("Authorization", "Bearer "+fill.Replace(q.token))
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatalf("%s: %v", q.name, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s: %v", q.name, err)
	}
	return outline(response, body)
}

// outline tells status and envelope of an answer, as in "404 acs_user_not_found {error{message,type},ok:false}". A
// stack trace, which Seam's fake has for its developers, is left out.
func outline(response *http.Response, body []byte) string {
	told := fmt.Sprint(response.StatusCode)
	if !strings.HasPrefix(response.Header.Get("Content-Type"), jsonType) {
		told += " text"
	} else {
		var envelope map[string]any
		if err := json.Unmarshal(body, &envelope); err != nil {
			return told + " broken JSON"
		}
		failure, _ := envelope["error"].(map[string]any)
		delete(failure, "stack")
		if kind, ok := failure["type"].(string); ok {
			told += " " + kind
		}
		told += " " + keys(envelope)
	}
	if response.Header.Get("seam-request-id") == "" {
		told += ", no request ID"
	}
	return told
}

func keys(envelope map[string]any) string {
	var told []string
	for _, name := range slices.Sorted(maps.Keys(envelope)) {
		switch value := envelope[name].(type) {
		case bool:
			name += fmt.Sprintf(":%v", value)
		case map[string]any:
			if name == "error" {
				name += keys(value)
			}
		}
		told = append(told, name)
	}
	return "{" + strings.Join(told, ",") + "}"
}

func ourFake(t *testing.T) place {
	t.Helper()
	w := newWorld()
	server := httptest.NewServer(w.fake)
	t.Cleanup(server.Close)
	return place{server.URL, apiKey, personalToken, workspaceID, w.User}
}

// seamsFake lives as long as the pipe into its script is open, and so no longer than this test.
func seamsFake(t *testing.T) place {
	t.Helper()
	command := exec.Command("node", "seam-fake.js")
	command.Env = []string{"PATH=" + os.Getenv("PATH")}
	var complaints bytes.Buffer
	command.Stderr = &complaints
	leave, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
	t.Cleanup(func() {
		stuck.Stop()
		_ = leave.Close()
		_ = command.Wait()
	})
	var there place
	if err := json.NewDecoder(said).Decode(&there); err != nil {
		t.Fatalf("node seam-fake.js did not start: %v\n%s", err, complaints.String())
	}
	return there
}
