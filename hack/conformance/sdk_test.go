package conformance

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// The IDs in the documentation's examples of assign.
const (
	documentedIdentity   = "1082e2e8-ecbd-4ef1-aa61-a805f7ae2f01"
	documentedCredential = "59c9af06-7881-46d2-8d9b-3eda964c058b"
)

// writeAnswers are what a write may answer: Seam's schema promises a credential, its documentation {} or nothing.
var writeAnswers = map[string]struct {
	behaviour fakeseam.Behaviour
	pattern   string // of the tests that care
}{
	"credential": {fakeseam.Behaviour{}, "."},
	"{}":         {fakeseam.Behaviour{VoidAnswers: true}, "assign"},
	"nothing":    {fakeseam.Behaviour{EmptyAnswers: true}, "assign"},
}

func TestSeamsSDKIsAtHomeInTheFake(t *testing.T) {
	for name, answer := range writeAnswers {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			defer w.fake.Close()
			w.fake.SetBehaviour(answer.behaviour)
			w.fake.AddIdentity(fakeseam.Identity{ID: documentedIdentity, EmailAddress: "printed@example.com"})
			w.fake.AddCredential(fakeseam.Credential{ID: documentedCredential})
			for range 3 {
				w.fake.AddCredential(fakeseam.Credential{AccessMethod: "card", CardNumber: "1"})
			}
			rec := &recorder{schema: published, server: w.fake, answersOnly: true}
			server := httptest.NewServer(rec)
			defer server.Close()

			environment := []string{"SEAM_ENDPOINT=" + server.URL, "WORLD=" + w.json(t), "WRITE_ANSWER=" + name}
			node(t, environment, "--test", "--test-reporter=spec", "--test-name-pattern="+answer.pattern, "sdk.test.js")
			_, complaints := rec.take()
			for _, complaint := range complaints {
				t.Error(complaint)
			}
			if writes := len(w.fake.Writes()); writes < 6 {
				t.Errorf("Seam's SDK wrote %d times only", writes)
			}
			if answer.pattern == "." {
				w.expectAllOperations(t)
			}
		})
	}
}

// expectAllOperations holds the SDK's script to every operation of the fake that the SDK has.
func (w world) expectAllOperations(t *testing.T) {
	t.Helper()
	asked := map[string]bool{}
	for _, call := range w.fake.Calls() {
		asked[call.Operation] = true
	}
	for _, operation := range []string{
		fakeseam.OpAssignCredential, fakeseam.OpUnassignCredential, fakeseam.OpGetCredential, fakeseam.OpListCredentials,
		fakeseam.OpGetACSUser, fakeseam.OpListACSUsers, fakeseam.OpGetUserIdentity, fakeseam.OpGetWorkspace,
	} {
		if !asked[operation] {
			t.Errorf("Seam's SDK did not call %s", operation)
		}
	}
}

func (w world) json(t *testing.T) string {
	t.Helper()
	told, err := json.Marshal(map[string]string{
		"APIKey": apiKey, "PersonalToken": personalToken, "Workspace": workspaceID, "System": systemID, "Nobody": unknownID,
		"User": w.User, "Stranger": w.Stranger, "Identity": w.Identity, "Credential": w.Credential,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(told)
}

// node runs a script that says by its exit code whether all is well, and in print what is not.
func node(t *testing.T, environment []string, arguments ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "node", arguments...)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, environment...) // no key, no proxy of the user's
	if printed, err := command.CombinedOutput(); err != nil {
		t.Errorf("node %v: %v\n%s", arguments, err, printed)
	}
}
