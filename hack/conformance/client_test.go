package conformance

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// method is a method of seam.Client, called for a good and for an unknown ID.
type method struct {
	operation string
	call      func(context.Context, *seam.Client, names) error
	findable  bool // an unknown ID can be asked for, and nothing is found
}

// names are the IDs that a method is called with.
type names struct{ credential, unmanaged, user, identity string }

func (w world) names() names {
	return names{w.Credential, w.UnmanagedCredential, w.User, w.Identity}
}

var nobody = names{unknownID, unknownID, unknownID, unknownID}

// methods has every method of seam.Client: TestNoMethodOfTheClientIsLeftOut holds it to that.
var methods = map[string]method{
	"AssignCredential": {seam.OpAssignCredential, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.AssignCredential(ctx, seam.Assignment{CredentialID: n.credential, ACSUserID: n.user})
		return err
	}, true},
	"UnassignCredential": {seam.OpUnassignCredential, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.UnassignCredential(ctx, seam.Assignment{CredentialID: n.credential, ACSUserID: n.user})
		return err
	}, true},
	"GetCredential": {seam.OpGetCredential, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.GetCredential(ctx, n.credential)
		return err
	}, true},
	"GetUnmanagedCredential": {seam.OpGetUnmanagedCredential, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.GetUnmanagedCredential(ctx, n.unmanaged)
		return err
	}, true},
	"ListCredentials": {seam.OpListCredentials, func(ctx context.Context, c *seam.Client, _ names) error {
		_, err := c.ListCredentials(ctx, "")
		return err
	}, false},
	"GetACSUser": {seam.OpGetACSUser, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.GetACSUser(ctx, n.user)
		return err
	}, true},
	"GetUserIdentity": {seam.OpGetUserIdentity, func(ctx context.Context, c *seam.Client, n names) error {
		_, err := c.GetUserIdentity(ctx, n.identity)
		return err
	}, true},
	"GetWorkspace": {seam.OpGetWorkspace, func(ctx context.Context, c *seam.Client, _ names) error {
		_, err := c.GetWorkspace(ctx)
		return err
	}, false},
}

func TestNoMethodOfTheClientIsLeftOut(t *testing.T) {
	client := reflect.TypeFor[*seam.Client]()
	for i := range client.NumMethod() {
		if _, ok := methods[client.Method(i).Name]; !ok {
			t.Errorf("seam.Client.%s is not held against Seam's schema: add it to methods", client.Method(i).Name)
		}
	}
}

// stage is the client in front of the schema in front of the fake.
type stage struct {
	world
	recorder *recorder
	api      *seam.API
}

func newStage(t *testing.T) stage {
	t.Helper()
	w := newWorld()
	rec := &recorder{schema: published, server: w.fake}
	server := httptest.NewServer(rec)
	t.Cleanup(server.Close)
	t.Cleanup(w.fake.Close)
	api, err := seam.New(seam.Options{Endpoint: server.URL, UserAgent: "seam-operator/conformance"})
	if err != nil {
		t.Fatal(err)
	}
	return stage{w, rec, api}
}

