package fakeseam

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestAFaultAnswersInsteadOfSeam(t *testing.T) {
	tests := []struct {
		name        string
		fault       Fault
		status      int
		contentType string
		text        string
	}{
		{"outage", Fault{Status: 503, EmptyBody: true}, 503, "", ""},
		{"empty answer", Fault{EmptyBody: true}, 200, "", ""},
		{"garbage", Fault{Body: `{"acs_cred`}, 200, "application/json", `{"acs_cred`},
		{"proxy", Fault{Status: 502, Body: "<html>", ContentType: "text/html"}, 502, "text/html", "<html>"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.Inject(test.fault)
			got := w.assign(toUser(alice))
			expectStatus(t, got, test.status)
			expect(t, "body", got.text, test.text)
			expect(t, "content type", got.Header.Get("Content-Type"), test.contentType)
			expect(t, "has a request ID", isUUID(got.Header.Get("seam-request-id")), true)
			w.expectHolder(Holder{})
			expect(t, "logged status", w.Calls()[0].Status, test.status)
		})
	}
}

func TestAFaultAnswersWithSeamsEnvelope(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Status: 429, RetryAfter: "7", Message: "slow down"})
	got := w.assign(toUser(alice))
	expectRefusal(t, got, 429, "rate_limit_exceeded")
	expect(t, "Retry-After", got.Header.Get("Retry-After"), "7")
	expect[any](t, "message", got.json["error"].(object)["message"], "slow down")
	expect(t, "has a request ID", isUUID(got.Header.Get("seam-request-id")), true)
	expect(t, "fields of error", len(got.json["error"].(object)), 2) // type and message
	w.ClearFaults()

	for status, kind := range map[int]string{400: "invalid_input", 401: "unauthorized", 403: "forbidden",
		404: "not_found", 409: "conflict", 500: "internal_server_error"} {
		remove := w.Inject(Fault{Status: status, Message: "no"})
		expectRefusal(t, w.assign(toUser(alice)), status, kind)
		remove()
	}
	w.Inject(Fault{Status: 409, Type: "credential_busy", Message: "no"})
	expectRefusal(t, w.assign(toUser(alice)), 409, "credential_busy")
	w.expectHolder(Holder{})
}

func TestAFaultRedirects(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Redirect: "https://example.com/", Times: 1})
	got := w.assign(toUser(alice))
	expectStatus(t, got, http.StatusFound)
	expect(t, "Location", got.Header.Get("Location"), "https://example.com/")
	w.Inject(Fault{Redirect: "https://example.com/", Status: 308})
	expectStatus(t, w.assign(toUser(alice)), 308)
	w.expectHolder(Holder{})
}

func TestAFaultAnswersWithoutEnd(t *testing.T) {
	w := newWorld(t)
	for _, size := range []int64{100, 32 << 10, 3 << 20} {
		remove := w.Inject(Fault{Huge: size})
		got := w.assign(toUser(alice))
		expect(t, "size", int64(len(got.text)), size)
		expect(t, "is a credential", got.json["acs_credential"] != nil, true)
		remove()
	}
}

func TestAFaultHitsOnlyWhatItMatches(t *testing.T) {
	w := newWorld(t)
	w.AddAPIKey("seam_other", hotel)
	down := func(f Fault) { f.Status = 500; w.ClearFaults(); w.Inject(f) }

	down(Fault{Operation: OpGetCredential})
	expectStatus(t, w.assign(toUser(alice)), 200)
	expectStatus(t, w.do("GET", "/acs/credentials/get?acs_credential_id="+roomKey, nil), 500)

	down(Fault{CredentialID: nobody})
	expectStatus(t, w.assign(toUser(alice)), 200)
	down(Fault{CredentialID: roomKey})
	expectStatus(t, w.assign(toUser(alice)), 500)

	down(Fault{Token: "seam_other"})
	expectStatus(t, w.workspaceSeen(apiKey, ""), 200)
	expectStatus(t, w.workspaceSeen("seam_other", ""), 500)
}

func TestAFaultComesBeforeAuthentication(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Status: 503})
	expectStatus(t, w.workspaceSeen("seam_unknown", ""), 503)
}

