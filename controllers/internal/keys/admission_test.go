package keys

import (
	"testing"
	"time"
)

func TestObjectsBeyondTheBurstWaitTheirTurnInOrder(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	k := s.key(apiKey, "")
	var first, second, third Turn

	s.admitted(k, &first, withClaim)
	s.waits(k, &second, withClaim, 500*time.Millisecond)
	s.waits(k, &third, withClaim, time.Second)
	s.clock.Step(500 * time.Millisecond)
	s.waits(k, &third, withClaim, 500*time.Millisecond) // woken early, it keeps its own turn
	s.admitted(k, &second, withClaim)

	if first.Waits(k) || second.Waits(k) || !third.Waits(k) {
		t.Error("who waits is not told from who was admitted")
	}
	s.throttledFor(1500 * time.Millisecond)
}

func TestAnObjectThatWaitsCanAskWithoutLosingOrGainingAnything(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	k := s.key(apiKey, "")
	var waiting Turn
	s.admitted(k, &Turn{}, withClaim)
	s.waits(k, &waiting, withClaim, 500*time.Millisecond)

	for range 20 {
		s.busyAbout(k.Check(&waiting), 500*time.Millisecond, 500*time.Millisecond)
	}
	s.clock.Step(500 * time.Millisecond)
	for range 20 {
		if err := k.Check(&waiting); err != nil {
			t.Fatalf("its turn has come, and it is told %v", err)
		}
	}
	s.admitted(k, &waiting, withClaim)
	s.waits(k, &Turn{}, withClaim, 500*time.Millisecond) // the next token, as if nobody had asked
}

func TestAnObjectWithAnotherKeyQueuesAnew(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	before, after := s.key(apiKey, ""), s.key("seam_test2key", "")
	var moved Turn
	s.admitted(before, &Turn{}, withClaim)
	s.waits(before, &moved, withClaim, 500*time.Millisecond)

	if moved.Waits(after) || moved.Waits(nil) || (&Turn{}).Waits(nil) {
		t.Error("it waits for a key that it never asked")
	}
	if err := after.Check(&moved); err != nil {
		t.Errorf("a key that it does not wait for says %v", err)
	}
	s.admitted(after, &moved, withClaim)
}

func TestOneKeyNeverFillsAllWorkers(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 2})
	k := s.key(apiKey, "")
	var third Turn
	s.admitted(k, &Turn{}, withClaim)
	s.admitted(k, &Turn{}, withClaim)

	s.isInLine(k.Admit(&third, withClaim))
	k.Leave()
	s.admitted(k, &third, withClaim)
}

func TestObjectsThatAreCrowdedOutDoNotComeBackTogether(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 100, Burst: 100, InFlight: 1})
	k := s.key(apiKey, "")
	s.admitted(k, &Turn{}, withClaim)

	waits := map[string]bool{}
	for range 50 {
		waits[k.Admit(&Turn{}, withClaim).Error()] = true
	}
	if len(waits) < 10 {
		t.Errorf("50 objects come back at %d different times", len(waits))
	}
}

func TestAWaitIsExplained(t *testing.T) {
	t.Parallel()
	for want, busy := range map[string]BusyError{
		"Seam limits how often this API key may ask: it rests for 1m30s":             {Wait: 90 * time.Second, Resting: true},
		"this API key is used as much as its limits allow: the next try is in 500ms": {Wait: 500 * time.Millisecond},
	} {
		if got := busy.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
