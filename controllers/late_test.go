package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories an answer to a write is lost, and the write lands late or never.

// assignLost is a story in which the answer to the first assign of alice-mobile-key was lost, which lands so much later.
func assignLost(t *testing.T, lateBy time.Duration, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.loses(fakeseam.OpAssignCredential, lateBy)
	s.operate()
	s.declare("alice-mobile-key", changes...)
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	return s
}

// untilLanded lets time go on until the lost write landed, the second change at Seam, and sees that no condition holds before.
func (s *story) untilLanded(tooEarly string, conditions ...condition) {
	s.t.Helper()
	s.until(func() bool {
		landed := s.hasChanged(2)()
		for _, holds := range conditions {
			s.Expect(landed || !holds()).To(BeTrue(), tooEarly)
		}
		return landed
	})
}

// isSettled is true once no pending write of the object is left.
func (s *story) isSettled(name string) condition {
	return func() bool { return len(s.pendingWrites(name)) == 0 }
}

// hasChanged is true once so many changes took place at Seam.
func (s *story) hasChanged(times int) condition {
	return func() bool { return len(s.tookPlace()) >= times }
}

// hasWritten is true once Seam was asked for so many changes.
func (s *story) hasWritten(times int) condition {
	return func() bool { return len(s.wrote()) >= times }
}

// sent returns when the n-th write reached Seam.
func (s *story) sent(n int) time.Time { return s.seam.Writes()[n-1].Time }

func TestALostAssignThatLandsLateIsFoundAndMoved(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)

	s.edit("alice-mobile-key", forUser(bob))

	s.until(s.hasChanged(2), s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.Expect(s.sent(2).Sub(s.sent(1))).To(BeNumerically(">=", 30*time.Second), "nothing for another person before the lost call's deadline")
	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(bob))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestALostAssignIsRememberedThoughItsTimeEndsDuringALook(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	release := s.hold(fakeseam.OpGetCredential)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpGetCredential)

	s.clock.Step(31 * time.Second)
	release()

	s.until(s.hasChanged(2), s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestTwoLostAssignsAreBothLookedFor(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.loses(fakeseam.OpAssignCredential, 0)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.hasWritten(2))
	s.settles()

	s.untilBy(20*time.Second, func() bool { return s.clock.Since(s.sent(1)) > 70*time.Minute })

	s.Expect(s.holder()).To(Equal(user(bob)))
	s.assigned("alice-mobile-key")
}

func TestALateLandingIsLookedForThoughTheObjectIsStalled(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.edit("alice-mobile-key", forUser(nobody))
	s.until(s.says("alice-mobile-key", v1alpha1.ReasonAssigneeNotFound))
	s.settles()
	s.stalled("alice-mobile-key", v1alpha1.ReasonAssigneeNotFound)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice), "she is its own to move")

	s.edit("alice-mobile-key", forUser(bob))

	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
}

func TestALostAssignIsRememberedThoughThePersonIsFoundToHold(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	release := s.hold(fakeseam.OpGetCredential)
	s.handByConsole(bob)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpGetCredential)
	s.clock.Step(31 * time.Second)
	release()

	s.until(s.isReady("alice-mobile-key"))

	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.assigned("alice-mobile-key")
}

// unassignLost is a story in which Alice's credential is to go to Bob, and the answer to the unassign was lost, which lands so
// much later.
func unassignLost(t *testing.T, lateBy time.Duration) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.loses(fakeseam.OpUnassignCredential, lateBy)
	s.edit("alice-mobile-key", forUser(bob))
	s.Eventually(func() int { return len(s.wrote()) }).Should(Equal(2))
	return s
}

func TestReadyWaitsForALostUnassignThatMayStillLand(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)

	s.edit("alice-mobile-key", forUser(alice))

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.untilLanded("Ready though the unassign may still land", s.isReady("alice-mobile-key"))
	s.settles()
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.assigned("alice-mobile-key")
	s.Expect(s.sent(3).Sub(s.sent(2))).To(BeNumerically(">=", 30*time.Second))
}

