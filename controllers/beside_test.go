package controllers_test

import (
	"fmt"
	"net/http"
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
func (s *story) slowRival(fault fakeseam.Fault, changes ...change) {
	s.t.Helper()
	fault.Token = s.addKey("slow")
	s.seam.Inject(fault)
	s.declare("slow", append([]change{forUser(bob), withSecret("slow")}, changes...)...)
}

// besideAKeyThatHangs is a story in which Alice holds the credential by an object, and so many calls with the key of an object
// that declares Bob hang until the story ends; with zero all of them.
func besideAKeyThatHangs(t *testing.T, times int, changes ...change) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.gate(fakeseam.Fault{Token: s.addKey("slow"), Times: times})
	s.declare("slow", append([]change{forUser(bob), withSecret("slow")}, changes...)...)
	s.held(fakeseam.OpGetCredential)
	return s
}

func TestARivalWhoseKeyHangsDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 0)

	began := time.Now()
	s.deleteAndWait("alice-mobile-key")

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARivalWhoseKeyHangsDelaysNoMove(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 0)

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	took := s.untilBy(20*time.Millisecond, s.isHeldBy(carol))

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(took).To(BeNumerically("<", 20*time.Second))
}

func TestManyRivalsWhoseKeyHangsDelayNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 8
	s.assignToAlice()
	s.putSecret("slow", "seam_test2slow")
	s.gate(fakeseam.Fault{Token: "seam_test2slow"})
	for i := range 12 { // more than there are workers
		s.declare(fmt.Sprintf("slow-%d", i), forUser(bob), withSecret("slow"))
	}
	s.held(fakeseam.OpGetCredential)

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, s.isHeldBy(carol), s.isReady("alice-mobile-key"))
	s.deleteAndWait("alice-mobile-key")

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestALoserWhoseKeyHungLooksAgain(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 1)
	s.edit("slow", forUser(alice))

	began := time.Now()
	s.until(s.isReady("slow"))

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall), "five seconds a call, and not thirty")
	s.Expect(conditionReason(s.get("slow"), v1alpha1.ConditionReady)).To(Equal(v1alpha1.ReasonAssigned))
}

func TestARivalWhoseKeyRestsDelaysNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": bob, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.slowRival(fakeseam.Fault{Status: 429, RetryAfter: "300"}, forUser(person))
			s.untilBy(20*time.Millisecond, s.says("slow", v1alpha1.ReasonRateLimited))

			s.edit("alice-mobile-key", forUser(carol))
			took := s.untilBy(20*time.Millisecond, s.isHeldBy(carol), s.isReady("alice-mobile-key"))
			s.Expect(took).To(BeNumerically("<", 15*time.Second))
			s.edit("slow", forUser(carol))

			s.delete("alice-mobile-key")
			took = s.untilBy(20*time.Millisecond, s.isHeldBy(""))
			s.Expect(took).To(BeNumerically("<", 15*time.Second), "its status does not show that its key reads the credential")
		})
	}
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
			s.slowRival(fakeseam.Fault{Delay: far})
			s.untilBy(20*time.Millisecond, s.says("slow", v1alpha1.ReasonConflictingClaim))
			end := s.againAndAgain("slow", edit)

			s.delete("alice-mobile-key")
			took := s.untilBy(50*time.Millisecond, s.isGone("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", 55*time.Second), "the grace, and half a minute for one whose key reads the credential")
			end()
			s.edit("slow", forUser(carol), inMode(v1alpha1.ModeEnforce), suspended(false))
			s.untilBy(50*time.Millisecond, s.isHeldBy(carol), s.isReady("slow"))
			s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
		})
	}
}

