package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestAnAssignmentThatWasNotDeclaredAnyMoreIsNotSent(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential)

	s.edit("alice-mobile-key", forUser(bob))
	release()

	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + bob}))
}

func TestAnObjectDeletedBeforeItsFinalizerAssignsNothing(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential)

	s.delete("alice-mobile-key")
	release()

	s.gone("alice-mobile-key")
	s.Eventually(s.traffic.seen).Should(Equal([]string{"PATCH credentialassignments/alice-mobile-key"}), "the finalizer, which the API server refuses")
	s.quiet(time.Minute)
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAnObjectDeletedBeforeItsRecordAssignsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.once(isRecord, func() { s.delete("alice-mobile-key") })
	s.operate()
	s.declare("alice-mobile-key")

	s.gone("alice-mobile-key")
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAnObjectDeletedWhileItsAssignIsUnderWayIsCleanedUp(t *testing.T) {
	t.Parallel()
	s, release := declaredAndUnanswered(t)

	s.delete("alice-mobile-key")
	release()

	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestALookThatHasBecomeOldIsRepeatedBeforeAWrite(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(30 * time.Second) // from now on a read that shows somebody else does not merely lag
	release := s.hold(fakeseam.OpGetACSUser)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpGetACSUser)

	s.handByConsole(carol)
	s.clock.Step(10 * time.Second)
	release()

	s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(s.holder()).To(Equal(user(carol)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNothingIsSentWhenTheRecordCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]cut{"it is not stored": before(isRecord), "nobody knows whether it is": answerLost(isRecord)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			wait := s.cutOff(at)
			s.declare("alice-mobile-key")
			wait()
			s.Consistently(s.wrote, "300ms").Should(BeEmpty())

			s.plug.mend()

			s.until(s.isReady("alice-mobile-key"))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAProcessThatMayNotLeadAnyMoreCallsNobody(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.leased(time.Hour) // and it was never renewed
	s.operate()

	s.idleWhile(func() { s.declare("alice-mobile-key") })
	s.Expect(s.seam.Calls()).To(BeEmpty())
	s.Expect(s.traffic.seen()).To(BeEmpty())
}

func TestALeaseThatIsRenewedLateGoesOn(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	renew := s.leased(time.Hour)
	s.operate()
	s.declare("alice-mobile-key")
	s.rests()
	s.Expect(s.seam.Calls()).To(BeEmpty())

	renew()

	s.until(s.isReady("alice-mobile-key"))
}

func TestALeaseThatEndsWhileTheRecordIsWrittenStopsTheCall(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	renew := s.leased(5 * time.Second)
	release := s.hold(fakeseam.OpGetCredential)
	s.each(isOfStatus, func() { <-time.After(5 * time.Second) })
	s.operate()
	s.declare("alice-mobile-key")
	s.until(func() bool { renew(); return len(s.seam.Calls()) > 0 })
	renew()
	release()

	s.Eventually(func() []string { return s.pendingWrites("alice-mobile-key") }).Should(HaveLen(1))
	s.Consistently(s.wrote, "500ms").Should(BeEmpty())

	s.passing(nil)
	s.until(func() bool { renew(); return true }, s.isReady("alice-mobile-key"))
}

func TestARequestIsAnsweredOnlyOnceSeamWasLookedAt(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.outage()
	s.seam.ResetCalls()
	s.edit("alice-mobile-key", requested("now"))
	s.called(1, fakeseam.OpGetCredential)
	s.rests()
	s.Expect(s.get("alice-mobile-key").Status.LastHandledReconcileAt).To(BeEmpty())

	mend()

	s.until(s.hasAnswered("alice-mobile-key", "now"))
}

func TestARequestIsNotAnsweredByAnOutage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.outage()
	s.operate()

	s.declare("alice-mobile-key", requested("now"))

	s.Expect(s.reconciling("alice-mobile-key", v1alpha1.ReasonSeamUnavailable).Status.LastHandledReconcileAt).To(BeEmpty())
}

func TestOurOwnAnnotationWinsOverFluxs(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux"), requested("ours"))

	s.answered("alice-mobile-key", "ours")
}

func TestAChangeOfFluxsAnnotationTriggersThoughOursIsSet(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", requested("once, by hand"))
	s.answered("alice-mobile-key", "once, by hand")
	s.rests()
	s.seam.ResetCalls()

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux reconcile"))

	s.Eventually(func() int { return len(s.seam.Calls()) }).Should(BeNumerically(">", 0))
}

func TestTheLastAnswerStaysWhenTheRequestIsTakenBack(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", requested("now"))
	s.answered("alice-mobile-key", "now")
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", func(o *object) { delete(o.Annotations, v1alpha1.AnnotationRequestedAt) })

	s.Consistently(func() int { return len(s.traffic.seen()) }, "300ms").Should(Equal(writes))
	s.Expect(s.get("alice-mobile-key").Status.LastHandledReconcileAt).To(Equal("now"))
}

func TestSomebodyElsesLabelsCostSeamNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.rests()

	s.idleWhile(func() {
		for _, value := range []string{"a", "b", "c"} {
			s.edit("alice-mobile-key", func(o *object) { o.Labels = map[string]string{"team": value} })
		}
	})
}

func TestNothingIsDecidedOnACacheOlderThanOurOwnWrites(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential)
	thaw := s.traffic.freeze()
	release()
	s.assigned("alice-mobile-key")

	s.idleWhile(func() {
		s.putSecret("seam", apiKey+"_rotated") // which wakes the credential; the cache still shows an object without a record
	})

	thaw()
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
}

func TestNothingIsDecidedOnACacheOlderThanTheLastReport(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.rests()
	s.cachedAsStored("alice-mobile-key")
	release := s.hold(fakeseam.OpGetCredential)
	s.edit("alice-mobile-key", requested("first"))
	s.held(fakeseam.OpGetCredential)
	thaw := s.traffic.freeze()
	release()
	s.answered("alice-mobile-key", "first")

	s.idleWhile(func() {
		s.putSecret("seam", apiKey+"_rotated") // which wakes the credential; of the object the cache lacks status as reported last
		s.clock.Step(2 * time.Hour)
	})

	thaw()
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
}

func TestItsOwnStatusWritesAreWaitedFor(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential)
	s.cached("alice-mobile-key", func(o *object) bool { return len(o.Status.PendingWrites) == 1 })
	thaw := s.traffic.freeze()
	release()
	s.assigned("alice-mobile-key") // which the operator's cache does not show
	calls := len(s.seam.Calls())

	s.idleWhile(func() {
		s.putSecret("seam", apiKey+"\n") // makes the object due
		s.clock.Step(2 * time.Hour)      // so does the resync
	})

	thaw()
	s.until(func() bool { return len(s.seam.Calls()) > calls })
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}
