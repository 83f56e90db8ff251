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

func TestARenameInADowntimeLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, createFirst := range map[string]bool{"pruned first": false, "created first": true} {
		t.Run(name, func(t *testing.T) {
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
			s.clock.SetTime(time.Now().Add(time.Minute))

			s.operate()

			s.gone("alice-mobile-key")
			s.until(func() bool { return s.isReady("alice-key-renamed") })
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
	s.clock.SetTime(time.Now().Add(time.Minute))

	s.operate()

	s.gone("alice-mobile-key")
	s.until(func() bool { return s.isReady("alice-key-renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARenameInAnOutageLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.SetTime(time.Now())
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.declare("alice-key-renamed")
	s.delete("alice-mobile-key")
	s.until(func() bool { return s.clock.Since(s.get("alice-mobile-key").DeletionTimestamp.Time) > 2*time.Minute })
	mend()

	s.gone("alice-mobile-key")
	s.until(func() bool { return s.isReady("alice-key-renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARenameWithANewSecretLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.SetTime(time.Now())
	s.declare("renamed", withSecret("new"))
	s.delete("alice-mobile-key")
	s.reconciling("renamed", v1alpha1.ReasonSecretNotFound)
	s.putSecret("new", apiKey)
	s.gone("alice-mobile-key")
	s.until(func() bool { return s.isReady("renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnAssignBeforeACrashIsTakenBackThoughARivalCame(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"at once": 0, "a minute later": time.Minute} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			_, kill := s.run()
			s.declare("for-alice", withSecret("late"))
			s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
			out := s.plug.pull(2, true) // the read and the record are answered, the assign takes place and is not
			s.putSecret("late", apiKey)
			s.Eventually(out).Should(BeClosed())
			kill()
			s.plug.mend()
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.delete("for-alice")
			s.declare("for-bob", forUser(bob))
			s.clock.SetTime(time.Now().Add(wait))

			s.operate()

			s.gone("for-alice")
			s.until(func() bool { return s.holder() != user(alice) })
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

	s.operate()

	s.until(func() bool { return len(s.seam.Writes()) > 1 })
	w := s.seam.Writes()
	s.Expect(w[1].Time.Sub(w[0].Time)).To(BeNumerically(">=", 30*time.Second), "%v", s.wrote())
}

func TestALostAssignBeforeTheFirstStatusIsKnownAfterACrash(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 25 * time.Second, Times: 1})
	out := s.plug.pull(3, false) // the read, the record and the assign go out, the status does not
	s.putSecret("late", apiKey)
	s.Eventually(out).Should(BeClosed())
	sent := s.seam.Writes()[0].Time
	kill()
	s.plug.mend()
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob))

	s.operate()

	s.until(func() bool { return len(s.seam.Writes()) >= 2 || s.clock.Since(sent) > 3*time.Minute })
	s.quietAtLast()
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "nothing for another person, for-alice has the recorded claim")
}

func TestARecordedClaimOutlivesACrashBeforeTheFirstStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
	out := s.plug.pull(3, false) // the read, the record and the assign are answered, the status does not go out
	s.putSecret("late", apiKey)
	s.Eventually(out).Should(BeClosed())
	kill()
	s.plug.mend()
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.clock.Step(time.Minute)
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))

	s.operate()

	s.until(func() bool { return s.get("for-bob").Status.ObservedGeneration >= 0 })
	s.quietAtLast()
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "the older object with a record has the claim")
}

func TestMarksStrippedInADowntimeLoseNothingToAnOlderRival(t *testing.T) {
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

	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.marked("for-alice")
}

func TestMarksStrippedInADowntimeHealThoughNotReady(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	stop()
	s.edit("alice-mobile-key", func(o *object) { o.Finalizers, o.Annotations = nil, nil })

	s.operate()
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.Eventually(func() string { return s.get("alice-mobile-key").Status.LastHandledReconcileAt }).Should(Equal("now"))

	s.Expect(s.get("alice-mobile-key").Finalizers).To(ConsistOf("acs.seam.co/unassign"))
}

func TestMarksOfASuspendedObjectStrippedInADowntimeHeal(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.edit("alice-mobile-key", suspended(true), forUser(bob))
	s.ready("alice-mobile-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	stop()
	s.edit("alice-mobile-key", func(o *object) { o.Finalizers, o.Annotations = nil, nil })

	s.operate()

	s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }, "3s").Should(ConsistOf("acs.seam.co/unassign"))
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
	s.deleteSecret("seam")
	s.deleteNamespace()
	s.delete("alice-mobile-key")

	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAMoveTakenBackInACrashDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop()
	s.clock.Step(time.Minute)
	s.seam.ResetCalls()
	_, kill := s.run()
	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpGetCredential)).To(Succeed())
	s.rests()                    // it has looked around
	out := s.plug.pull(4, false) // credential, bob, record, unassign; then nothing
	s.edit("alice-mobile-key", forUser(bob))
	s.Eventually(out).Should(BeClosed())
	kill()
	s.plug.mend()
	s.edit("alice-mobile-key", forUser(alice), suspended(true))
	s.operate()
	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.isReady("alice-mobile-key")).To(BeFalse())
}

