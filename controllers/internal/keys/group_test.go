package keys

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// hangs is how a call fails that ran into its deadline.
var hangs = &seam.Error{Operation: seam.OpGetCredential, Err: context.DeadlineExceeded}

// caller is an object that waits for its turn, and counts how often it was called.
type caller struct {
	Turn
	calls int
}

func newCaller() *caller {
	c := &caller{}
	c.Wake = func() { c.calls++ }
	return c
}

func (s *story) wasCalled(c *caller, want int) {
	s.Helper()
	if c.calls != want {
		s.Errorf("it was called %d times, want %d", c.calls, want)
	}
}

// newKeys returns keys of which nothing is known yet.
func (s *story) newKeys(n int) []*Key {
	s.Helper()
	list := make([]*Key, n)
	for i := range list {
		list[i] = s.newKey(fmt.Sprintf("seam_test%dnew", i), "")
	}
	return list
}

func TestAllKeysOfAWorkspaceShareItsPlaces(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 2})
	first, second, other := s.key(apiKey, ""), s.key("seam_test2key", ""), s.key("seam_test3key", "")
	other.BelongsTo(elsewhere)
	waiting := newCaller()

	s.admitted(first, &Turn{}, withClaim)
	s.admitted(second, &Turn{}, withClaim)
	s.isInLine(second.Admit(&waiting.Turn, withClaim))
	s.admitted(other, &Turn{}, withClaim)

	first.Leave()
	s.wasCalled(waiting, 1)
	s.admitted(second, &waiting.Turn, withClaim)
}

func TestAPlaceIsKeptForWhoeverIsCalledForASecond(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1})
	k := s.key(apiKey, "")
	first, second := newCaller(), newCaller()
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&first.Turn, withClaim))
	s.isInLine(k.Admit(&second.Turn, withClaim))

	k.Leave()

	s.isInLine(k.Admit(&second.Turn, withClaim)) // it comes by itself, and the place is the first one's
	if !first.IsCalled() || second.IsCalled() {
		t.Error("the first in the line is not the one that was called")
	}
	s.clock.Step(time.Second)
	s.admitted(k, &second.Turn, withClaim) // the first one did not come
}

func TestWhoeverQuitsLeavesItsPlaceToTheNext(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1})
	k := s.key(apiKey, "")
	gone, next := newCaller(), newCaller()
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&gone.Turn, withClaim))
	s.isInLine(k.Admit(&next.Turn, withClaim))

	gone.Quit()
	k.Leave()

	s.wasCalled(gone, 0)
	s.wasCalled(next, 1)
}

func TestUrgentOnesAreCalledFirstButRoutineOnesAtTimes(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1000, Burst: 1000, InFlight: 2})
	k := s.key(apiKey, "")
	routine := newCaller()
	s.admitted(k, &Turn{}, withClaim)
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&routine.Turn, withoutClaim))
	urgent := make([]*caller, 40)
	for i := range urgent {
		urgent[i] = newCaller()
		s.isInLine(k.Admit(&urgent[i].Turn, withClaim))
	}

	before := 0
	for ; before < len(urgent) && routine.calls == 0; before++ {
		k.Leave()
		if routine.calls == 0 {
			s.admitted(k, &urgent[before].Turn, withClaim)
		}
	}
	k.Leave()

	if before < 2 || before > 12 {
		t.Errorf("it was called after %d urgent ones", before)
	}
}

func TestANewKeyMakesOneCallUntilItsWorkspaceIsKnown(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 4})
	k := s.newKey(apiKey, "")
	second := newCaller()
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&second.Turn, withClaim))
	ctx, ended := k.FirstCall(t.Context())
	defer ended()
	if _, isBounded := ctx.Deadline(); !isBounded {
		t.Error("its first call may take as long as it likes")
	}

	k.BelongsTo(workspace)

	s.wasCalled(second, 1)
	s.admitted(k, &second.Turn, withClaim)
	if ctx, _ := k.FirstCall(t.Context()); ctx != t.Context() {
		t.Error("its calls are bounded though it is known")
	}
}

