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
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)

	s.edit("front-desk-key", forUser(bob))
	release()

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + bob}))
}

func TestAnObjectDeletedBeforeItsFinalizerAssignsNothing(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)

	s.delete("front-desk-key")
	release()

	s.gone("front-desk-key")
	s.Eventually(s.traffic.seen).Should(Equal([]string{"PATCH credentialassignments/front-desk-key"}), "the finalizer, which the API server refuses")
	s.quiet(time.Minute)
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAnObjectDeletedBeforeItsRecordAssignsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	deleted := false
	s.beforeWrites("/front-desk-key/status", func() {
		if !deleted {
			deleted = true
			s.delete("front-desk-key")
		}
	})
	s.operate()
	s.declare("front-desk-key")

	s.gone("front-desk-key")
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAnObjectDeletedWhileItsAssignIsUnderWayIsCleanedUp(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential, true)

	s.delete("front-desk-key")
	release()

	s.gone("front-desk-key")
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestALookThatHasBecomeOldIsRepeatedBeforeAWrite(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("front-desk-key")
	s.assigned("front-desk-key")
	s.clock.Step(30 * time.Second) // from now on a read that shows somebody else does not merely lag
	release := s.hold(fakeseam.OpGetACSUser, false)
	s.edit("front-desk-key", forUser(bob))
	s.held(fakeseam.OpGetACSUser)

	s.handByConsole(carol)
	s.clock.Step(10 * time.Second)
	release()

	s.stalled("front-desk-key", v1alpha1.ReasonHeldByOther)
	s.Expect(s.holder()).To(Equal(user(carol)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNothingIsSentWhenTheRecordCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]moment{"it is not stored": beforeTheRecord, "nobody knows whether it is": recordUnanswered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			wait := s.cutOff(at)
			s.declare("front-desk-key")
			wait()
			s.Consistently(s.wrote, "300ms").Should(BeEmpty())

			s.plug.mend()

			s.until(func() bool { return s.isReady("front-desk-key") })
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAProcessThatMayNotLeadAnyMoreCallsNobody(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.leased(time.Hour) // and it was never renewed
	s.operate()
	s.declare("front-desk-key")

	s.Consistently(func() int { return len(s.seam.Calls()) + len(s.traffic.seen()) }, "500ms").Should(BeZero())
}

func TestALeaseThatIsRenewedLateGoesOn(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	renew := s.leased(time.Hour)
	s.operate()
	s.declare("front-desk-key")
	s.rests()
	s.Expect(s.seam.Calls()).To(BeEmpty())

	renew()

	s.until(func() bool { return s.isReady("front-desk-key") })
}

func TestALeaseThatEndsWhileTheRecordIsWrittenStopsTheCall(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	renew := s.leased(5 * time.Second)
	release := s.hold(fakeseam.OpGetCredential, false)
	s.beforeWrites("/front-desk-key/status", func() { <-time.After(5 * time.Second) })
	s.operate()
	s.declare("front-desk-key")
	s.until(func() bool { renew(); return len(s.seam.Calls()) > 0 })
	renew()
	release()

	s.Eventually(func() []string { return s.pendingWrites("front-desk-key") }).Should(HaveLen(1))
	s.Consistently(s.wrote, "500ms").Should(BeEmpty())

	s.passing(nil)
	s.until(func() bool { renew(); return s.isReady("front-desk-key") })
}

func TestARequestIsAnsweredOnlyOnceSeamWasLookedAt(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.seam.ResetCalls()
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpGetCredential)).To(Succeed())
	s.rests()
	s.Expect(s.get("alice-mobile-key").Status.LastHandledReconcileAt).To(BeEmpty())

	mend()

	s.until(func() bool { return s.get("alice-mobile-key").Status.LastHandledReconcileAt == "now" })
}

func TestARequestIsNotAnsweredByAnOutage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Status: 503})
	s.operate()

	s.declare("front-desk-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.Expect(s.reconciling("front-desk-key", v1alpha1.ReasonSeamUnavailable).Status.LastHandledReconcileAt).To(BeEmpty())
}

func TestOurOwnAnnotationWinsOverFluxs(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux"), annotated(v1alpha1.AnnotationRequestedAt, "ours"))

	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("ours"))
}

func TestAChangeOfFluxsAnnotationTriggersThoughOursIsSet(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "once, by hand"))
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("once, by hand"))
	s.rests()
	s.seam.ResetCalls()

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux reconcile"))

	s.Eventually(func() int { return len(s.seam.Calls()) }).Should(BeNumerically(">", 0))
}

func TestTheLastAnswerStaysWhenTheRequestIsTakenBack(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("now"))
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", func(o *object) { delete(o.Annotations, v1alpha1.AnnotationRequestedAt) })

	s.Consistently(func() int { return len(s.traffic.seen()) }, "300ms").Should(Equal(writes))
	s.Expect(s.get("alice-mobile-key").Status.LastHandledReconcileAt).To(Equal("now"))
}

func TestSomebodyElsesLabelsCostSeamNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.rests()
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	for _, value := range []string{"a", "b", "c"} {
		s.edit("alice-mobile-key", func(o *object) { o.Labels = map[string]string{"team": value} })
	}

	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "300ms").Should(Equal([]int{calls, writes}))
}

func TestNothingIsDecidedOnACacheOlderThanOurOwnWrites(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)
	thaw := s.traffic.freeze()
	release()
	s.assigned("front-desk-key")
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.putSecret("seam", apiKey+"_rotated") // which wakes the credential; the cache still shows an object without a record

	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "500ms").Should(Equal([]int{calls, writes}))
	thaw()
	s.stalled("front-desk-key", v1alpha1.ReasonUnauthorized)
}

func TestNothingIsDecidedOnACacheOlderThanTheLastReport(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.rests()
	s.cached("alice-mobile-key", func(o *object) bool { return o.ResourceVersion == s.get("alice-mobile-key").ResourceVersion })
	release := s.hold(fakeseam.OpGetCredential, false)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "first"))
	s.held(fakeseam.OpGetCredential)
	thaw := s.traffic.freeze()
	release()
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("first"))
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.putSecret("seam", apiKey+"_rotated") // which wakes the credential; of the object the cache lacks status as reported last
	s.clock.Step(2 * time.Hour)

	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "500ms").Should(Equal([]int{calls, writes}))
	thaw()
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
}
