package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// In these stories clocks differ: the operator goes by its own.

// atClock is a story whose operator's clock is so far from the API server's.
func atClock(t *testing.T, ahead time.Duration) *story {
	t.Helper()
	s := newStory(t)
	s.clock.SetTime(time.Now().Add(ahead))
	s.assignToAlice()
	return s
}

func TestTheClocksOfOthersNeitherDelayARevocationNorCutTheGrace(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ten minutes behind": -10 * time.Minute, "ten seconds ahead": 10 * time.Second, "an hour ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := atClock(t, ahead)

			s.delete("alice-mobile-key")
			took := s.untilBy(100*time.Millisecond, s.isHeldBy(""))

			s.Expect(took).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)))
			s.gone("alice-mobile-key")
		})
	}
}

func TestAManifestRenamedUnderAnotherClockLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ten minutes behind": -10 * time.Minute, "ten seconds ahead": 10 * time.Second} {
		t.Run(name, func(t *testing.T) {
			s := atClock(t, ahead)

			s.delete("alice-mobile-key")
			s.clock.Step(time.Second)
			s.declare("renamed")
			s.handled("renamed", 1)

			s.untilBy(100*time.Millisecond, s.isGone("alice-mobile-key"), s.isReady("renamed"))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestARestoredTimeOfAPendingWriteDelaysNothing(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)
	s.kill()
	s.clock.SetTime(s.clock.Now().Add(-30 * time.Minute)) // the next process's clock is behind

	s.operate()
	took := s.until(s.isHeldBy(alice))

	s.Expect(took).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 90*time.Second)), "--seam-timeout, by its own clock")
}

func TestARecordByAnotherClockCountsFromWhenItWasFirstSeen(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"one that is ahead": time.Hour, "one that is behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			now := s.clock.Now()
			s.clock.SetTime(now.Add(ahead))
			s.operate()
			s.killedAt(before(isAssign), func() { s.declare("alice-mobile-key") })
			s.clock.SetTime(now)

			s.operate()
			s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

			s.until(s.isReady("alice-mobile-key"))
			s.Expect(s.sent(1).Sub(now)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 2*time.Minute)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}
