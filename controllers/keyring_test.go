package controllers

import (
	"errors"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

var monday = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

func newKey(t *testing.T, limits Limits) (*key, *clocktesting.FakeClock) {
	t.Helper()
	clock := clocktesting.NewFakeClock(monday)
	token, err := seam.ParseToken("seam_test1key")
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKeyring(mustAPI(t), limits, clock).key(token, "")
	if err != nil {
		t.Fatal(err)
	}
	return k, clock
}

func TestPassesBeyondTheBurstWaitTheirTurnInOrder(t *testing.T) {
	t.Parallel()
	k, clock := newKey(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	var first, second, third turn

	if wait, _ := k.admit(&first); wait != 0 {
		t.Errorf("the first waits %s", wait)
	}
	if wait, _ := k.admit(&second); wait != 500*time.Millisecond {
		t.Errorf("the second waits %s, want 500ms", wait)
	}
	if wait, _ := k.admit(&third); wait != time.Second {
		t.Errorf("the third waits %s, want 1s", wait)
	}
	clock.Step(500 * time.Millisecond)
	if wait, _ := k.admit(&third); wait != 500*time.Millisecond {
		t.Errorf("the third, woken early, waits %s, want its own turn in 500ms", wait)
	}
	if wait, _ := k.admit(&second); wait != 0 {
		t.Errorf("the second waits %s when its turn has come", wait)
	}
}

func TestOneKeyNeverFillsAllWorkers(t *testing.T) {
	t.Parallel()
	k, _ := newKey(t, Limits{QPS: 100, Burst: 100, InFlight: 2})
	var a, b, c turn
	k.admit(&a)
	k.admit(&b)

	if wait, _ := k.admit(&c); wait < 90*time.Millisecond || wait > 110*time.Millisecond {
		t.Errorf("the third waits %s, want about 100ms", wait)
	}
	for range 20 {
		k.peek(&c)
	}
	if wait, _ := k.peek(&c); wait < 4500*time.Millisecond || wait > 5500*time.Millisecond {
		t.Errorf("the third, in vain so often, waits %s, want about 5s", wait)
	}
	k.leave()
	if wait, _ := k.admit(&c); wait != 0 {
		t.Errorf("the third waits %s after one has left", wait)
	}
}

func TestAKeyRestsAsLongAsSeamSaysElseDoubling(t *testing.T) {
	t.Parallel()
	told := &seam.Error{Operation: "get_credential", Status: 429, RetryAfter: 90 * time.Second}
	untold := &seam.Error{Operation: "get_credential", Status: 429}
	k, clock := newKey(t, Limits{QPS: 100, Burst: 100, InFlight: 2, MaxRest: 5 * time.Second})

	for _, c := range []struct {
		err  error
		want time.Duration
	}{
		{untold, time.Second},
		{untold, 2 * time.Second},
		{untold, 4 * time.Second},
		{untold, 5 * time.Second},
		{told, 90 * time.Second},
	} {
		k.rest(c.err)
		wait, resting := k.admit(&turn{})
		if wait != c.want || !resting {
			t.Errorf("after %v the key rests %s (%t), want %s", c.err, wait, resting, c.want)
		}
		clock.Step(wait)
	}

	k.worked()
	k.rest(untold)
	if wait, _ := k.admit(&turn{}); wait != time.Second {
		t.Errorf("after an answer the key rests %s, want 1s again", wait)
	}
}

func TestAPersonalAccessTokenIsAKeyForEachWorkspace(t *testing.T) {
	t.Parallel()
	ring := newKeyring(mustAPI(t), Limits{QPS: 1, Burst: 1, InFlight: 1}, clocktesting.NewFakeClock(monday))
	personal, _ := seam.ParseToken("seam_at1token")
	plain, _ := seam.ParseToken("seam_test1key")

	a, _ := ring.key(personal, "11111111-1111-1111-1111-111111111111")
	b, _ := ring.key(personal, "11111111-1111-1111-1111-111111111112")
	c, _ := ring.key(plain, "11111111-1111-1111-1111-111111111111")
	d, _ := ring.key(plain, "")
	_, err := ring.key(personal, "")

	if a == b || c != d {
		t.Errorf("personal tokens share a key: %t, API keys share one: %t", a == b, c == d)
	}
	if !seam.IsTokenError(err) {
		t.Errorf("a personal access token without workspace gives %v", err)
	}
}

func mustAPI(t *testing.T) *seam.API {
	t.Helper()
	api, err := seam.New(seam.Options{Endpoint: "https://connect.getseam.com"})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func TestDelaysDoubleUpToTheLongest(t *testing.T) {
	t.Parallel()
	for times, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 3: 8 * time.Second, 9: 5 * time.Minute, 1000: 5 * time.Minute} {
		if got := doubled(time.Second, times, 5*time.Minute); got != want {
			t.Errorf("doubled %d times: %s, want %s", times, got, want)
		}
	}
}

func TestJitterStaysWithinATenth(t *testing.T) {
	t.Parallel()
	for range 1000 {
		if d := jitter(time.Hour); d < 54*time.Minute || d > 66*time.Minute {
			t.Fatalf("an hour became %s", d)
		}
	}
}

func TestAnErrorThatIsNotAboutSeamIsReturned(t *testing.T) {
	t.Parallel()
	p := &pass{Reconciler: &Reconciler{}, obj: &v1alpha1.CredentialAssignment{}}
	if reason, _ := p.blame(errors.New("etcd is slow")); reason != "" {
		t.Errorf("it was blamed on Seam as %s", reason)
	}
}
