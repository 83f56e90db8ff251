package controllers_test

import (
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories something happens while the operator, or Seam, is away.

// aMoment is a step of time that leaves others time to take over.
const aMoment = 50 * time.Millisecond

func TestARenameInADowntimeLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, createFirst := range map[string]bool{"pruned first": false, "created first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			stop := s.operate()
			s.declare("alice-mobile-key")
			s.assigned("alice-mobile-key")
			stop()
			if createFirst {
				s.declare("alice-key-renamed")
			}
			s.delete("alice-mobile-key")
			if !createFirst {
				s.declare("alice-key-renamed")
			}
			s.clock.Step(time.Minute)

			s.operate()

			s.goneBy(aMoment, "alice-mobile-key")
			s.until(func() bool { return s.isReady("alice-key-renamed") })
			s.recorded("alice-key-renamed")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAPruneInADowntimeLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.declare("alice-key-renamed")
	s.assigned("alice-key-renamed")
	stop()
	s.delete("alice-mobile-key")
	s.clock.Step(time.Minute)

	s.operate()

	s.goneBy(aMoment, "alice-mobile-key")
	s.until(func() bool { return s.isReady("alice-key-renamed") })
	s.recorded("alice-key-renamed")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARenameInAnOutageLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.declare("alice-key-renamed")
	s.delete("alice-mobile-key")
	s.passes(2 * time.Minute)
	mend()

	s.goneBy(aMoment, "alice-mobile-key")
	s.until(func() bool { return s.isReady("alice-key-renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARenameWithANewSecretLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("renamed", withSecret("new"))
	s.delete("alice-mobile-key")
	s.reconciling("renamed", v1alpha1.ReasonSecretNotFound)
	s.putSecret("new", apiKey)
	s.recorded("renamed")

	s.gone("alice-mobile-key")

	s.until(func() bool { return s.isReady("renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnOutageThatBeginsInARenameLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("new", "seam_test2new")
	s.seam.AddAPIKey("seam_test2new", workspace)
	s.declare("renamed", withSecret("new"))
	s.assigned("renamed")
	mendNew := s.seam.Inject(fakeseam.Fault{Token: "seam_test2new", Status: 503})
	s.delete("alice-mobile-key")
	s.untilBy(aMoment, func() bool { return strings.Contains(message(s.get("alice-mobile-key")), "about to take over") })
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.passes(2 * time.Minute)
	mendNew()
	mend()

	s.goneBy(aMoment, "alice-mobile-key")

	s.until(func() bool { return s.isReady("renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

// aNewKeyForAlice is a story in which for-alice waits for its Secret; with it everything else happens at once.
func aNewKeyForAlice(t *testing.T) (s *story, kill, putKey func()) {
	t.Helper()
	s = newStory(t)
	_, kill = s.run()
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
	return s, kill, func() { s.putSecret("late", apiKey) }
}

func TestAnAssignBeforeACrashIsTakenBackThoughARivalCame(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"at once": 0, "a minute later": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, kill, putKey := aNewKeyForAlice(t)
			s.killedAt(assignUnanswered, kill, putKey)
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.delete("for-alice")
			s.declare("for-bob", forUser(bob))
			s.clock.Step(wait)

			s.operate()

			s.gone("for-alice")
			s.Expect(s.holder()).NotTo(Equal(user(alice)))
			s.until(func() bool { return s.isReady("for-bob") })
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
		})
	}
}

func TestAFirstLostWriteIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.stalled("for-bob", v1alpha1.ReasonDrifted)
	s.ages("for-bob")
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Gate: gate, Times: 1})
	s.putSecret("late", apiKey)
	s.held(fakeseam.OpAssignCredential)
	kill()
	s.edit("for-bob", inMode(v1alpha1.ModeAssign))
	s.clock.Step(10 * time.Minute) // which somebody else's clock may show, too
	began := s.clock.Now()

	s.operate()

	s.until(func() bool { return len(s.seam.Writes()) > 1 })
	s.Expect(s.seam.Writes()[1].Time.Sub(began)).To(BeNumerically(">=", 30*time.Second), "since the new process saw it first")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "assign " + alice}), "for-alice has the recorded claim")
}

func TestALostAssignBeforeTheFirstStatusIsKnownAfterACrash(t *testing.T) {
	t.Parallel()
	s, kill, putKey := aNewKeyForAlice(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 25 * time.Second, Times: 1})
	s.killedAt(beforeTheReport, kill, putKey)
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob))

	s.operate()

	s.quietAtLast()
	s.assigned("for-alice")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "nothing for another person, for-alice has the recorded claim")
}

func TestARecordedClaimOutlivesACrashBeforeTheFirstStatus(t *testing.T) {
	t.Parallel()
	s, kill, putKey := aNewKeyForAlice(t)
	s.killedAt(beforeTheReport, kill, putKey)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.clock.Step(time.Minute)
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))

	s.operate()

	s.until(func() bool { return s.get("for-bob").Status.ObservedGeneration >= 0 })
	s.quietAtLast()
	s.assigned("for-alice")
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "the older object with a record has the claim")
}

