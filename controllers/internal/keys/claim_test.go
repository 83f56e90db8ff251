package keys

import (
	"testing"
	"time"
)

func TestAnObjectWithTheClaimNeverWaitsBehindFiveHundredWithout(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 50, Burst: 100, InFlight: 1000})
	k := s.key(apiKey, "")

	admitted := 0
	others := make([]Turn, 500)
	for i := range others {
		if k.Admit(&others[i], withoutClaim) == nil {
			admitted++
		}
	}
	if admitted != 50 {
		t.Errorf("%d of 500 without the claim were admitted, want half of the burst", admitted)
	}
	for range 50 {
		s.admitted(k, &Turn{}, withClaim)
	}
	s.waits(k, &Turn{}, withClaim, 20*time.Millisecond)
}

func TestAnObjectWithoutTheClaimComesWhenMoreThanHalfOfTheBurstIsLeft(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 4, InFlight: 10})
	k := s.key(apiKey, "")
	var without Turn
	for range 4 {
		s.admitted(k, &Turn{}, withClaim)
	}

	s.waits(k, &without, withoutClaim, 1501*time.Millisecond)
	s.throttledFor(1501 * time.Millisecond)
	s.clock.Step(1400 * time.Millisecond)
	s.waits(k, &without, withoutClaim, 101*time.Millisecond)
	s.clock.Step(101 * time.Millisecond)
	for range 20 {
		if err := k.Check(&without); err != nil {
			t.Fatalf("its time has come, and it is told %v", err)
		}
	}
	s.admitted(k, &without, withoutClaim)
	s.admitted(k, &Turn{}, withClaim)
	s.admitted(k, &Turn{}, withClaim)
	s.waits(k, &Turn{}, withClaim, 499*time.Millisecond)
}

func TestAnObjectWithoutTheClaimGoesOnWaitingWhileOthersUseTheKey(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 4, InFlight: 100})
	k := s.key(apiKey, "")
	var without Turn
	for range 4 {
		s.admitted(k, &Turn{}, withClaim)
	}
	s.waits(k, &without, withoutClaim, 1501*time.Millisecond)
	s.clock.Step(1501 * time.Millisecond)
	s.admitted(k, &Turn{}, withClaim)

	s.busyAbout(k.Check(&without), 499*time.Millisecond, 501*time.Millisecond)
	s.clock.Step(499 * time.Millisecond)
	s.admitted(k, &without, withoutClaim)
}

func TestABurstOfOneServesObjectsWithoutTheClaimToo(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	k := s.key(apiKey, "")
	var second Turn

	s.admitted(k, &Turn{}, withoutClaim)
	s.waits(k, &second, withoutClaim, 501*time.Millisecond)
	s.clock.Step(501 * time.Millisecond)
	s.admitted(k, &second, withoutClaim)
}

func TestObjectsWithoutTheClaimLeaveOnePlaceInFlight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ inFlight, want int }{
		"of eight": {inFlight: 8, want: 7},
		"of two":   {inFlight: 2, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, Limits{QPS: 100, Burst: 1000, InFlight: c.inFlight})
			k := s.key(apiKey, "")
			var without Turn

			for range c.want {
				s.admitted(k, &Turn{}, withoutClaim)
			}
			s.isInLine(k.Admit(&without, withoutClaim))
			s.admitted(k, &Turn{}, withClaim)
			k.Leave()
			s.isInLine(k.Admit(&without, withoutClaim))
			k.Leave()
			s.admitted(k, &without, withoutClaim)
		})
	}
}

func TestTheOnlyPlaceInFlightServesObjectsWithoutTheClaimToo(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1})
	k := s.key(apiKey, "")

	s.admitted(k, &Turn{}, withoutClaim)
	s.isInLine(k.Admit(&Turn{}, withoutClaim))
}

func TestAnObjectThatGainsTheClaimWaitsNoLongerThanOthersWithIt(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 4, InFlight: 10})
	k := s.key(apiKey, "")
	var winner Turn
	s.admitted(k, &Turn{}, withClaim)
	s.admitted(k, &Turn{}, withClaim)
	s.waits(k, &winner, withoutClaim, 501*time.Millisecond)

	s.admitted(k, &winner, withClaim)
}

func TestAnObjectThatLosesTheClaimKeepsItsTurnButNotTheLastPlace(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 2})
	k := s.key(apiKey, "")
	var loser Turn
	s.admitted(k, &Turn{}, withClaim)
	s.waits(k, &loser, withClaim, 500*time.Millisecond)
	s.clock.Step(500 * time.Millisecond)

	s.isInLine(k.Admit(&loser, withoutClaim))
	k.Leave()
	s.admitted(k, &loser, withoutClaim)
}
