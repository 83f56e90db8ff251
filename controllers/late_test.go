package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories an answer to a write is lost, and the write lands late or never.

// assignLost is a story in which the answer to the first assign of front-desk-key was lost, which lands so much later.
func assignLost(t *testing.T, lateBy time.Duration, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.loses(fakeseam.OpAssignCredential, lateBy)
	s.operate()
	s.declare("front-desk-key", changes...)
	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
	return s
}

// loses lets the answer to the next call of an operation be lost, which lands so much later; with zero it never does.
func (s *story) loses(operation string, lateBy time.Duration) {
	s.seam.Inject(fakeseam.Fault{Operation: operation, Close: true, LateBy: lateBy, Times: 1})
}

// sent returns when the n-th write reached Seam.
func (s *story) sent(n int) time.Time { return s.seam.Writes()[n-1].Time }

func TestALostAssignThatLandsLateIsFoundAndMoved(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)

	s.edit("front-desk-key", forUser(bob))

	s.until(func() bool { return len(s.tookPlace()) >= 2 && s.holder() == user(bob) && s.isReady("front-desk-key") })
	s.Expect(s.sent(2).Sub(s.sent(1))).To(BeNumerically(">=", 30*time.Second), "nothing for another person before the lost call's deadline")
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.Expect(s.assignedPerson("front-desk-key")).To(Equal(bob))
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
}

func TestALostAssignIsRememberedThoughItsTimeEndsDuringALook(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	release := s.hold(fakeseam.OpGetCredential, false)
	s.edit("front-desk-key", forUser(bob))
	s.held(fakeseam.OpGetCredential)

	s.clock.Step(31 * time.Second)
	release()

	s.until(func() bool { return len(s.tookPlace()) >= 2 && s.holder() == user(bob) && s.isReady("front-desk-key") })
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestTwoLostAssignsAreBothLookedFor(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.loses(fakeseam.OpAssignCredential, 0)
	s.edit("front-desk-key", forUser(bob))
	s.until(func() bool { return len(s.wrote()) >= 2 })
	s.quietAtLast()

	s.untilBy(20*time.Second, func() bool { return s.clock.Since(s.sent(1)) > 70*time.Minute })

	s.Expect(s.holder()).To(Equal(user(bob)))
	s.assigned("front-desk-key")
}

func TestALateLandingIsLookedForThoughTheObjectIsStalled(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.edit("front-desk-key", forUser(nobody))
	s.until(func() bool { return readyOf(s.get("front-desk-key")).Reason == v1alpha1.ReasonAssigneeNotFound })
	s.quietAtLast()
	s.stalled("front-desk-key", v1alpha1.ReasonAssigneeNotFound)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.assignedPerson("front-desk-key")).To(Equal(alice), "she is its own to move")

	s.edit("front-desk-key", forUser(bob))

	s.until(func() bool { return s.holder() == user(bob) && s.isReady("front-desk-key") })
}

func TestALostAssignIsRememberedThoughThePersonIsFoundToHold(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	release := s.hold(fakeseam.OpGetCredential, false)
	s.handByConsole(bob)
	s.edit("front-desk-key", forUser(bob))
	s.held(fakeseam.OpGetCredential)
	s.clock.Step(31 * time.Second)
	release()

	s.until(func() bool { return s.isReady("front-desk-key") })

	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.assigned("front-desk-key")
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
	s.until(func() bool {
		landed := len(s.tookPlace()) >= 2
		s.Expect(landed || !s.isReady("alice-mobile-key")).To(BeTrue(), "the unassign has not landed: Ready would be told too early")
		return landed
	})
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.assigned("alice-mobile-key")
	s.Expect(s.sent(3).Sub(s.sent(2))).To(BeNumerically(">=", 30*time.Second))
}