func TestAFinalizerStrippedInADowntimeLosesNothingToAnOlderRival(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.stalled("for-bob", v1alpha1.ReasonDrifted)
	s.ages("for-bob")
	s.declare("for-alice")
	s.assigned("for-alice")
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	stop()
	s.edit("for-alice", func(o *object) { o.Finalizers, o.Annotations = nil, nil })
	s.clock.Step(time.Minute)

	s.operate()

	s.passes(time.Minute)
	s.recorded("for-alice")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAFinalizerStrippedInADowntimeHealsThoughTheKeyIsOfNoUse(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	stop()
	s.edit("alice-mobile-key", func(o *object) { o.Finalizers = nil })

	s.operate()

	s.recorded("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
}

func TestAFinalizerOfASuspendedObjectStrippedInADowntimeHeals(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.edit("alice-mobile-key", suspended(true), forUser(bob))
	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	stop()
	s.edit("alice-mobile-key", func(o *object) { o.Finalizers = nil })

	s.operate()

	s.recorded("alice-mobile-key")
}

func TestASuspendedObjectIsCleanedUpThoughTheSecretWentFirst(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.edit("alice-mobile-key", suspended(true))
	s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))
	stop()
	reads := s.traffic.secretReads()
	s.operate()
	s.Eventually(s.traffic.secretReads).Should(BeNumerically(">", reads), "the key is kept for the day when the Secret is gone")
	s.rests()
	s.deleteSecret("seam")
	s.deleteNamespace()
	s.delete("alice-mobile-key")

	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAMoveTakenBackInACrashDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.clock.Step(time.Minute)
	s.killedAt(beforeTheReport, kill, func() { s.edit("alice-mobile-key", forUser(bob)) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
	s.edit("alice-mobile-key", forUser(alice), suspended(true))

	s.operate()

	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })
	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.quietAtLast()
	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty(), "reads settle it")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnAssignmentWhoseProcessWasKilledIsToldInAnEvent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.killedAt(assignUnanswered, kill, func() { s.declare("front-desk-key") })

	s.operate()

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Eventually(func() []string { return s.events("front-desk-key") }).Should(ConsistOf("Normal Assigned"))
	s.Expect(s.get("front-desk-key").Status.LastAssignedTime).NotTo(BeNil())
}

// killedBeforeItsFirstStatus is a story in which Alice was assigned by for-alice, and the operator was killed before it said
// so. The key of for-bob, in that mode by now, reads the credential.
func killedBeforeItsFirstStatus(t *testing.T, mode v1alpha1.Mode) *story {
	t.Helper()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.stalled("for-bob", v1alpha1.ReasonDrifted)
	s.ages("for-bob")
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
	s.killedAt(assignUnanswered, kill, func() { s.putSecret("late", apiKey) })
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.edit("for-bob", inMode(mode))
	return s
}

func TestAFirstAssignIsTakenBackAMinuteLater(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.Step(time.Minute)

	s.operate()

	s.gone("for-alice")
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
	s.until(func() bool { return s.isReady("for-bob") })
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestAFirstAssignIsTakenBackThoughALookFails(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.Step(time.Minute)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 503, Times: 1})

	s.operate()

	s.gone("for-alice")
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
}

func TestAFirstAssignIsTakenBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.Step(time.Minute)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.operate()
	s.passes(2 * time.Minute)
	s.Expect(s.pendingWrites("for-alice")).To(Equal([]string{"Assign " + alice}), "no read has settled it")

	mend()

	s.gone("for-alice")
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
}

func TestAFirstAssignLosesNothingToAnOlderRivalThoughALookFails(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeEnforce)
	s.clock.Step(time.Minute)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 503, Times: 1})

	s.operate()

	s.quietAtLast()
	s.assigned("for-alice")
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "%+v", s.get("for-alice").Status)
}

func TestOfTwoDeletedObjectsTheOneWithTheClaimCleansUp(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	stop := s.operate()
	s.declare("first")
	s.assigned("first")
	s.ages("first")
	s.declare("second", withSecret("other"))
	s.assigned("second")
	stop()
	s.delete("first")
	s.deleteSecret("seam")
	s.operate()
	s.until(func() bool { return readyOf(s.get("first")).Reason == v1alpha1.ReasonSecretNotFound })
	s.stalled("first", v1alpha1.ReasonSecretNotFound)
	s.recorded("second")

	s.delete("second")

	s.gone("second")
	s.Expect(s.holder()).To(Equal(user(alice)), "the object with the claim takes it from her")
	s.stalled("first", v1alpha1.ReasonSecretNotFound)
	s.putSecret("seam", apiKey)
	s.gone("first")
	s.Expect(s.holder()).To(Equal(user("")))
}
