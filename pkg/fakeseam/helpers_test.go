package fakeseam

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// The small world that most stories play in: a hotel with one access system, two
// guests known to it, and a mobile key that nobody holds.
const (
	hotel   = "11111111-1111-1111-1111-111111111111"
	doors   = "22222222-2222-2222-2222-222222222222"
	alice   = "33333333-3333-3333-3333-333333333333"
	bob     = "33333333-3333-3333-3333-333333333334"
	visitor = "44444444-4444-4444-4444-444444444444"
	roomKey = "66666666-6666-6666-6666-666666666666"
	nobody  = "99999999-9999-9999-9999-999999999999"

	apiKey = "seam_test_key"
)

type world struct {
	*Server
	t     *testing.T
	http  *httptest.Server
	clock *clock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	s := New(WithClock(c.Now))
	s.AddWorkspace(Workspace{ID: hotel, Name: "Hotel"})
	s.AddAPIKey(apiKey, hotel)
	s.AddSystem(System{ID: doors, WorkspaceID: hotel})
	s.AddUser(User{ID: alice, SystemID: doors, FullName: "Alice", EmailAddress: "alice@example.com"})
	s.AddUser(User{ID: bob, SystemID: doors, FullName: "Bob"})
	s.AddCredential(Credential{ID: roomKey, SystemID: doors})
	w := &world{Server: s, t: t, clock: c}
	w.serve()
	return w
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type object = map[string]any

// response is an answer with its JSON body, if it is one.
type response struct {
	*http.Response
	text string
	json object
}

func (w *world) request(method, path, content string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequest(method, w.http.URL+path, strings.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+apiKey)
	if content != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// try sends a request, following no redirects, and reads the answer to its end.
func (w *world) try(r *http.Request) (response, error) {
	client := http.Client{Transport: w.http.Client().Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return response{}, err
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	got := response{Response: answer, text: string(content)}
	_ = json.Unmarshal(content, &got.json)
	return got, err
}

func (w *world) send(r *http.Request) response {
	w.t.Helper()
	got, err := w.try(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

func (w *world) do(method, path string, parameters object) response {
	w.t.Helper()
	return w.send(w.request(method, path, encode(parameters)))
}

func encode(parameters object) string {
	if parameters == nil {
		return ""
	}
	content, err := json.Marshal(parameters)
	if err != nil {
		panic(err)
	}
	return string(content)
}

func toUser(id string) object {
	return object{"acs_credential_id": roomKey, "acs_user_id": id}
}

func toIdentity(id string) object {
	return object{"acs_credential_id": roomKey, "user_identity_id": id}
}

func (w *world) assign(parameters object) response {
	w.t.Helper()
	return w.do("PATCH", "/acs/credentials/assign", parameters)
}

func (w *world) unassign(parameters object) response {
	w.t.Helper()
	return w.do("PATCH", "/acs/credentials/unassign", parameters)
}

// background assigns without waiting for the answer; the error arrives later.
func (w *world) background(ctx context.Context, parameters object) <-chan error {
	w.t.Helper()
	r := w.request("PATCH", "/acs/credentials/assign", encode(parameters)).WithContext(ctx)
	done := make(chan error, 1)
	go func() {
		_, err := w.try(r)
		done <- err
	}()
	return done
}

func (w *world) getKey() object {
	w.t.Helper()
	got := w.do("POST", "/acs/credentials/get", object{"acs_credential_id": roomKey})
	expectStatus(w.t, got, 200)
	return got.json["acs_credential"].(object)
}

func (w *world) holderOfKey() Holder {
	w.t.Helper()
	c, ok := w.Credential(roomKey)
	if !ok {
		w.t.Fatal("the room key is gone")
	}
	return Holder{ACSUserID: c.ACSUserID, UserIdentityID: c.UserIdentityID}
}

func (w *world) expectHolder(want Holder) {
	w.t.Helper()
	expect(w.t, "holder", w.holderOfKey(), want)
}

func (w *world) context() context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	w.t.Cleanup(cancel)
	return ctx
}

func (w *world) await(n int, operation string) {
	w.t.Helper()
	expectNoError(w.t, w.AwaitCalls(w.context(), n, operation))
}

func (w *world) awaitHeld(n int, operation string) {
	w.t.Helper()
	expectNoError(w.t, w.AwaitHeld(w.context(), n, operation))
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func expectNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expectStatus(t *testing.T, got response, want int) {
	t.Helper()
	if got.StatusCode != want {
		t.Fatalf("status: got %d, want %d: %s", got.StatusCode, want, got.text)
	}
}

func expectRefusal(t *testing.T, got response, status int, kind string) {
	t.Helper()
	expectStatus(t, got, status)
	refused, _ := got.json["error"].(object)
	expect[any](t, "error.type", refused["type"], kind)
	expect[any](t, "ok", got.json["ok"], false)
	if refused["message"] == "" || refused["message"] == nil {
		t.Errorf("error.message is missing: %s", got.text)
	}
}

// serve puts a server that the test made itself on the network.
func (w *world) serve() {
	w.http = httptest.NewServer(w.Server)
	w.t.Cleanup(w.http.Close)
	w.t.Cleanup(w.Close)
}