func TestRivalsThatComeAgainAndAgainDelayNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 0)
	came := 0
	comes := func(person string) { // one that nobody has handled, and that is gone when the next one comes
		came++
		s.declare(fmt.Sprintf("new-%d", came), forUser(person), withSecret("slow"))
		if came > 1 {
			s.delete(fmt.Sprintf("new-%d", came-1))
		}
	}

	s.edit("alice-mobile-key", forUser(carol))
	took := s.untilBy(100*time.Millisecond, func() bool { comes(carol); return true }, s.isHeldBy(carol), s.isReady("alice-mobile-key"))
	s.Expect(took).To(BeNumerically("<", 30*time.Second))

	s.delete("alice-mobile-key")
	took = s.untilBy(100*time.Millisecond, func() bool { comes(carol); return s.holder() != user(carol) })
	s.Expect(took).To(BeNumerically("<", 30*time.Second), "the grace, and five seconds for all of them together")
}

func TestARivalThatCannotBeWrittenDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	failed := s.refused(func(req *http.Request) bool { return isWriteOf(req, "rival") })
	s.declare("rival", forUser(bob))
	s.until(func() bool { return failed.Load() >= 10 })

	s.delete("alice-mobile-key")
	took := s.untilBy(100*time.Millisecond, s.isHeldBy(""))

	s.Expect(took).To(BeNumerically("<", 30*time.Second))
}

func TestADeclarationBetweenTwoCallsOfALosersLookIsNotMissed(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	s.declare("slow", forUser(bob), withSecret("seam"))
	s.turnsStalled("slow", v1alpha1.ReasonConflictingClaim)
	s.rests()
	s.gate(fakeseam.Fault{Token: "seam_test2slow"})
	reached, goOn := s.traffic.holdSecret("slow")
	s.edit("slow", withSecret("slow"))
	s.Eventually(reached).Should(BeClosed(), "the loser's Secret is being read")

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, s.isHeldBy(carol))
	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
	goOn()
	s.held(fakeseam.OpGetCredential)

	began = time.Now()
	s.edit("alice-mobile-key", forUser(alice))
	s.untilBy(20*time.Millisecond, s.isHeldBy(alice))
	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
}

// hangingQuestion makes the question to which workspace the key "slow" belongs hang once, until the story ends.
func (s *story) hangingQuestion() {
	s.t.Helper()
	s.putSecret("slow", "seam_test2slow")
	s.addKeyElsewhere("seam_test2slow")
	s.gate(fakeseam.Fault{Token: "seam_test2slow", Operation: fakeseam.OpGetWorkspace, Times: 1})
}

func TestALoserThatWaitsForAnothersQuestionDelaysNoMove(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 4
	s.assignToAlice()
	s.hangingQuestion()
	// an object of another credential asks first, the loser has to wait until it was told
	s.declare("innocent", withSecret("slow"), forCredential(nobody))
	s.held(fakeseam.OpGetWorkspace)
	s.declare("slow", forUser(bob), withSecret("slow"))

	began := time.Now()
	s.edit("alice-mobile-key", forUser(carol))
	s.untilBy(20*time.Millisecond, s.isHeldBy(carol))

	s.Expect(time.Since(began)).To(BeNumerically("<", halfACall))
}

func TestALosersQuestionThatWasGivenUpIsNoOutageForOthers(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.hangingQuestion()
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetWorkspace)
	s.declare("innocent", withSecret("slow"), forCredential(nobody))

	// five seconds later the loser gives up, and innocent asks: Seam answers all the time
	s.Eventually(func() string { return readyOf(s.get("innocent")).Reason }).Should(Equal(v1alpha1.ReasonCredentialNotFound))
	s.Expect(s.events("innocent")).NotTo(ContainElement(ContainSubstring(v1alpha1.ReasonSeamUnavailable)))
}

func TestABurstOf429RestsTheKeyOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Concurrency, s.options.Limits.InFlight = 8, 8
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key") // the key is known from here on
	release := s.gate(fakeseam.Fault{Status: 429, Times: 8})
	for i := range 8 {
		s.declare(fmt.Sprintf("key-%d", i), forCredential(s.another()))
	}
	s.heldTimes(8, fakeseam.OpGetCredential)
	release()
	s.reconciling("key-0", v1alpha1.ReasonRateLimited)
	took := s.untilBy(20*time.Millisecond, s.isReady("key-0"))
	s.Expect(took).To(BeNumerically("<", 10*time.Second), "one moment of 429 rests the key 1 s")
}