func TestReadyComesBackAfterALostUnassignThatNeverLands(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 0)

	s.edit("alice-mobile-key", forUser(alice))

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.until(func() bool { return s.isReady("alice-mobile-key") })
	s.Expect(s.clock.Since(s.sent(2))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 3*time.Minute)), "twice the time-out, and a look")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestWhoOnlyObservesIsNotReadyWhileALostUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.declare("audit", inMode(v1alpha1.ModeObserve))

	s.untilBy(aMoment, func() bool { return readyOf(s.get("audit")).Reason == v1alpha1.ReasonOutcomeUnknown })
	s.until(func() bool {
		landed := len(s.tookPlace()) >= 2
		s.Expect(landed || !s.isReady("audit")).To(BeTrue())
		return landed
	})
}

func TestALostUnassignThatLandedSettlesTheMoveAtOnce(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 5*time.Second)

	s.untilBy(aMoment, func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })

	s.Expect(s.sent(3).Sub(s.sent(2))).To(BeNumerically("<", 30*time.Second), "a read showed its effect")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAnObjectSuspendedBehindALostUnassignDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 20*time.Second)

	s.edit("alice-mobile-key", suspended(true), forUser(alice))

	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.quietAtLast()
	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.wrote()).To(HaveLen(2), "it changes nothing")
}

func TestASuspendedObjectLearnsByReadsWhatBecameOfALostAssign(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.edit("front-desk-key", suspended(true))
	s.ready("front-desk-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)

	s.until(func() bool { return len(s.pendingWrites("front-desk-key")) == 0 })

	s.Expect(s.assignedPerson("front-desk-key")).To(Equal(alice))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.rests()
	s.quiet(time.Hour)
	s.edit("front-desk-key", suspended(false))
	s.assigned("front-desk-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedObjectWhoseLostAssignNeverLandsComesToRest(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)
	s.edit("front-desk-key", suspended(true))

	s.until(func() bool { return len(s.pendingWrites("front-desk-key")) == 0 })

	s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically(">=", time.Minute))
	s.Expect(s.assignedPerson("front-desk-key")).To(Equal("nobody recorded"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.rests()
	s.quiet(time.Hour)
}

func TestOfTwoLostAssignsForTheSamePersonAReadSettlesNeitherAlone(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)
	s.loses(fakeseam.OpAssignCredential, 45*time.Second)
	s.until(func() bool { return len(s.wrote()) == 2 })
	s.Expect(s.sent(2).Sub(s.sent(1))).To(BeNumerically(">=", 30*time.Second), "nothing is sent twice before its deadline")
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Assign " + alice, "Assign " + alice}))
	s.handByConsole(alice) // as the first one does when it comes about

	s.untilBy(aMoment, func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.pendingWrites("front-desk-key")).To(HaveLen(2), "one of them may still come about")
	s.edit("front-desk-key", suspended(true))
	s.handByConsole("") // and the second one lands
	s.until(func() bool { return s.holder() == user(alice) })
	s.edit("front-desk-key", suspended(false))
	s.delete("front-desk-key")

	s.gone("front-desk-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestALostCallIsSentAgainLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true})
	s.operate()
	s.declare("front-desk-key")
	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)

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

			s.delete("front-desk-key")

			s.gone("front-desk-key")
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
			s.quietAtLast()
			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestADeletedObjectWaitsForALostAssignThatNeverLands(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 0)

	s.delete("front-desk-key")
	s.until(func() bool { return s.clock.Since(s.sent(1)) > 5*time.Second })
	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)

	s.gone("front-desk-key")
	s.Expect(s.clock.Since(s.sent(1))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 3*time.Minute)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnAbandonedObjectWaitsForNothing(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.delete("front-desk-key")

	s.edit("front-desk-key", annotated(v1alpha1.AnnotationAbandon, "true"))

	s.Eventually(func() bool { return s.isGone("front-desk-key") }).Should(BeTrue(), "though the clock stands still")
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
			s.edit("front-desk-key", c.becomes)

			s.until(func() bool { return len(s.get("front-desk-key").Finalizers) == 0 })

			s.Expect(s.clock.Since(s.sent(1))).To(And(BeNumerically(">=", time.Minute), BeNumerically("<", 3*time.Minute)), "twice the time-out, read or not")
		})
	}
}

