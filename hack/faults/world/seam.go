package world

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"strings"

	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// gateway is what a process reaches the fake Seam by. It keeps every call.
type gateway struct{ process *Process }

// operations are the calls that can be told by their path.
var operations = map[string]string{
	"/acs/credentials/assign":        fakeseam.OpAssignCredential,
	"/acs/credentials/unassign":      fakeseam.OpUnassignCredential,
	"/acs/credentials/get":           fakeseam.OpGetCredential,
	"/acs/credentials/list":          fakeseam.OpListCredentials,
	"/acs/credentials/unmanaged/get": fakeseam.OpGetUnmanagedCredential,
	"/acs/users/get":                 fakeseam.OpGetACSUser,
	"/user_identities/get":           fakeseam.OpGetUserIdentity,
	"/workspaces/get":                fakeseam.OpGetWorkspace,
}

// ServeHTTP keeps the call, and lets happen to it what the interceptor says. A dead process reaches nobody.
func (g *gateway) ServeHTTP(answer http.ResponseWriter, req *http.Request) {
	p, w := g.process, g.process.world
	w.traffic.change(w.traffic.calls.end)
	operation := operations[req.URL.Path]
	isWrite := operation == fakeseam.OpAssignCredential || operation == fakeseam.OpUnassignCredential
	if p.isDead() {
		panic(http.ErrAbortHandler)
	}
	becomes, done := w.traffic.pass(Request{Process: p, What: operation, ToSeam: true, Token: tokenOf(req), IsWrite: isWrite})
	defer done()
	if p.isDead() && becomes.isNone() {
		panic(http.ErrAbortHandler)
	}
	call := w.arrives(p, operation, req)
	status := g.interfere(answer, req, becomes, call)
	w.ends(call, status)
	if status == 0 {
		panic(http.ErrAbortHandler)
	}
}

// heard notes that the operator has read an answer.
func (g *gateway) heard(call seam.Observation) {
	if call.Code != "error" { // else no answer came
		traffic := &g.process.world.traffic
		traffic.change(traffic.answers.end)
	}
}

// trace returns a context for all that the operator does, which tells when a call leaves it.
func (g *gateway) trace() context.Context {
	address := g.process.seam.Listener.Addr().String()
	return httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GetConn: func(to string) {
		if to == address { // else it is for the API server, whose requests are counted where they are made
			traffic := &g.process.world.traffic
			traffic.change(traffic.calls.begin)
		}
	}})
}

// tokenOf returns the API key of a call.
func tokenOf(req *http.Request) string {
	return strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
}

// interfere lets a call happen as it shall, and returns the status that the operator gets; zero for no answer.
func (g *gateway) interfere(answer http.ResponseWriter, req *http.Request, becomes Interference, call *seamCall) int {
	w := g.process.world
	kept := &keptAnswer{header: http.Header{}, status: http.StatusOK}
	switch {
	case becomes.Answer == Unreachable:
		return 0
	case becomes.Answer != 0:
		w.traffic.change(w.traffic.answers.begin)
		answer.Header().Set("Content-Type", "application/json")
		answer.WriteHeader(becomes.Answer)
		_, _ = fmt.Fprintf(answer, `{"error":{"type":"injected","message":"injected"},"ok":false}`)
		return becomes.Answer
	case becomes.LateBy > 0 && call.isWrite:
		w.Seam.Inject(fakeseam.Fault{Operation: call.Operation, Times: 1, LateBy: becomes.LateBy, Status: http.StatusAccepted})
		w.dueAt(becomes.LateBy)
		call.LateBy = becomes.LateBy
		w.Seam.ServeHTTP(kept, req)
		return 0
	case becomes.Lose || becomes.LateBy > 0:
		w.Seam.ServeHTTP(kept, req.WithContext(context.WithoutCancel(req.Context())))
		return 0
	}
	w.Seam.ServeHTTP(kept, req)
	if !g.process.holdUp(req.Context(), becomes.AnswerAfter) {
		return 0
	}
	call.Shown = shown(call.CredentialID, kept)
	w.traffic.change(w.traffic.answers.begin)
	for name, values := range kept.header {
		answer.Header()[name] = values
	}
	answer.WriteHeader(kept.status)
	_, _ = answer.Write(kept.body.Bytes())
	return kept.status
}

// keptAnswer is an answer that is looked at before it goes out.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header         { return k.header }
func (k *keptAnswer) Write(b []byte) (int, error) { return k.body.Write(b) }
func (k *keptAnswer) WriteHeader(status int)      { k.status = status }

// shown returns what an answer tells of the credential; nil when it tells nothing.
func shown(id string, k *keptAnswer) *invariants.Shown {
	if k.status == http.StatusNotFound && id != "" && strings.Contains(k.body.String(), "acs_credential_not_found") {
		return &invariants.Shown{Missing: true}
	}
	var answer struct {
		Credential *struct {
			ACSUserID      string `json:"acs_user_id"`
			UserIdentityID string `json:"user_identity_id"`
		} `json:"acs_credential"`
	}
	if k.status/100 != 2 || json.Unmarshal(k.body.Bytes(), &answer) != nil || answer.Credential == nil {
		return nil
	}
	return &invariants.Shown{Holder: invariants.Holder{ACSUserID: answer.Credential.ACSUserID, UserIdentityID: answer.Credential.UserIdentityID}}
}