func (s stage) client(t *testing.T, secret, workspace string) *seam.Client {
	t.Helper()
	token, err := seam.ParseToken(secret)
	if err != nil {
		t.Fatal(err)
	}
	client, err := s.api.Client(token, workspace)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// settle fails the test for everything the schema had to complain about, and if not exactly calls requests came, and
// returns the answers as they were sent.
func (s stage) settle(t *testing.T, calls int) []json.RawMessage {
	t.Helper()
	exchanges, complaints := s.recorder.take()
	for _, complaint := range complaints {
		t.Error(complaint)
	}
	if len(exchanges) != calls {
		t.Fatalf("%d requests reached Seam, want %d", len(exchanges), calls)
	}
	var answers []json.RawMessage
	for _, exchange := range exchanges {
		answers = append(answers, exchange.answer)
	}
	return answers
}

// authentications are both kinds of tokens, with the workspace the client is made for.
var authentications = map[string]struct{ secret, workspace string }{
	"API key":                      {apiKey, ""},
	"API key of a named workspace": {apiKey, workspaceID},
	"personal access token":        {personalToken, workspaceID},
}

func TestEveryCallOfTheClientIsInSeamsSchema(t *testing.T) {
	for kind, with := range authentications {
		for name, method := range methods {
			t.Run(kind+"/"+name, func(t *testing.T) {
				s := newStage(t)
				if method.operation == seam.OpUnassignCredential {
					s.fake.UpdateCredential(s.Credential, func(c *fakeseam.Credential) { c.ACSUserID = s.User })
				}
				if err := method.call(t.Context(), s.client(t, with.secret, with.workspace), s.names()); err != nil {
					t.Error(err)
				}
				if calls := s.fake.Calls(); len(calls) != 1 || calls[0].Operation != method.operation {
					t.Errorf("the fake saw %v, want one %s", calls, method.operation)
				}
				s.settle(t, 1)
			})
		}
	}
}

func TestEveryPersonCanBeNamedInSeamsSchema(t *testing.T) {
	s := newStage(t)
	client := s.client(t, apiKey, "")
	byUser := seam.Assignment{CredentialID: s.Credential, ACSUserID: s.User}
	byIdentity := seam.Assignment{CredentialID: s.Credential, UserIdentityID: s.Identity}
	for _, assignment := range []seam.Assignment{byUser, byIdentity} {
		assigned, err := client.AssignCredential(t.Context(), assignment)
		if err != nil || assigned.Credential == nil || assigned.Credential.ACSUserID != s.User {
			t.Errorf("assign: %+v, %v", assigned, err)
		}
		unassigned, err := client.UnassignCredential(t.Context(), assignment)
		if err != nil || unassigned.Credential == nil || unassigned.Credential.ACSUserID != "" {
			t.Errorf("unassign: %+v, %v", unassigned, err)
		}
	}
	s.settle(t, 4)
}

func TestAListIsWalkedInSeamsSchema(t *testing.T) {
	s := newStage(t)
	s.fake.SetBehaviour(fakeseam.Behaviour{ShowIdentity: true})
	ids := map[string]bool{s.Credential: true}
	for range 1001 {
		ids[s.fake.AddCredential(fakeseam.Credential{AccessMethod: "code", Code: "1234", ACSUserID: s.User, Warnings: []string{"being_deleted"}}).ID] = true
	}
	client, cursor := s.client(t, apiKey, ""), ""
	for _, more := range []bool{true, true, false} {
		page, err := client.ListCredentials(t.Context(), cursor)
		if err != nil || (page.Next != "") != more {
			t.Fatalf("a page of %d goes on with %q, %v", len(page.Credentials), page.Next, err)
		}
		cursor = page.Next
		for id, shown := range page.Credentials {
			if alone, err := client.GetCredential(t.Context(), id); !ids[id] || err != nil || !reflect.DeepEqual(alone, shown) {
				t.Errorf("%s is listed as %+v, and by itself %+v, %v", id, shown, alone, err)
			}
			delete(ids, id)
		}
	}
	if len(ids) > 0 {
		t.Errorf("%d credentials are not listed", len(ids))
	}
	s.settle(t, 3+1002)
}

// refusals are what Seam may answer to any call.
var refusals = map[string]struct {
	fault fakeseam.Fault
	read  seam.Class
	write seam.Class
}{
	"400":          {fakeseam.Fault{Status: 400}, seam.Invalid, seam.Invalid},
	"401":          {fakeseam.Fault{Status: 401}, seam.Unauthorized, seam.Unauthorized},
	"403":          {fakeseam.Fault{Status: 403}, seam.Unauthorized, seam.Unauthorized},
	"404":          {fakeseam.Fault{Status: 404}, seam.NotFound, seam.NotFound},
	"405":          {fakeseam.Fault{Status: 405}, seam.Invalid, seam.Invalid},
	"409":          {fakeseam.Fault{Status: 409}, seam.Invalid, seam.Invalid},
	"429":          {fakeseam.Fault{Status: 429, RetryAfter: "1"}, seam.RateLimited, seam.RateLimited},
	"500":          {fakeseam.Fault{Status: 500}, seam.Unavailable, seam.OutcomeUnknown},
	"503":          {fakeseam.Fault{Status: 503, EmptyBody: true}, seam.Unavailable, seam.OutcomeUnknown},
	"Invalid JSON": {fakeseam.Fault{Status: 400, Body: "Invalid JSON", ContentType: "text/plain"}, seam.Invalid, seam.Invalid},
}

func TestEveryRefusalIsAnErrorThatTheClientUnderstands(t *testing.T) {
	for status, refusal := range refusals {
		for name, method := range methods {
			t.Run(status+"/"+name, func(t *testing.T) {
				s := newStage(t)
				s.fake.Inject(refusal.fault)
				want := refusal.read
				if method.operation == seam.OpAssignCredential || method.operation == seam.OpUnassignCredential {
					want = refusal.write
				}
				err := method.call(t.Context(), s.client(t, apiKey, ""), s.names())
				if got := seam.ClassOf(err); got != want {
					t.Errorf("class %q of %v, want %q", got, err, want)
				}
				s.settle(t, 1)
			})
		}
	}
}

func TestEveryRefusalOfTheFakesOwnIsAnErrorEnvelope(t *testing.T) {
	for name, method := range methods {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			for kind, c := range map[string]struct {
				secret, workspace string
				names             names
				want              seam.Class
			}{
				"unknown key":       {unknownKey, "", s.names(), seam.Unauthorized},
				"foreign workspace": {personalToken, unknownID, s.names(), seam.Unauthorized},
				"unknown IDs":       {apiKey, "", nobody, seam.NotFound},
			} {
				if kind == "unknown IDs" && !method.findable {
					continue
				}
				err := method.call(t.Context(), s.client(t, c.secret, c.workspace), c.names)
				if got := seam.ClassOf(err); got != c.want {
					t.Errorf("%s: class %q of %v, want %q", kind, got, err, c.want)
				}
				s.settle(t, 1)
			}
		})
	}
}

