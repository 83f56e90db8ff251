package controllers_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// These stories are about looks of objects without the claim, which run beside the owner's work and keep nobody waiting.
// Where a call hangs, real time counts: a call may take 30 s, a look of an object without the claim 5 s.

const halfACall = 15 * time.Second

// slowRival adds an object that declares Bob, with a key that belongs to the workspace and whose calls meet the fault.
func (s *story) slowRival(fault fakeseam.Fault) {
	s.t.Helper()
	s.putSecret("slow", "seam_test2slow")
	s.seam.AddAPIKey("seam_test2slow", workspace)
	fault.Token = "seam_test2slow"
	s.seam.Inject(fault)
	s.declare("slow", forUser(bob), withSecret("slow"))
}

// hanging is a fault that holds calls until the test ends.
func hanging(t *testing.T, times int) fakeseam.Fault {
	gate := make(chan struct{})
	t.Cleanup(func() { close(gate) })
	return fakeseam.Fault{Gate: gate, Times: times}
}

func TestARivalWhoseKeyHangsDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.slowRival(hanging(t, 0))
	s.held(fakeseam.OpGetCredential)

	began := time.Now()
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARivalWhoseKeyHangsDelaysNoMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.slowRival(hanging(t, 0))
	s.held(fakeseam.OpGetCredential)

	began, clock := time.Now(), s.clock.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) })

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.clock.Since(clock)).To(BeNumerically("<", 20*time.Second))
}

func TestManyRivalsWhoseKeyHangsDelayNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 8
	s.operate()
	s.declare("alice-mobile-key")
	s.turnsAssigned("alice-mobile-key")
	s.putSecret("slow", "seam_test2slow")
	fault := hanging(t, 0)
	fault.Token = "seam_test2slow"
	s.seam.Inject(fault)
	for i := range 12 { // more than there are workers
		s.declare(fmt.Sprintf("slow-%d", i), forUser(bob), withSecret("slow"))
	}
	s.held(fakeseam.OpGetCredential)

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) && s.isReady("alice-mobile-key") })
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestALoserWhoseKeyHungLooksAgain(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	fault := hanging(t, 1)
	s.slowRival(fault)
	s.edit("slow", forUser(alice))
	s.held(fakeseam.OpGetCredential)

	began := time.Now()
	s.until(func() bool { return s.isReady("slow") })

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall), "five seconds a call, and not thirty")
	s.Expect(conditionReason(s.get("slow"), v1alpha1.ConditionReady)).To(Equal(v1alpha1.ReasonAssigned))
}

func TestARivalWhoseKeyRestsDelaysNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": bob, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.slowRival(fakeseam.Fault{Status: 429, RetryAfter: "300"})
			s.edit("slow", forUser(person))
			s.untilBy(20*time.Millisecond, func() bool { return readyOf(s.get("slow")).Reason == v1alpha1.ReasonRateLimited })

			began := s.clock.Now()
			s.edit("alice-mobile-key", forUser(carol))
			s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) && s.isReady("alice-mobile-key") })
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))
			s.edit("slow", forUser(carol))

			began = s.clock.Now()
			s.delete("alice-mobile-key")
			s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user("") })
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second), "its status does not show that its key reads the credential")
		})
	}
}

// between gives the credential in spec to two persons in turn.
func between(first, second string) func(o *object, i int) {
	return func(o *object, i int) { o.Spec.ACSUserID = []string{first, second}[i%2] }
}

func TestARivalEditedAgainAndAgainDelaysNoMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.slowRival(fakeseam.Fault{Delay: 200 * time.Millisecond})
	s.untilBy(20*time.Millisecond, func() bool { return s.says("slow", v1alpha1.ReasonConflictingClaim) })
	end := s.againAndAgain("slow", between(alice, bob))

	began, clock := time.Now(), s.clock.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) && s.isReady("alice-mobile-key") })

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.clock.Since(clock)).To(BeNumerically("<", 20*time.Second))
	end()
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + carol}))
}

func TestARivalEditedAgainAndAgainDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(o *object, i int){
		"between two others":          between(bob, carol),
		"to the same person and back": between(alice, bob),
		"between two modes": func(o *object, i int) {
			o.Spec.ACSUserID, o.Spec.Mode = alice, []v1alpha1.Mode{v1alpha1.ModeObserve, v1alpha1.ModeEnforce}[i%2]
		},
		"suspended and back": func(o *object, i int) { o.Spec.ACSUserID, o.Spec.Suspend = alice, i%2 == 0 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignedToAlice(t)
			s.SetDefaultEventuallyTimeout(60 * time.Second)
			s.slowRival(fakeseam.Fault{Delay: 200 * time.Millisecond})
			s.untilBy(20*time.Millisecond, func() bool { return s.says("slow", v1alpha1.ReasonConflictingClaim) })
			end := s.againAndAgain("slow", edit)

			began := s.clock.Now()
			s.delete("alice-mobile-key")
			s.untilBy(50*time.Millisecond, func() bool { return s.isNoMore("alice-mobile-key") })

			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 55*time.Second), "the grace, and half a minute for one whose key reads the credential")
			end()
			s.edit("slow", forUser(carol), inMode(v1alpha1.ModeEnforce), suspended(false))
			s.untilBy(50*time.Millisecond, func() bool { return s.holder() == user(carol) && s.isReady("slow") })
			s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
		})
	}
}

