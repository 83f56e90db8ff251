package keys

import (
	"cmp"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

const (
	withClaim    = true
	withoutClaim = false

	apiKey        = "seam_test1key"
	personalToken = "seam_at1token"
	workspace     = "11111111-1111-1111-1111-111111111111"
	elsewhere     = "22222222-2222-2222-2222-222222222222"
)

var monday = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// story is one ring on a fake clock, and what it told the metric.
type story struct {
	*testing.T
	*Ring
	clock     *clocktesting.FakeClock
	throttled atomic.Int64 // nanoseconds
	recovered atomic.Int64
}

func newStory(t *testing.T, limits Limits) *story {
	t.Helper()
	return newStoryAt(t, "https://connect.getseam.com", limits)
}

func newStoryAt(t *testing.T, endpoint string, limits Limits) *story {
	t.Helper()
	api, err := seam.New(seam.Options{Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(api.CloseIdleConnections)
	s := &story{T: t, clock: clocktesting.NewFakeClock(monday)}
	s.Ring = NewRing(api, limits, s.clock, Hooks{
		Throttled: func(wait time.Duration) { s.throttled.Add(int64(wait)) },
		Recovered: func(*Key) { s.recovered.Add(1) },
	})
	return s
}

// key returns the key of a token in a workspace, which Seam has named.
func (s *story) key(raw, workspaceID string) *Key {
	s.Helper()
	k := s.newKey(raw, workspaceID)
	k.BelongsTo(cmp.Or(workspaceID, workspace))
	return k
}

// newKey returns the key of a token of which nothing is known yet.
func (s *story) newKey(raw, workspaceID string) *Key {
	s.Helper()
	token, err := seam.ParseToken(raw)
	if err != nil {
		s.Fatal(err)
	}
	k, err := s.Key(token, workspaceID)
	if err != nil {
		s.Fatal(err)
	}
	return k
}

// throttledFor wants the metric to count so long in all.
func (s *story) throttledFor(want time.Duration) {
	s.Helper()
	if got := time.Duration(s.throttled.Load()); got != want {
		s.Errorf("the metric counts %s, want %s", got, want)
	}
}

// admitted lets an object in that must not wait.
func (s *story) admitted(k *Key, t *Turn, hasClaim bool) {
	s.Helper()
	if err := k.Admit(t, hasClaim); err != nil {
		s.Errorf("it is not admitted: %v", err)
	}
}

// waits lets an object ask that has to wait so long for the limits set here.
func (s *story) waits(k *Key, t *Turn, hasClaim bool, want time.Duration) {
	s.Helper()
	s.busyAbout(k.Admit(t, hasClaim), want, want)
}

// busyAbout wants an error that tells to wait so long for the limits set here.
func (s *story) busyAbout(err error, shortest, longest time.Duration) {
	s.Helper()
	var busy *BusyError
	if !errors.As(err, &busy) || busy.Resting || busy.Wait < shortest || busy.Wait > longest {
		s.Errorf("got %v, want to wait %s to %s", err, shortest, longest)
	}
}

// isInLine wants the object to wait until it is called: what it is told is only for the case that nobody does.
func (s *story) isInLine(err error) {
	s.Helper()
	s.busyAbout(err, 54*time.Second, 66*time.Second)
}

// rests wants the key to rest so long for everybody.
func (s *story) rests(k *Key, want time.Duration) {
	s.Helper()
	var busy *BusyError
	if err := k.Admit(&Turn{}, withClaim); !errors.As(err, &busy) || !busy.Resting || busy.Wait != want {
		s.Errorf("got %v, want a rest of %s", err, want)
	}
	if got := k.RestsUntil().Sub(s.clock.Now()); got != want {
		s.Errorf("it says that it rests %s, want %s", got, want)
	}
}

// Check returns what Admit would return for a turn that waits for the key, and changes nothing. A turn that does not
// wait is only told whether the key rests.
func (k *Key) Check(t *Turn) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.refusal(t, k.clock.Now())
}