func TestWritesThatSeamLeavesOpenAreInItsSchema(t *testing.T) {
	for name, behaviour := range map[string]fakeseam.Behaviour{
		"void answers":                      {VoidAnswers: true},
		"empty answers":                     {EmptyAnswers: true},
		"held refuses":                      {OnHeld: fakeseam.HeldRefuses},
		"held ignores":                      {OnHeld: fakeseam.HeldIgnores},
		"wrong holder ignores":              {OnWrongHolder: fakeseam.WrongHolderIgnores},
		"wrong holder unassigns":            {OnWrongHolder: fakeseam.WrongHolderUnassigns},
		"repeat refuses":                    {OnRepeat: fakeseam.RepeatRefuses},
		"identity shown":                    {ShowIdentity: true},
		"identity only":                     {IdentityOnly: true},
		"sync pending":                      {ProviderSync: fakeseam.SyncPending},
		"sync not reported":                 {ProviderSync: fakeseam.SyncNotReported},
		"sync null":                         {ProviderSync: fakeseam.SyncNull},
		"everything as documentation tells": {},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.fake.SetBehaviour(behaviour)
			client := s.client(t, apiKey, "")
			byIdentity := seam.Assignment{CredentialID: s.Credential, UserIdentityID: s.Identity}
			byUser := seam.Assignment{CredentialID: s.Credential, ACSUserID: s.Stranger}
			classes := []seam.Class{"", seam.Invalid} // accepted or refused, but never anything else
			for _, write := range []func() (seam.WriteResult, error){
				func() (seam.WriteResult, error) { return client.AssignCredential(t.Context(), byIdentity) },
				func() (seam.WriteResult, error) { return client.AssignCredential(t.Context(), byIdentity) },
				func() (seam.WriteResult, error) { return client.AssignCredential(t.Context(), byUser) },
				func() (seam.WriteResult, error) { return client.UnassignCredential(t.Context(), byIdentity) },
				func() (seam.WriteResult, error) { return client.UnassignCredential(t.Context(), byUser) },
			} {
				if _, err := write(); !slices.Contains(classes, seam.ClassOf(err)) {
					t.Error(err)
				}
				if _, err := client.GetCredential(t.Context(), s.Credential); err != nil {
					t.Error(err)
				}
			}
			s.settle(t, 10)
		})
	}
}

