package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories something happens while the operator, or Seam, is away.

func TestARenameInADowntimeLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ before, during func(*story) }{
		"pruned first":      {func(*story) {}, func(s *story) { s.delete("alice-mobile-key"); s.declare("renamed") }},
		"created first":     {func(*story) {}, func(s *story) { s.declare("renamed"); s.delete("alice-mobile-key") }},
		"pruned in it only": {func(s *story) { s.declare("renamed"); s.assigned("renamed") }, func(s *story) { s.delete("alice-mobile-key") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignedToAlice(t)
			c.before(s)
			s.stop()
			c.during(s)
			s.clock.Step(time.Minute)

			s.operate()

			s.handsOver()
			s.recorded("renamed")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

// handsOver waits until alice-mobile-key is no more, and renamed is Ready.
func (s *story) handsOver() {
	s.t.Helper()
	s.untilBy(aMoment, s.isGone("alice-mobile-key"))
	s.until(s.isReady("renamed"))
}

func TestARenameInAnOutageLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.outage()
	s.declare("renamed")
	s.delete("alice-mobile-key")
	s.passes(2 * time.Minute)
	mend()

	s.handsOver()
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

	s.until(s.isReady("renamed"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnOutageThatBeginsInARenameLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	key := s.addKey("new")
	s.declare("renamed", withSecret("new"))
	s.assigned("renamed")
	mendNew := s.outageOf(key)
	s.delete("alice-mobile-key")
	s.untilBy(aMoment, s.mentions("alice-mobile-key", "about to take over"))
	mend := s.outage()
	s.passes(2 * time.Minute)
	mendNew()
	mend()

	s.handsOver()
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

// awaitsItsKey is a story in which for-alice waits for its Secret; with it everything else happens at once.
func awaitsItsKey(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declareWithoutKey()
	return s
}

// awaitsItsKeyBesideBob is such a story with an older object, for-bob, which observes for now, and whose key reads the
// credential.
func awaitsItsKeyBesideBob(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declareOlderObserver("for-bob", forUser(bob))
	s.declareWithoutKey()
	return s
}

func TestAnAssignBeforeACrashIsTakenBackThoughARivalCame(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"at once": 0, "a minute later": time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := awaitsItsKey(t)
			s.killedAt(answerLost(isAssign), s.putLateKey)
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.delete("for-alice")
			s.declare("for-bob", forUser(bob))
			s.clock.Step(wait)

			s.operate()

			s.gone("for-alice")
			s.Expect(s.holder()).NotTo(Equal(user(alice)))
			s.until(s.isReady("for-bob"))
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
		})
	}
}

func TestAFirstLostWriteIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	s := awaitsItsKeyBesideBob(t)
	s.hold(fakeseam.OpAssignCredential)
	s.putLateKey()
	s.held(fakeseam.OpAssignCredential)
	s.kill()
	s.edit("for-bob", inMode(v1alpha1.ModeAssign))
	s.clock.Step(10 * time.Minute) // which somebody else's clock may show, too
	began := s.clock.Now()

	s.operate()

	s.until(func() bool { return len(s.seam.Writes()) > 1 })
	s.Expect(s.sent(2).Sub(began)).To(BeNumerically(">=", 30*time.Second), "since the new process saw it first")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "assign " + alice}), "for-alice has the recorded claim")
}

func TestALostAssignBeforeTheFirstStatusIsKnownAfterACrash(t *testing.T) {
	t.Parallel()
	s := awaitsItsKey(t)
	s.loses(fakeseam.OpAssignCredential, 25*time.Second)
	s.killedAt(before(isReport), s.putLateKey)
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob))

	s.operate()

	s.settles()
	s.assigned("for-alice")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "nothing for another person, for-alice has the recorded claim")
}

func TestARecordedClaimOutlivesACrashBeforeTheFirstStatus(t *testing.T) {
	t.Parallel()
	s := awaitsItsKey(t)
	s.killedAt(before(isReport), s.putLateKey)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.clock.Step(time.Minute)
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))

	s.operate()

	s.until(func() bool { return s.get("for-bob").Status.ObservedGeneration >= 0 })
	s.settles()
	s.assigned("for-alice")
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "the older object with a record has the claim")
}