func TestADeletedObjectThatObservesStaysWhileALostAssignMayLand(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 20*time.Second)
	s.delete("front-desk-key")
	s.edit("front-desk-key", inMode(v1alpha1.ModeObserve))

	s.gone("front-desk-key")

	s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically(">=", 20*time.Second))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAMoveTakenBackBySuspensionDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	release := s.hold(fakeseam.OpUnassignCredential, true)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpUnassignCredential)
	s.edit("alice-mobile-key", forUser(alice), suspended(true))
	release()

	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })

	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.Expect(s.holder()).To(Equal(user("")))
}

// Rivals.

func TestALostAssignKeepsRivalsFromWritingThoughItsKeyIsOfAnotherWorkspaceNow(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.loses(fakeseam.OpAssignCredential, 25*time.Second)
	s.operate()
	s.declare("early", inMode(v1alpha1.ModeObserve))
	s.stalled("early", v1alpha1.ReasonDrifted)
	s.clock.Step(time.Minute)
	s.declare("for-alice")
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	s.declare("for-bob", forUser(bob), withSecret("other"))
	s.Eventually(func() int64 { return s.get("for-bob").Status.ObservedGeneration }).Should(Equal(int64(1)))
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(func() bool { return readyOf(s.get("for-bob")).Reason == v1alpha1.ReasonOutcomeUnknown })
	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))

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
			s.vanishes("front-desk-key")

			s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))

			s.reconciling("for-bob", v1alpha1.ReasonOutcomeUnknown)
			s.later(29 * time.Second)
			s.Consistently(s.wrote, "300ms").Should(HaveLen(1), "nothing that contradicts goes out before its deadline")
			s.clock.Step(time.Second)
			s.Eventually(s.wrote).Should(HaveLen(2))
			s.until(func() bool {
				landed := len(s.tookPlace()) >= 2
				s.Expect(landed || !s.isReady("for-bob")).To(BeTrue(), "Ready though alice's assign may still land")
				return landed
			})
			s.until(func() bool { return s.holder() == user(bob) && s.isReady("for-bob") })
			s.Expect(s.clock.Since(s.sent(1))).To(BeNumerically("<", 5*time.Minute))
			s.quietAtLast()
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "assign " + bob, "unassign " + alice, "assign " + bob}))
		})
	}
}

// vanishes lets an object go at once, whatever is on it.
func (s *story) vanishes(name string) {
	s.t.Helper()
	s.delete(name)
	if !s.isGone(name) {
		s.edit(name, func(o *object) { o.Finalizers = nil })
	}
	s.Eventually(func() bool { return s.isGone(name) }).Should(BeTrue())
}

func TestTheLostUnassignOfAnObjectThatVanishedIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.vanishes("alice-mobile-key")

	s.declare("renamed")

	s.reconciling("renamed", v1alpha1.ReasonOutcomeUnknown)
	s.until(func() bool {
		landed := len(s.tookPlace()) >= 2
		s.Expect(landed || !s.isReady("renamed")).To(BeTrue(), "Ready though the unassign may still land")
		return landed
	})
	s.until(func() bool { return s.isReady("renamed") && s.holder() == user(alice) })
}

func TestNothingIsHandedOverWhileALostUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := unassignLost(t, 45*time.Second)
	s.edit("alice-mobile-key", forUser(alice))
	s.declare("renamed")
	s.delete("alice-mobile-key")

	s.until(func() bool {
		landed := len(s.tookPlace()) >= 2
		s.Expect(landed || !s.isGone("alice-mobile-key")).To(BeTrue(), "the finalizer leaves while a write is pending")
		s.Expect(landed || !s.isReady("renamed")).To(BeTrue(), "Ready though the unassign may still land")
		return landed
	})

	s.gone("alice-mobile-key")
	s.until(func() bool { return s.isReady("renamed") && s.holder() == user(alice) })
	s.Expect(s.wrote()[2:]).To(Equal([]string{"assign " + alice}))
}
