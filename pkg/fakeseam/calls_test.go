package fakeseam

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCallsAreLoggedInOrder(t *testing.T) {
	w := newWorld(t)
	r := w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice)))
	r.Header.Set("User-Agent", "tester/1")
	answer := w.send(r)
	w.do("GET", "/acs/credentials/get?acs_credential_id="+roomKey, nil)
	w.do("PATCH", "/acs/credentials/unassign", toIdentity("unheard of"))
	w.do("GET", "/elsewhere", nil)

	want := []string{
		"PATCH /acs/credentials/assign credential=66666666… acs_user=33333333… → 200",
		"GET /acs/credentials/get credential=66666666… → 200",
		"PATCH /acs/credentials/unassign credential=66666666… user_identity=unheard … → 400",
		"GET /elsewhere → 404",
	}
	calls := w.Calls()
	expect(t, "calls", len(calls), len(want))
	for i, call := range calls {
		expect(t, "call", call.String(), want[i])
	}
	first := calls[0]
	expect(t, "RequestID", first.RequestID, answer.Header.Get("seam-request-id"))
	expect(t, "UserAgent", first.UserAgent, "tester/1")
	expect(t, "Time", first.Time, w.clock.Now())
	expect(t, "WorkspaceID", first.WorkspaceID, hotel)
	expect(t, "HolderBefore", first.HolderBefore, Holder{})
	expect(t, "HolderAfter", first.HolderAfter, Holder{ACSUserID: alice})
	expect(t, "Changed", first.Changed, true)

	writes := w.Writes()
	expect(t, "writes", len(writes), 2)
	expect(t, "second write", writes[1].Operation, OpUnassignCredential)

	w.ResetCalls()
	expect(t, "calls after reset", len(w.Calls()), 0)
	expect(t, "in flight after reset", w.MaxInFlight(""), 0)
}

func TestACallWithoutAnAnswerSaysSo(t *testing.T) {
	got := Call{Method: "PATCH", Path: "/acs/credentials/assign", CredentialID: "short"}.String()
	expect(t, "call", got, "PATCH /acs/credentials/assign credential=short → no answer")
}

func TestTokensHaveLabels(t *testing.T) {
	w := newWorld(t)
	w.AddAPIKey("seam_second", hotel)
	w.AddPersonalAccessToken("seam_at_first", hotel)
	for token, want := range map[string]string{apiKey: "api key 1", "seam_second": "api key 2",
		"seam_at_first": "personal access token 1", "seam_x": "unknown token", "seam_cst1_x": "client session token", "": "no token"} {
		w.ResetCalls()
		w.workspaceSeen(token, hotel)
		expect(t, "label", w.Calls()[0].TokenLabel, want)
	}
}

func TestAwaitingGivesUpWithItsContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := w.AwaitCalls(ctx, 1, OpAssignCredential)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cancellation", err)
	}
	expectStatus(t, w.assign(toUser(alice)), 200)
	expectNoError(t, w.AwaitCalls(ctx, 1, OpAssignCredential))
	expectNoError(t, w.AwaitCalls(ctx, 1, ""))
	if err := w.AwaitCalls(ctx, 1, OpUnassignCredential); err == nil {
		t.Error("a call of another operation was counted")
	}
}

func TestOverlappingWritesAreNoticed(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpAssignCredential, Gate: gate, Times: 1})
	first := w.background(w.context(), toUser(alice))
	w.awaitHeld(1, OpAssignCredential)

	w.getKey()
	w.unassign(object{"acs_credential_id": nobody, "acs_user_id": alice})
	expect(t, "overlaps with a read and another credential", len(w.OverlappingWrites()), 0)

	w.unassign(toUser(alice))
	overlaps := w.OverlappingWrites()
	if len(overlaps) != 1 || !strings.Contains(overlaps[0], roomKey) {
		t.Errorf("overlaps: %q", overlaps)
	}
	close(gate)
	expectNoError(t, <-first)
	expect(t, "in flight", w.MaxInFlight(""), 2)
	expect(t, "assigns in flight", w.MaxInFlight(OpAssignCredential), 1)
	expect(t, "users read in flight", w.MaxInFlight(OpGetACSUser), 0)
}

func TestWritesOneAfterTheOtherDoNotOverlap(t *testing.T) {
	w := newWorld(t)
	for range 200 {
		w.assign(toUser(alice))
		w.unassign(toUser(alice))
	}
	expect(t, "overlaps", len(w.OverlappingWrites()), 0)
	expect(t, "in flight", w.MaxInFlight(""), 1)
}

func TestManyClientsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Status: 500, Skip: 10, Times: 10})
	var answers []<-chan error
	for i := range 50 {
		answers = append(answers, w.background(w.context(), toUser([]string{alice, bob}[i%2])))
		w.SetBehaviour(Behaviour{ShowIdentity: i%2 == 0})
		w.UpdateCredential(roomKey, func(c *Credential) { c.DisplayName = "Room" })
	}
	w.await(50, OpAssignCredential)
	for _, answer := range answers {
		expectNoError(t, <-answer)
	}
	failed := 0
	for _, call := range w.Writes() {
		if call.Status == 500 {
			failed++
		}
	}
	expect(t, "failed calls", failed, 10)
}

// The context outlives the calls here, as it may for a moment behind a network.
func TestAnAnsweredCallIsNoLongerInFlight(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		r := httptest.NewRequest("PATCH", "/acs/credentials/assign", strings.NewReader(encode(toUser(alice))))
		r.Header.Set("Authorization", "Bearer "+apiKey)
		r.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		w.ServeHTTP(recorder, r)
		expect(t, "status", recorder.Code, 200)
	}
	expect(t, "overlaps", len(w.OverlappingWrites()), 0)
	expect(t, "in flight", w.MaxInFlight(""), 1)
}