func TestAFaultIsCounted(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Status: 500, Skip: 1, Times: 2})
	for i, want := range []int{200, 500, 500, 200, 200} {
		if got := w.assign(toUser(alice)); got.StatusCode != want {
			t.Errorf("call %d: got %d, want %d", i, got.StatusCode, want)
		}
	}
}

func TestTheFirstFaultThatMatchesWins(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Operation: OpGetWorkspace, Status: 500})
	w.Inject(Fault{Status: 502, Times: 1})
	remove := w.Inject(Fault{Status: 503})
	expectStatus(t, w.assign(toUser(alice)), 502)
	expectStatus(t, w.assign(toUser(alice)), 503)
	remove()
	remove()
	expectStatus(t, w.assign(toUser(alice)), 200)
}

func TestTheAnswerIsLost(t *testing.T) {
	for name, test := range map[string]struct {
		after bool
		want  Holder
	}{
		"before the change": {false, Holder{}},
		"after the change":  {true, Holder{ACSUserID: alice}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Inject(Fault{Close: true, After: test.after, Times: 1})
			got, err := w.try(w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice))))
			if err == nil {
				t.Fatalf("there was an answer: %s", got.text)
			}
			w.expectHolder(test.want)
			call := w.Writes()[0]
			expect(t, "calls", len(w.Calls()), 1)
			expect(t, "logged status", call.Status, 0)
			expect(t, "Changed", call.Changed, test.after)
		})
	}
}

func TestTheAnswerLies(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Status: 500, After: true})
	expectStatus(t, w.assign(toUser(alice)), 500)
	w.expectHolder(Holder{ACSUserID: alice})
}

func TestAHeldCallHasArrivedButNotHappened(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpAssignCredential, Gate: gate})
	done := w.background(w.context(), toUser(alice))
	w.awaitHeld(1, OpAssignCredential)
	w.await(1, OpAssignCredential)
	w.expectHolder(Holder{})
	expect(t, "logged status", w.Calls()[0].Status, 0)

	close(gate)
	expectNoError(t, <-done)
	w.expectHolder(Holder{ACSUserID: alice})
	expect(t, "logged status", w.Calls()[0].Status, 200)
}

func TestACallHeldAfterItsChange(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpAssignCredential, Gate: gate, After: true, RetryAfter: "1"})
	done := w.background(w.context(), toUser(alice))
	w.awaitHeld(1, OpAssignCredential)
	w.expectHolder(Holder{ACSUserID: alice})
	close(gate)
	expectNoError(t, <-done)
}

func TestAHeldWriteLandsThoughItsClientGaveUp(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpAssignCredential, Gate: gate, Times: 1})
	ctx, giveUp := context.WithCancel(w.context())
	done := w.background(ctx, toUser(alice))
	w.awaitHeld(1, OpAssignCredential)
	giveUp()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the cancellation", err)
	}
	w.expectHolder(Holder{})
	close(gate)
	w.http.Close() // waits for the call
	w.expectHolder(Holder{ACSUserID: alice})
}

func TestCloseLetsGoOfHeldCalls(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Gate: make(chan struct{}), CredentialID: roomKey})
	w.Inject(Fault{Delay: time.Hour})
	held := w.background(w.context(), toUser(alice))
	delayed := w.background(w.context(), object{"acs_credential_id": nobody, "acs_user_id": alice})
	w.await(2, OpAssignCredential)
	w.Server.Close()
	w.Server.Close()
	for _, done := range []<-chan error{held, delayed} {
		if err := <-done; err == nil {
			t.Error("a held call was answered")
		}
	}
	w.expectHolder(Holder{})
}

func TestADelayedCall(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Delay: time.Millisecond, Times: 1})
	expectStatus(t, w.assign(toUser(alice)), 200)

	w.Inject(Fault{Delay: time.Hour})
	ctx, giveUp := context.WithCancel(w.context())
	done := w.background(ctx, toUser(bob))
	w.await(2, OpAssignCredential)
	giveUp()
	<-done
	w.http.Close() // waits for the call, which ends with its client
	w.expectHolder(Holder{ACSUserID: alice})
}