// Whoever brings a hundred keys of a workspace that hangs keeps nobody waiting for more than half a second.
func TestTheNewestKeyGoesFirstAndFirstCallsThatHangAreGivenUpForIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 8})
	keys := s.newKeys(101)
	callers := make([]*caller, len(keys))
	calls := make([]context.Context, len(keys))
	for i, k := range keys[:100] {
		callers[i] = newCaller()
		if k.Admit(&callers[i].Turn, withClaim) == nil {
			calls[i], _ = k.FirstCall(t.Context())
		}
	}
	s.clock.Step(400 * time.Millisecond)
	newest, mine := keys[100], newCaller()

	s.busyAbout(newest.Admit(&mine.Turn, withClaim), 500*time.Millisecond, 500*time.Millisecond)
	s.clock.Step(100 * time.Millisecond)
	_ = keys[50].Admit(&callers[50].Turn, withClaim) // any of them comes by

	s.wasCalled(mine, 1)
	s.admitted(newest, &mine.Turn, withClaim)
	preempted := 0
	for i, call := range calls {
		if call != nil && keys[i].IsPreempted() {
			<-call.Done()
			preempted++
		}
	}
	if preempted == 0 || preempted > 8 {
		t.Errorf("%d first calls were given up", preempted)
	}
}

func TestKeysThatGaveNoAnswerTakeNoPlaceFromNewOnes(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 2})
	silent := s.newKeys(3)
	for _, k := range silent {
		k.Failed(hangs)
	}
	s.admitted(silent[0], &Turn{}, withClaim)
	s.admitted(silent[1], &Turn{}, withClaim)
	s.isInLine(silent[2].Admit(&Turn{}, withClaim))

	s.admitted(s.newKey("seam_test9new", ""), &Turn{}, withClaim)
}

func TestAKeyWhoseCallsHangTakesTwoPlaces(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 8})
	k, other := s.key(apiKey, ""), s.key("seam_test2key", "")
	third := newCaller()
	k.Failed(hangs)

	s.admitted(k, &Turn{}, withClaim)
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&third.Turn, withClaim))
	s.admitted(other, &Turn{}, withClaim)
	k.Worked()

	s.wasCalled(third, 1)
}

func TestGroupsThatNobodyUsesAreForgotten(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1})
	k := s.newKey(apiKey, "")
	waiting := newCaller()
	s.admitted(k, &Turn{}, withClaim)
	s.isInLine(k.Admit(&waiting.Turn, withClaim))
	k.BelongsTo(workspace)
	waiting.Quit()
	k.Leave()

	if len(s.groups) != 0 {
		t.Errorf("%d groups are kept", len(s.groups))
	}
}

func TestObjectsOfAFailingKeyGoByWhatTheLastOneWasTold(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 8})
	k := s.key(apiKey, "")
	refused := &seam.Error{Operation: seam.OpGetCredential, Status: 401}
	for range opensAfter {
		s.admitted(k, &Turn{}, withClaim)
		k.Failed(refused)
		k.Leave()
	}

	err := k.Admit(&Turn{}, withClaim)

	var failing *FailingError
	if !errors.As(err, &failing) || !seam.IsUnauthorized(err) || !k.IsFailing() {
		t.Fatalf("got %v, want what the last call was told", err)
	}
	s.clock.SetTime(failing.Until)
	s.admitted(k, &Turn{}, withClaim) // the probe
	if err := k.Admit(&Turn{}, withClaim); !errors.As(err, &failing) {
		t.Errorf("two try at the same time: %v", err)
	}
	k.Worked()
	s.admitted(k, &Turn{}, withClaim)
	if s.recovered.Load() != 1 || k.IsFailing() {
		t.Error("nobody is told that it works again")
	}
}

func TestProbesOfAFailingKeyGetRarer(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 8})
	k := s.key(apiKey, "")
	began, probes := s.clock.Now(), 0
	for s.clock.Since(began) < 10*time.Minute {
		if k.Admit(&Turn{}, withClaim) == nil {
			probes++
			k.Failed(hangs)
			k.Leave()
		}
		s.clock.Step(100 * time.Millisecond)
	}

	if probes < 20 || probes > 40 {
		t.Errorf("%d calls in ten minutes, want about one every 30 s", probes)
	}
}

func TestA429WithoutATimeHalvesTheRateAndAnswersRaiseIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 64, Burst: 1, InFlight: 100, MaxRest: time.Minute})
	k := s.key(apiKey, "")
	wantRate := func(want float64) {
		t.Helper()
		if got := float64(k.limiter.Limit()); got < want*0.99 || got > want*1.01 {
			t.Errorf("the rate is %v/s, want %v", got, want)
		}
	}

	k.Rest(limited)
	wantRate(32)
	for range 20 {
		s.clock.Step(time.Minute)
		k.Rest(limited)
	}
	wantRate(4)
	k.Rest(limitedFor90s) // which says it all
	wantRate(4)
	for range 25 {
		k.Worked()
	}
	wantRate(4 + 32)
	for range 100 {
		k.Worked()
	}
	wantRate(64)
}