func TestAnAssignmentWhoseProcessWasKilledIsToldInAnEvent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	out := s.plug.pull(2, true)
	s.declare("front-desk-key")
	s.Eventually(out).Should(BeClosed())
	kill()
	s.plug.mend()
	s.operate()
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Eventually(func() []string { return s.events("front-desk-key") }).Should(ContainElement("Normal Assigned"))
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
	out := s.plug.pull(2, true)
	s.putSecret("late", apiKey)
	s.Eventually(out).Should(BeClosed()) // before the kill, which ends the call in the fake too
	kill()
	s.plug.mend()
	s.edit("for-bob", inMode(mode))
	return s
}

func TestAFirstAssignIsTakenBackAMinuteLater(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.SetTime(time.Now().Add(time.Minute))
	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 3*time.Minute || s.holder() != user(alice) })
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
	s.gone("for-alice")
}

func TestAFirstAssignIsTakenBackThoughALookFails(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.SetTime(time.Now().Add(time.Minute))
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 503, Times: 1})
	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 20*time.Minute || s.holder() != user(alice) })
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
}

func TestAFirstAssignIsTakenBackAfterAnOutage(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeAssign)
	s.delete("for-alice")
	s.clock.SetTime(time.Now().Add(time.Minute))
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	mend()
	s.until(func() bool { return s.clock.Since(began) > 20*time.Minute || s.holder() != user(alice) })
	s.Expect(s.holder()).NotTo(Equal(user(alice)))
}

func TestAFirstAssignLosesNothingToAnOlderRivalThoughALookFails(t *testing.T) {
	t.Parallel()
	s := killedBeforeItsFirstStatus(t, v1alpha1.ModeEnforce)
	s.clock.SetTime(time.Now().Add(time.Minute))
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Status: 503, Times: 1})
	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 3*time.Minute })
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "%+v", s.get("for-alice").Status)
}

func TestAnOutageThatBeginsInARenameLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.SetTime(time.Now())
	s.putSecret("new", "seam_test2new")
	s.seam.AddAPIKey("seam_test2new", workspace)
	mendNew := s.seam.Inject(fakeseam.Fault{Token: "seam_test2new", Status: 503})
	s.declare("renamed", withSecret("new"))
	s.delete("alice-mobile-key")
	s.until(func() bool { return strings.Contains(message(s.get("alice-mobile-key")), "about to take over") })
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 2*time.Minute })
	mendNew()
	mend()
	s.gone("alice-mobile-key")
	s.until(func() bool { return s.isReady("renamed") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestADeletedObjectBehindAStalledDeletedOneSaysSo(t *testing.T) {
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
	// second marks itself when first leaves; here both are deleted, and first's Secret, while the operator is away
	s.edit("second", annotated(v1alpha1.AnnotationAssignedTo, s.recordFor("second", alice)), func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} })
	s.delete("first")
	s.delete("second")
	s.deleteSecret("seam")
	s.clock.SetTime(time.Now().Add(time.Minute))
	s.operate()
	began := s.clock.Now()
	s.untilBy(5*time.Second, func() bool { return s.clock.Since(began) > 30*time.Minute })
	s.Expect(conditionReason(s.get("second"), v1alpha1.ConditionReconciling)).To(Equal("absent"), "%+v\n%+v", s.get("first").Status.Conditions, s.get("second").Status.Conditions)
}