func TestALostWriteLandsLate(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{LateBy: time.Minute, Times: 1})
	_, err := w.try(w.request("PATCH", "/acs/credentials/assign", encode(toUser(alice))))
	if !errors.Is(err, io.EOF) {
		t.Fatalf("got %v, want a closed connection", err)
	}
	w.clock.step(59 * time.Second)
	expect(t, "before its time", w.getKey()["acs_user_id"], nil)
	expect(t, "Changed", w.Writes()[0].Changed, false)
	w.clock.step(time.Second)
	expect[any](t, "at its time", w.getKey()["acs_user_id"], alice)
	expect(t, "Changed", w.Writes()[0].Changed, true)
}

func TestLateWritesLandOnDemandInTheirOrder(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{LateBy: time.Hour, Status: 504, Times: 1})
	w.Inject(Fault{LateBy: time.Minute, Status: 504, Times: 1})
	expectStatus(t, w.assign(toUser(alice)), 504)
	expectStatus(t, w.assign(toUser(bob)), 504)
	w.expectHolder(Holder{})
	w.LandLate()
	w.expectHolder(Holder{ACSUserID: alice})
	expect(t, "taken from", w.Writes()[0].HolderBefore, Holder{ACSUserID: bob})
	w.LandLate()
	w.expectHolder(Holder{ACSUserID: alice})
}

func TestAReadHeldAfterItsLookTellsThePast(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpGetCredential, Gate: gate, After: true})
	request := w.request("POST", "/acs/credentials/get", encode(object{"acs_credential_id": roomKey}))
	answered := make(chan response, 1)
	go func() {
		got, _ := w.try(request)
		answered <- got
	}()
	w.awaitHeld(1, OpGetCredential)
	expectStatus(t, w.assign(toUser(alice)), 200)
	close(gate)
	shown := (<-answered).json["acs_credential"].(object)
	expect(t, "holder", shown["acs_user_id"], nil)
}

func TestAPageMayGoWrong(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{Operation: OpListCredentials, Status: 429, Message: "slower", RetryAfter: "7", Skip: 1, Times: 1})
	w.Inject(Fault{Operation: OpListCredentials, Body: `{"acs_credentials":null}`, Skip: 1, Times: 1})
	list := func() response { return w.do("POST", "/acs/credentials/list", object{"limit": 500}) }

	expectStatus(t, list(), 200)
	limited := list()
	expectRefusal(t, limited, 429, "rate_limit_exceeded")
	expect(t, "Retry-After", limited.Header.Get("Retry-After"), "7")
	expect(t, "odd page", list().text, `{"acs_credentials":null}`)
	expectStatus(t, list(), 200)

	for i, status := range []int{200, 429, 200, 200} {
		call := w.Calls()[i]
		expect(t, "call", call.Operation, OpListCredentials)
		expect(t, "status", call.Status, status)
		expect(t, "workspace", call.WorkspaceID, hotel)
	}
}

// A page shows one moment: what was written after its look is not on it, however late it arrives.
func TestAPageHeldAfterItsLookTellsThePast(t *testing.T) {
	w := newWorld(t)
	gate := make(chan struct{})
	w.Inject(Fault{Operation: OpListCredentials, Gate: gate, After: true, Times: 1})
	request := w.request("POST", "/acs/credentials/list", `{"limit":500}`)
	answered := make(chan response, 1)
	go func() {
		got, _ := w.try(request)
		answered <- got
	}()
	w.awaitHeld(1, OpListCredentials)
	expectStatus(t, w.assign(toUser(alice)), 200)
	close(gate)
	shown := (<-answered).json["acs_credentials"].([]any)[0].(object)
	expect(t, "holder on the page", shown["acs_user_id"], nil)
	expect[any](t, "holder on the next one", w.holderListed(), alice)
}

func TestAFaultMayOnlyAskToWait(t *testing.T) {
	w := newWorld(t)
	w.Inject(Fault{RetryAfter: "3"})
	got := w.assign(toUser(alice))
	expectStatus(t, got, 200)
	expect(t, "Retry-After", got.Header.Get("Retry-After"), "3")
	w.expectHolder(Holder{ACSUserID: alice})
}