func TestReadyComesBackAfterALostUnassignThatNeverLands(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 0)

	s.edit("alice-mobile-key", forUser(alice))

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.clock.Since(s.sent(2))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 3*time.Minute)), "twice the time-out, and a look")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestWhoOnlyObservesIsNotReadyWhileALostUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.declare("audit", inMode(v1alpha1.ModeObserve))

	s.untilBy(aMoment, s.says("audit", v1alpha1.ReasonOutcomeUnknown))
	s.untilLanded("Ready though the unassign may still land", s.isReady("audit"))
}

func TestALostUnassignThatLandedSettlesTheMoveAtOnce(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 5*time.Second)

	s.untilBy(aMoment, s.isHeldBy(bob), s.isReady("alice-mobile-key"))

	s.Expect(s.sent(3).Sub(s.sent(2))).To(BeNumerically("<", 30*time.Second), "a read showed its effect")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAnObjectSuspendedBehindALostUnassignDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 20*time.Second)

	s.edit("alice-mobile-key", suspended(true), forUser(alice))

	s.saysSuspended("alice-mobile-key")
	s.settles()
	s.saysSuspended("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(HaveLen(2), "it changes nothing")
}

func TestASuspendedObjectLearnsByReadsWhatBecameOfALostAssign(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.edit("alice-mobile-key", suspended(true))
	s.saysSuspended("alice-mobile-key")

	s.until(s.isSettled("alice-mobile-key"))

	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.quiet(time.Hour)
	s.edit("alice-mobile-key", suspended(false))
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedObjectWhoseLostAssignNeverLandsComesToRest(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)
	s.edit("alice-mobile-key", suspended(true))

	s.until(s.isSettled("alice-mobile-key"))

	s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically(">=", time.Minute))
	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal("nobody recorded"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.quiet(time.Hour)
}

func TestOfTwoLostAssignsForTheSamePersonAReadSettlesNeitherAlone(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)
	s.loses(fakeseam.OpAssignCredential, 45*time.Second)
	s.until(s.hasWritten(2))
	s.Expect(s.sent(2).Sub(s.sent(1))).To(BeNumerically(">=", 30*time.Second), "nothing is sent twice before its deadline")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + alice, "Assign " + alice}))
	s.handByConsole(alice) // as the first one does when it comes about

	s.untilBy(aMoment, s.isReady("alice-mobile-key"))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(HaveLen(2), "one of them may still come about")
	s.edit("alice-mobile-key", suspended(true))
	s.handByConsole("") // and the second one lands
	s.until(s.isHeldBy(alice))
	s.edit("alice-mobile-key", suspended(false))

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestALostCallIsSentAgainLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

	s.untilBy(2*time.Second, func() bool { return s.clock.Since(s.sent(1)) > 10*time.Minute })

	s.Expect(len(s.wrote())).To(And(BeNumerically(">=", 4), BeNumerically("<=", 6)), "after 30 s, 60 s, 120 s, 240 s")
	for n, atLeast := range []time.Duration{30 * time.Second, 60 * time.Second, 120 * time.Second} {
		// a call reaches Seam some seconds of the story after it was recorded
		s.Expect(s.sent(n + 2).Sub(s.sent(n + 1))).To(BeNumerically(">=", atLeast-9*time.Second))
	}
}

// Deletion.

func TestALostAssignThatLandsWhileItsObjectIsBeingDeletedIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, lateBy := range map[string]time.Duration{"before its deadline": 20 * time.Second, "after it": 45 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignLost(t, lateBy)

			s.deleteAndWait("alice-mobile-key")

			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
			s.settles()
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.tookPlace()).To(HaveLen(2))
		})
	}
}

func TestADeletedObjectWaitsForALostAssignThatNeverLands(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)

	s.delete("alice-mobile-key")
	s.until(func() bool { return s.clock.Since(s.sent(1)) > 5*time.Second })
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

	s.untilBy(200*time.Millisecond, s.isGone("alice-mobile-key"))
	s.Expect(s.clock.Since(s.sent(1))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 90*time.Second)), "2 x --seam-timeout")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestALostAssignThatLandsLateIsTakenBackByTheNextProcessToo(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.delete("alice-mobile-key")
	s.kill()
	s.clock.Step(10 * time.Second)

	s.operate()

	s.gone("alice-mobile-key")
	s.settles()
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnAbandonedObjectWaitsForNothing(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.delete("alice-mobile-key")

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))

	s.Eventually(s.isGone("alice-mobile-key")).Should(BeTrue(), "though the clock stands still")
}