func TestARivalEditedAgainAndAgainKeepsNoNewPersonWaiting(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("older", forUser(bob), withSecret("bogus"))
	s.turnsStalled("older", v1alpha1.ReasonUnauthorized)
	s.ages("older")
	end := s.againAndAgain("older", between(carol, bob))

	began := s.clock.Now()
	s.declare("alice-mobile-key")
	s.untilBy(20*time.Millisecond, func() bool { return s.isReady("alice-mobile-key") })

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))
	end()
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestRivalsThatComeAgainAndAgainDelayNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.slowRival(hanging(t, 0))
	came := 0
	comes := func(person string) { // one that nobody has handled, and that is gone when the next one comes
		came++
		s.declare(fmt.Sprintf("new-%d", came), forUser(person), withSecret("slow"))
		if came > 1 {
			s.delete(fmt.Sprintf("new-%d", came-1))
		}
	}

	began := s.clock.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(100*time.Millisecond, func() bool { comes(carol); return s.holder() == user(carol) && s.isReady("alice-mobile-key") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 30*time.Second))

	began = s.clock.Now()
	s.delete("alice-mobile-key")
	s.untilBy(100*time.Millisecond, func() bool { comes(carol); return s.holder() != user(carol) })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 30*time.Second), "the grace, and five seconds for all of them together")
}

func TestARivalThatCannotBeWrittenDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	var failed atomic.Int64
	s.traffic.mu.Lock()
	s.traffic.before = func(write string) error {
		if strings.Contains(write, "rival") {
			failed.Add(1)
			return errUnplugged
		}
		return nil
	}
	s.traffic.mu.Unlock()
	s.declare("rival", forUser(bob))
	s.until(func() bool { return failed.Load() >= 10 })

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.untilBy(100*time.Millisecond, func() bool { return s.holder() == user("") })

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 30*time.Second))
}

func TestADeclarationBetweenTwoCallsOfALosersLookIsNotMissed(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	s.declare("slow", forUser(bob), withSecret("seam"))
	s.turnsStalled("slow", v1alpha1.ReasonConflictingClaim)
	s.rests()
	fault := hanging(t, 0)
	fault.Token = "seam_test2slow"
	s.seam.Inject(fault)
	reached, goOn := make(chan struct{}), make(chan struct{})
	s.traffic.mu.Lock()
	s.traffic.reading = func() {
		s.traffic.mu.Lock()
		s.traffic.reading = nil
		s.traffic.mu.Unlock()
		close(reached)
		<-goOn
	}
	s.traffic.mu.Unlock()
	s.edit("slow", withSecret("slow"))
	s.Eventually(reached).Should(BeClosed(), "the loser's Secret is being read")

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) })
	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	close(goOn)
	s.held(fakeseam.OpGetCredential)

	began = time.Now()
	s.edit("alice-mobile-key", forUser(alice))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(alice) })
	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
}

func TestALoserThatWaitsForAnothersQuestionDelaysNoMove(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 4
	s.operate()
	s.declare("alice-mobile-key")
	s.turnsAssigned("alice-mobile-key")
	s.putSecret("slow", "seam_test2slow")
	s.addKeyElsewhere("seam_test2slow")
	fault := hanging(t, 1)
	fault.Token, fault.Operation = "seam_test2slow", fakeseam.OpGetWorkspace
	s.seam.Inject(fault)
	// an object of another credential asks first, the loser waits for its answer
	s.declare("innocent", withSecret("slow"), func(o *object) { o.Spec.ACSCredentialID = nobody })
	s.held(fakeseam.OpGetWorkspace)
	reads := len(s.seam.Calls())
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.untilBy(20*time.Millisecond, func() bool { return len(s.seam.Calls()) > reads })

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(carol) })

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
}

func TestALosersQuestionThatWasGivenUpIsNoOutageForOthers(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	s.addKeyElsewhere("seam_test2slow")
	fault := hanging(t, 1)
	fault.Token, fault.Operation = "seam_test2slow", fakeseam.OpGetWorkspace
	s.seam.Inject(fault)
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetWorkspace)
	s.declare("innocent", withSecret("slow"), func(o *object) { o.Spec.ACSCredentialID = nobody })
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitCalls(ctx, 3, fakeseam.OpGetCredential)).To(Succeed()) // innocent wants to know as well

	// five seconds later the loser gives up, and innocent asks by itself: Seam answers all the time
	s.Eventually(func() string { return readyOf(s.get("innocent")).Reason }).Should(Equal(v1alpha1.ReasonCredentialNotFound))
	s.Expect(s.events("innocent")).NotTo(ContainElement(ContainSubstring(v1alpha1.ReasonSeamUnavailable)))
}

func TestABurstOf429RestsTheKeyOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Concurrency, s.options.Limits.InFlight = 8, 8
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Gate: gate, Status: 429, Times: 8})
	s.operate()
	for i := range 8 {
		s.declare(fmt.Sprintf("key-%d", i), func(o *object) { o.Spec.ACSCredentialID = s.another() })
	}
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitHeld(ctx, 8, fakeseam.OpGetCredential)).To(Succeed())
	began := s.clock.Now()
	close(gate)
	s.reconciling("key-0", v1alpha1.ReasonRateLimited)
	s.untilBy(20*time.Millisecond, func() bool { return s.isReady("key-0") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 10*time.Second), "one moment of 429 rests the key 1 s")
}
