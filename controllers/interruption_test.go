package controllers_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

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
	s.clock.SetTime(time.Now())
	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.until(func() bool { return s.holder() == user("") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 30*time.Second))
}

func TestADeclarationBetweenTwoCallsOfALosersLookIsNotMissed(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	s.declare("slow", forUser(bob), withSecret("seam"))
	s.stalled("slow", v1alpha1.ReasonConflictingClaim)
	s.rests()
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
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
	<-reached // the loser's Secret is being read
	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.cached("alice-mobile-key", func(o *object) bool { return o.Spec.ACSUserID == carol })
	close(goOn)
	s.SetDefaultEventuallyTimeout(60 * time.Second)
	s.Eventually(func() bool { return s.holder() == user(carol) }).Should(BeTrue())
	s.Expect(time.Since(began)).To(BeNumerically("<", 15*time.Second), "half of what a call may take")
}

func TestALoserThatWaitsForAnothersQuestionGivesWay(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	const other = "66666666-6666-6666-6666-000000000002"
	s.putSecret("slow", "seam_test2slow")
	s.addKeyElsewhere("seam_test2slow")
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Operation: fakeseam.OpGetWorkspace, Gate: gate, Times: 1})
	// an object of another credential asks first, the loser waits for its answer
	s.declare("innocent", withSecret("slow"), func(o *object) { o.Spec.ACSCredentialID = other })
	s.held(fakeseam.OpGetWorkspace)
	reads := len(s.seam.Calls())
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.Eventually(func() int { return len(s.seam.Calls()) }).Should(BeNumerically(">", reads))
	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.SetDefaultEventuallyTimeout(60 * time.Second)
	s.Eventually(func() bool { return s.holder() == user(carol) }).Should(BeTrue())
	close(gate)
	s.Expect(time.Since(began)).To(BeNumerically("<", 15*time.Second), "half of what a call may take")
}

func TestALosersInterruptedQuestionIsNoOutageForOthers(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	const other = "66666666-6666-6666-6666-000000000002"
	s.putSecret("slow", "seam_test2slow")
	s.addKeyElsewhere("seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Operation: fakeseam.OpGetWorkspace, Gate: gate, Times: 1})
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetWorkspace)
	s.declare("innocent", withSecret("slow"), func(o *object) { o.Spec.ACSCredentialID = other })
	s.Expect(s.seam.AwaitCalls(s.ctx, 4, fakeseam.OpGetCredential)).To(Succeed())
	s.edit("alice-mobile-key", forUser(carol))
	s.Eventually(func() int64 { return s.get("innocent").Status.ObservedGeneration }).Should(Equal(int64(1)))
	s.Expect(readyOf(s.get("innocent")).Reason).NotTo(Equal(v1alpha1.ReasonSeamUnavailable), "Seam answers all the time")
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
	s.Expect(s.seam.AwaitHeld(s.ctx, 8, fakeseam.OpGetCredential)).To(Succeed())
	began := s.clock.Now()
	close(gate)
	s.reconciling("key-0", v1alpha1.ReasonRateLimited)
	s.until(func() bool { return s.isReady("key-0") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 10*time.Second), "one moment of 429 rests the key 1 s")
}
