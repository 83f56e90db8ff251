package controllers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// hold makes the next call of an operation wait, and returns how to let it go on; after the change is made, if so asked.
func (s *story) hold(operation string, after bool) (release func()) {
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Operation: operation, Gate: gate, After: after, Times: 1})
	return func() { close(gate) }
}

func (s *story) held(operation string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitHeld(ctx, 1, operation)).To(Succeed())
}

// declaredAndHeld is a story in which front-desk-key is new, and the first call of the operation waits.
func declaredAndHeld(t *testing.T, operation string, after bool) (s *story, release func()) {
	t.Helper()
	s = newStory(t)
	release = s.hold(operation, after)
	s.operate()
	s.declare("front-desk-key")
	s.held(operation)
	return s, release
}

func TestAnAssignmentThatWasNotDeclaredAnyMoreIsNotSent(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)

	s.edit("front-desk-key", forUser(bob))
	release()

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + bob}))
}

func TestAnObjectDeletedBeforeItsRecordAssignsNothing(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)

	s.delete("front-desk-key")
	release()

	s.gone("front-desk-key")
	s.Eventually(s.traffic.seen).Should(HaveLen(1), "the record, which the API server refuses")
	s.quiet(time.Minute)
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
	s := newStory(t)
	s.operate()
	s.plug.pull(1, false) // the read is answered, the record does not reach the API server
	s.declare("front-desk-key")
	s.Eventually(s.plug.out).Should(BeClosed())
	s.Expect(s.wrote()).To(BeEmpty())

	s.plug.mend()

	s.until(func() bool { return s.isReady("front-desk-key") })
}

func TestAProcessThatMayNotLeadAnyMoreCallsNobody(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Lease = &controllers.Lease{Lasts: time.Hour} // and was never renewed
	s.operate()
	s.declare("front-desk-key")

	s.Consistently(func() int { return len(s.seam.Calls()) + len(s.traffic.seen()) }, "500ms").Should(BeZero())
}

func TestALostAssignThatLandsLateIsFoundAndMoved(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)

	s.edit("front-desk-key", forUser(bob))

	s.until(func() bool { return len(s.tookPlace()) >= 2 && s.holder() == user(bob) && s.isReady("front-desk-key") })
	first, second := s.seam.Writes()[0], s.seam.Writes()[1]
	s.Expect(second.Time.Sub(first.Time)).To(BeNumerically(">=", 30*time.Second), "nothing for another person before the lost call's deadline")
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

// quietAtLast lets enough time go by for everything late to land and to be looked at.
func (s *story) quietAtLast() {
	s.t.Helper()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 3*time.Minute })
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

func TestOurOwnAnnotationWinsOverFluxs(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux"), annotated(v1alpha1.AnnotationRequestedAt, "ours"))

	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("ours"))
}

func TestSomebodyElsesLabelsCostSeamNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.rests()
	calls := len(s.seam.Calls())

	for _, value := range []string{"a", "b", "c"} {
		s.edit("alice-mobile-key", func(o *object) { o.Labels = map[string]string{"team": value} })
	}

	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "300ms").Should(Equal([]int{calls, 2}))
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

func TestARequestIsNotAnsweredByAnOutage(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Status: 503})
	s.operate()

	s.declare("front-desk-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.Expect(s.reconciling("front-desk-key", v1alpha1.ReasonSeamUnavailable).Status.LastHandledReconcileAt).To(BeEmpty())
}

func TestNothingIsDecidedOnACacheOlderThanOurOwnWrites(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpGetCredential, false)
	thaw := s.traffic.freeze()
	release()
	s.assigned("front-desk-key")
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.putSecret("seam", apiKey+"_rotated") // which wakes the credential; the cache still shows an object without marks

	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "500ms").Should(Equal([]int{calls, writes}))
	thaw()
	s.stalled("front-desk-key", v1alpha1.ReasonUnauthorized)
}

func TestALeaseThatEndsWhileTheRecordIsWrittenStopsTheCall(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	lease := &controllers.Lease{Lasts: 5 * time.Second}
	s.options.Lease = lease
	release := s.hold(fakeseam.OpGetCredential, false)
	s.beforeWrites("/front-desk-key", func() { <-time.After(lease.Lasts) })
	s.operate()
	s.declare("front-desk-key")
	s.until(func() bool { s.renew(lease); return len(s.seam.Calls()) > 0 })
	s.renew(lease)
	release()

	s.Eventually(func() map[string]string { return s.get("front-desk-key").Annotations }).Should(HaveKey(v1alpha1.AnnotationAssignedTo))
	s.rests()
	s.Expect(s.wrote()).To(BeEmpty())

	s.beforeWrites("/front-desk-key", func() {})
	s.until(func() bool { s.renew(lease); return s.isReady("front-desk-key") })
}

func TestARecordOfTheFutureCountsAsOfNow(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("front-desk-key")
	o := s.assigned("front-desk-key")
	stop()
	s.handByConsole("")
	s.edit("front-desk-key", annotated(v1alpha1.AnnotationAssignedTo, strings.Replace(o.Annotations[v1alpha1.AnnotationAssignedTo],
		`"at":"`, `"at":"`+s.clock.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`","was":"`, 1)))
	began := s.clock.Now()

	s.operate()

	s.until(func() bool { return s.holder() == user(alice) })
	s.Expect(s.clock.Since(began)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 2*time.Minute)))
}

func TestAChangeOfFluxsAnnotationTriggersThoughOursIsSet(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "once, by hand"))
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("once, by hand"))
	s.rests()
	s.seam.ResetCalls()
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationFluxRequestedAt, "flux reconcile"))
	s.Eventually(func() int { return len(s.seam.Calls()) }, "3s").Should(BeNumerically(">", 0))
}