func TestAFinalizerDoesNotLeaveWhileALostAssignMayLand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		becomes change
		seam    fakeseam.Fault
	}{
		"Retain":                        {withPolicy(v1alpha1.DeletionPolicyRetain), fakeseam.Fault{Token: "none"}},
		"Retain, and Seam is down":      {withPolicy(v1alpha1.DeletionPolicyRetain), fakeseam.Fault{Status: 503}},
		"only observes, while it lives": {inMode(v1alpha1.ModeObserve), fakeseam.Fault{Status: 503}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignLost(t, 0)
			s.seam.Inject(c.seam)
			s.edit("alice-mobile-key", c.becomes)

			s.until(func() bool { return len(s.get("alice-mobile-key").Finalizers) == 0 })

			s.Expect(s.clock.Since(s.sent(1))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 3*time.Minute)), "twice the time-out, read or not")
		})
	}
}

func TestADeletedObjectThatObservesStaysWhileALostAssignMayLand(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 20*time.Second)
	s.delete("alice-mobile-key")
	s.edit("alice-mobile-key", inMode(v1alpha1.ModeObserve))

	s.gone("alice-mobile-key")

	s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically(">=", 20*time.Second))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAMoveTakenBackBySuspensionDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	release := s.holdAnswer(fakeseam.OpUnassignCredential)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpUnassignCredential)
	s.edit("alice-mobile-key", forUser(alice), suspended(true))
	release()

	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })

	s.saysSuspended("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

// Rivals.

func TestALostAssignKeepsRivalsFromWritingThoughItsKeyIsOfAnotherWorkspaceNow(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.loses(fakeseam.OpAssignCredential, 25*time.Second)
	s.operate()
	s.declareOlderObserver("early")
	s.clock.Step(time.Minute)
	s.declare("for-alice")
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	s.declare("for-bob", forUser(bob), withSecret("other"))
	s.handled("for-bob", 1)
	s.exchangeKey()
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(s.says("for-bob", v1alpha1.ReasonOutcomeUnknown))
	s.edit("for-bob", requested("now"))

	s.until(func() bool { return s.clock.Since(s.sent(1)) > 2*time.Minute })

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.stalled("for-bob", v1alpha1.ReasonHeldByOther)
}

func TestTheLostAssignOfAnObjectThatVanishedIsNotForgotten(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]v1alpha1.DeletionPolicy{
		"Retain":               v1alpha1.DeletionPolicyRetain,
		"a finalizer stripped": v1alpha1.DeletionPolicyUnassign,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignLost(t, 45*time.Second, withPolicy(policy))
			s.vanishes("alice-mobile-key")

			s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))

			s.reconciling("for-bob", v1alpha1.ReasonOutcomeUnknown)
			s.later(29 * time.Second)
			s.Consistently(s.wrote, "300ms").Should(HaveLen(1), "nothing that contradicts goes out before its deadline")
			s.clock.Step(time.Second)
			s.Eventually(s.wrote).Should(HaveLen(2))
			s.untilLanded("Ready though alice's assign may still land", s.isReady("for-bob"))
			s.until(s.isHeldBy(bob), s.isReady("for-bob"))
			s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically("<", 5*time.Minute))
			s.settles()
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "assign " + bob, "unassign " + alice, "assign " + bob}))
		})
	}
}

func TestTheLostUnassignOfAnObjectThatVanishedIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.vanishes("alice-mobile-key")

	s.declare("renamed")

	s.reconciling("renamed", v1alpha1.ReasonOutcomeUnknown)
	s.untilLanded("Ready though the unassign may still land", s.isReady("renamed"))
	s.until(s.isReady("renamed"), s.isHeldBy(alice))
}

func TestNothingIsHandedOverWhileALostUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.edit("alice-mobile-key", forUser(alice))
	s.declare("renamed")
	s.delete("alice-mobile-key")

	s.untilLanded("gone, or Ready, though the unassign may still land", s.isGone("alice-mobile-key"), s.isReady("renamed"))

	s.gone("alice-mobile-key")
	s.until(s.isReady("renamed"), s.isHeldBy(alice))
	s.Expect(s.wrote()[2:]).To(Equal([]string{"assign " + alice}))
}
