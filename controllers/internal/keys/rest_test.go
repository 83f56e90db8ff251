package keys

import (
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

var (
	limited       = &seam.Error{Operation: seam.OpGetCredential, Status: 429}
	limitedFor90s = &seam.Error{Operation: seam.OpGetCredential, Status: 429, RetryAfter: 90 * time.Second}
	downFor90s    = &seam.Error{Operation: seam.OpGetCredential, Status: 503, RetryAfter: 90 * time.Second}
)

func TestAKeyRestsAsLongAsSeamSaysElseDoubling(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 2, MaxRest: 5 * time.Second})
	k := s.key(apiKey, "")

	for _, c := range []struct {
		err  error
		want time.Duration
	}{
		{limited, time.Second},
		{limited, 2 * time.Second},
		{limited, 4 * time.Second},
		{limited, 5 * time.Second},
		{limitedFor90s, 90 * time.Second},
		{downFor90s, 90 * time.Second},
	} {
		k.Rest(c.err)
		s.rests(k, c.want)
		s.clock.Step(c.want)
		s.admitted(k, &Turn{}, withClaim)
		k.Leave()
	}
	s.throttledFor(192 * time.Second)

	k.Worked()
	k.Rest(limited)
	s.rests(k, time.Second)
}

func TestAnswersOfCallsThatWereUnderWayAreOneRest(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 10, MaxRest: 5 * time.Minute})
	k := s.key(apiKey, "")

	k.Rest(limited)
	k.Rest(limited)
	s.rests(k, time.Second)
	k.Rest(limitedFor90s)
	k.Rest(limitedFor90s)
	k.Rest(limited)
	s.rests(k, 90*time.Second)
	k.Rest(&seam.Error{Status: 429, RetryAfter: time.Second})
	s.rests(k, 90*time.Second)

	s.throttledFor(90 * time.Second)
}

func TestARestKeepsTheTurnsOfThoseWhoWait(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 1})
	k := s.key(apiKey, "")
	var waiting Turn
	s.admitted(k, &Turn{}, withClaim)
	s.waits(k, &waiting, withClaim, 500*time.Millisecond)

	k.Rest(limitedFor90s)
	s.clock.Step(90 * time.Second)
	s.isInLine(k.Admit(&waiting, withClaim))
	k.Leave()
	s.admitted(k, &waiting, withClaim)
}

func TestObjectsThatComeDuringARestTakeNoTurnFromThoseThatComeAfterIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 1, MaxRest: time.Second})
	k := s.key(apiKey, "")

	k.Rest(limited)
	for range 20 {
		s.rests(k, time.Second)
	}
	s.clock.Step(time.Second)
	s.admitted(k, &Turn{}, withClaim)
}

func TestAnObjectThatDoesNotWaitIsToldOfARest(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1, MaxRest: time.Second})
	k := s.key(apiKey, "")

	k.Rest(limited)
	if err := k.Check(&Turn{}); err == nil || err.Error() != "Seam limits how often this API key may ask: it rests for 1s" {
		t.Errorf("got %v", err)
	}
}