func TestAFinalizerStrippedInADowntimeLosesNothingToAnOlderRival(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declareOlderObserver("for-bob", forUser(bob))
	s.declare("for-alice")
	s.assigned("for-alice")
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.stop()
	s.edit("for-alice", withoutFinalizer)
	s.clock.Step(time.Minute)

	s.operate()

	s.passes(time.Minute)
	s.recorded("for-alice")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedObjectIsCleanedUpThoughTheSecretWentFirst(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.suspend("alice-mobile-key")
	s.stop()
	reads := s.traffic.secretReads()
	s.operate()
	s.Eventually(s.traffic.secretReads).Should(BeNumerically(">", reads), "the key is kept for the day when the Secret is gone")
	s.deleteSecret("seam")
	s.deleteNamespace()

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAMoveTakenBackInACrashDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.killedAt(before(isReport), func() { s.edit("alice-mobile-key", forUser(bob)) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
	s.edit("alice-mobile-key", forUser(alice), suspended(true))

	s.operate()

	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })
	s.saysSuspended("alice-mobile-key")
	s.settles()
	s.saysSuspended("alice-mobile-key")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty(), "reads settle it")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnAssignmentWhoseProcessWasKilledHasItsEvent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.killedAt(answerLost(isAssign), func() { s.declare("alice-mobile-key") })

	s.operate()

	s.until(s.isReady("alice-mobile-key"))
	s.hasEvents("alice-mobile-key", "Normal Assigned")
	s.Expect(s.get("alice-mobile-key").Status.LastAssignedTime).NotTo(BeNil())
}

// killedBeforeItsFirstStatus is a story in which Alice was assigned by for-alice, and the operator was killed before it said
// so, a minute ago. The key of for-bob, in that mode by now, reads the credential.
func killedBeforeItsFirstStatus(t *testing.T, mode v1alpha1.Mode) *story {
	t.Helper()
	s := awaitsItsKeyBesideBob(t)
	s.killedAt(answerLost(isAssign), s.putLateKey)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.edit("for-bob", inMode(mode))
	s.clock.Step(time.Minute)
	return s
}

// failsOnce makes the next look at the credential fail.
func (s *story) failsOnce() {
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 503, Times: 1})
}

func TestAFirstAssignIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, operates := range map[string]func(*story){
		"a minute later":      func(s *story) { s.operate() },
		"though a look fails": func(s *story) { s.failsOnce(); s.operate() },
		"after an outage": func(s *story) {
			mend := s.outage()
			s.operate()
			s.passes(2 * time.Minute)
			s.Expect(s.pendingWrites("for-alice")).To(Equal([]string{"Assign " + alice}), "no read has settled it")
			mend()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
			s.delete("for-alice")

			operates(s)

			s.gone("for-alice")
			s.Expect(s.holder()).NotTo(Equal(user(alice)))
			s.until(s.isReady("for-bob"))
			s.Expect(s.holder()).To(Equal(user(bob)))
		})
	}
}

func TestAFirstAssignLosesNothingToAnOlderRivalThoughALookFails(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeEnforce)
	s.failsOnce()

	s.operate()

	s.settles()
	s.assigned("for-alice")
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "%+v", s.get("for-alice").Status)
}

func TestOfTwoDeletedObjectsTheOneWithTheClaimCleansUp(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("first")
	s.assigned("first")
	s.ages("first")
	s.declare("second", withSecret("other"))
	s.assigned("second")
	s.stop()
	s.delete("first")
	s.deleteSecret("seam")
	s.operate()
	s.until(s.says("first", v1alpha1.ReasonSecretNotFound))
	s.stalled("first", v1alpha1.ReasonSecretNotFound)
	s.recorded("second")

	s.deleteAndWait("second")

	s.Expect(s.holder()).To(Equal(user(alice)), "the object with the claim takes it from her")
	s.stalled("first", v1alpha1.ReasonSecretNotFound)
	s.putSecret("seam", apiKey)
	s.gone("first")
	s.Expect(s.holder()).To(Equal(user("")))
}
