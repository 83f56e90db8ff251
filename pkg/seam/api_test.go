package seam

import (
	"context"
	"testing"
	"time"
)

func TestPersonalAccessTokenNeedsItsWorkspace(t *testing.T) {
	api, err := New(Options{Endpoint: "https://seam.example"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.Client(mustParse(t, personal), "")
	const want = "a personal access token needs the workspace it is for: set spec.workspaceID"
	if !IsTokenError(err) || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if _, err = api.Client(mustParse(t, personal), "x\r\nX-Evil: 1"); err == nil {
		t.Error("a workspace ID with a line break was accepted")
	}
	if _, err = api.Client(mustParse(t, apiKey), ""); err != nil {
		t.Errorf("API key without workspace: %v", err)
	}
	if _, err = api.Client(Token{}, workspaceID); !IsTokenError(err) {
		t.Errorf("zero token: %v", err)
	}
}

func TestWorkspaceIsNamedWithPersonalAccessTokensOnly(t *testing.T) {
	fake := startSeam(t, says(200, `{}`))
	for token, want := range map[string]string{personal: workspaceID, apiKey: ""} {
		client := clientWith(t, Options{Endpoint: fake.URL}, token)
		if _, err := client.AssignCredential(context.Background(), assignAlice); err != nil {
			t.Fatal(err)
		}
		requests := fake.requests()
		header := requests[len(requests)-1].header
		if got := header.Get("seam-workspace"); got != want {
			t.Errorf("seam-workspace %q, want %q", got, want)
		}
		if got := header.Get("Authorization"); got != "Bearer "+token {
			t.Errorf("Authorization %q", got)
		}
	}
}

func TestEachRequestIsObservedOnce(t *testing.T) {
	fake := startSeam(t, says(404, ""))
	var got []Observation
	observe := func(o Observation) { got = append(got, o) }
	client := clientWith(t, Options{Endpoint: fake.URL, Observe: observe}, apiKey)

	calls(client)
	fake.Close()
	_, _ = client.GetWorkspace(context.Background())
	done, cancel := context.WithCancel(context.Background())
	cancel()
	_, _ = client.GetWorkspace(done) // makes no request

	want := []Observation{{Operation: "assign_credential", Code: "404"}, {Operation: "get_credential", Code: "404"},
		{Operation: "get_workspace", Code: "error"}}
	if len(got) != len(want) {
		t.Fatalf("observed %v", got)
	}
	for i, o := range got {
		if o.Duration <= 0 || o.Duration > time.Minute {
			t.Errorf("took %v", o.Duration)
		}
		if o.Duration = 0; o != want[i] {
			t.Errorf("observed %v, want %v", o, want[i])
		}
	}
}