// What the schema can say about a credential and a user, the fake says in its words, and the client understands what it
// reads of it.
func TestEveryDeclaredCodeIsSpokenAndUnderstood(t *testing.T) {
	s := newStage(t)
	client := s.client(t, apiKey, "")
	for _, accessMethod := range published.enum(t, "acs_credential", "access_method") {
		id := s.fake.AddCredential(fakeseam.Credential{
			AccessMethod: accessMethod, Code: "1234", CardNumber: "99", IsIssued: true, StartsAt: "2026-01-01T00:00:00.000Z",
			EndsAt: "2026-02-01T00:00:00.000Z", Errors: []string{"any"}, Warnings: published.codes(t, "acs_credential", "warnings"),
		}).ID
		got, err := client.GetCredential(t.Context(), id)
		if err != nil || got.AccessMethod != accessMethod || !slices.Equal(got.Warnings, published.codes(t, "acs_credential", "warnings")) {
			t.Errorf("%s: %+v, %v", accessMethod, got, err)
		}
		s.settle(t, 1)
	}
	mutations := published.codes(t, "acs_user", "pending_mutations")
	id := s.fake.AddUser(fakeseam.User{
		UserIdentityID: s.Identity, PendingMutations: mutations,
		Warnings: published.codes(t, "acs_user", "warnings"), Errors: published.codes(t, "acs_user", "errors"),
	}).ID
	user, err := client.GetACSUser(t.Context(), id)
	if err != nil || user.UserIdentityID != s.Identity {
		t.Errorf("%+v, %v", user, err)
	}
	if spoken := mutationsOf(t, s.settle(t, 1)[0]); !slices.Equal(spoken, mutations) {
		t.Errorf("the fake says %v, want %v", spoken, mutations)
	}
}

// mutationsOf reads an answer's codes of what the access system does not have yet.
func mutationsOf(t *testing.T, answer json.RawMessage) []string {
	t.Helper()
	var told struct {
		User struct {
			Mutations []struct {
				Code string `json:"mutation_code"`
			} `json:"pending_mutations"`
		} `json:"acs_user"`
	}
	if err := json.Unmarshal(answer, &told); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, mutation := range told.User.Mutations {
		codes = append(codes, mutation.Code)
	}
	return codes
}

func (s *schema) enum(t *testing.T, thing, field string) []string {
	t.Helper()
	return texts(t, s.doc.Components.Schemas[thing].Value.Properties[field].Value.Enum)
}

// codes lists the codes of a list whose items are told apart by one.
func (s *schema) codes(t *testing.T, thing, list string) []string {
	t.Helper()
	items := s.doc.Components.Schemas[thing].Value.Properties[list].Value.Items.Value
	var codes []string
	for _, one := range items.OneOf {
		codes = append(codes, texts(t, one.Value.Properties[items.Discriminator.PropertyName].Value.Enum)...)
	}
	if len(codes) == 0 {
		t.Fatalf("Seam's schema has no codes for %s of %s", list, thing)
	}
	return codes
}

func texts(t *testing.T, enum []any) []string {
	t.Helper()
	var values []string
	for _, one := range enum {
		values = append(values, one.(string))
	}
	if len(values) == 0 {
		t.Fatal("Seam's schema has no such values")
	}
	return values
}
