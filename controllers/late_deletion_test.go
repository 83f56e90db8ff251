package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories an object is deleted while a lost assignment may still land, and clocks differ.

func TestALostAssignThatLandsAfterItsDeadlineIsFoundByTheDeletion(t *testing.T) {
	t.Parallel()
	for name, lateBy := range map[string]time.Duration{"before its deadline": 20 * time.Second, "after its deadline": 45 * time.Second} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: lateBy, Times: 1})
			s.operate()
			s.declare("alice-mobile-key")
			s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

			s.delete("alice-mobile-key")
			s.gone("alice-mobile-key")

			s.quietAtLast()
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
		})
	}
}

func TestALostAssignThatNeverLandsKeepsADeletedObjectForAMinuteOnly(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	sent := s.seam.Writes()[0].Time

	s.delete("alice-mobile-key")
	s.untilBy(200*time.Millisecond, func() bool { return s.isGone("alice-mobile-key") })

	s.Expect(s.clock.Since(sent)).To(And(BeNumerically(">=", 60*time.Second), BeNumerically("<", 90*time.Second)), "2 x --seam-timeout")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestALostAssignThatLandsLateIsFoundByTheNextProcessToo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 45 * time.Second, Times: 1})
	_, kill := s.run()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.delete("alice-mobile-key")
	kill()
	s.clock.Step(10 * time.Second)

	s.operate()

	s.gone("alice-mobile-key")
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user("")))
}

// atClock is a story whose operator's clock is so far from the API server's.
func atClock(t *testing.T, ahead time.Duration) *story {
	t.Helper()
	s := newStory(t)
	s.clock.SetTime(time.Now().Add(ahead))
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	return s
}

func TestTheClocksOfOthersNeitherDelayARevocationNorCutTheGrace(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"ten minutes behind": -10 * time.Minute, "ten seconds ahead": 10 * time.Second, "an hour ahead": time.Hour} {
		t.Run(name, func(t *testing.T) {
			s := atClock(t, ahead)

			s.delete("alice-mobile-key")
			deleted := s.clock.Now()
			s.untilBy(100*time.Millisecond, func() bool { return s.holder() == user("") })

			s.Expect(s.clock.Since(deleted)).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)))
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

			s.gone("alice-mobile-key")
			s.until(func() bool { return s.isReady("renamed") })
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestARestoredTimeOfAPendingWriteDelaysNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, Times: 1})
	_, kill := s.run()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	kill()
	s.clock.SetTime(s.clock.Now().Add(-30 * time.Minute)) // the next process's clock is behind

	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.holder() == user(alice) })

	s.Expect(s.clock.Since(began)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 90*time.Second)), "--seam-timeout, by its own clock")
}
