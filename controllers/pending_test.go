package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories status.pendingWrites is all that is left of a call.

func TestTheRecordStandsBeforeTheCallGoesOut(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential)

	o := s.get("alice-mobile-key")
	s.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
	s.Expect(o.Status.PendingWrites).To(ConsistOf(v1alpha1.PendingWrite{
		UID: string(o.UID), Operation: v1alpha1.OperationAssign, ACSUserID: alice, StartedAt: metav1.NewTime(s.clock.Now().Local()),
	}))
	s.Expect(o.Status.AssignedTo).To(BeNil(), "nobody has seen it yet")
	release()
	s.assigned("alice-mobile-key")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice))

	s.clock.Step(time.Minute)
	release = s.hold(fakeseam.OpUnassignCredential)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpUnassignCredential)
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Unassign " + alice}))
	s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice))

	releaseAssign := s.hold(fakeseam.OpAssignCredential)
	release()
	s.held(fakeseam.OpAssignCredential)
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + bob}))
	s.Expect(s.assignedPerson("alice-mobile-key")).To(BeEmpty(), "it makes room: nobody is its own")
	releaseAssign()
	s.until(s.isReady("alice-mobile-key"), s.isHeldBy(bob))

	s.clock.Step(time.Minute)
	release = s.hold(fakeseam.OpUnassignCredential)
	s.delete("alice-mobile-key")
	s.until(s.hasWritten(4))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Unassign " + bob}))
	release()
	s.gone("alice-mobile-key")
}

func TestARecordNamesAUserIdentity(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity})
	release := s.hold(fakeseam.OpAssignCredential)
	s.declareAndAwaitHeld(fakeseam.OpAssignCredential, forIdentity(aliceIdentity))

	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(ConsistOf(And(HaveField("UserIdentityID", aliceIdentity), HaveField("ACSUserID", ""))))
	release()
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).To(HaveValue(And(HaveField("UserIdentityID", aliceIdentity), HaveField("ACSUserID", ""))))
}

func TestAPersonWhomACrashLeftUnknownIsWaitedForBeforeAnybodyElseIsAssigned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   cut
		want []string
	}{
		"the record was stored, its answer lost": {answerLost(isRecord), []string{"assign " + bob}},
		"the call was not sent":                  {before(isAssign), []string{"assign " + bob}},
		"the call was not answered":              {answerLost(isAssign), []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
		"the report was not sent":                {before(isReport), []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			s.killedAt(c.at, func() { s.declare("alice-mobile-key") })
			s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + alice}))
			s.edit("alice-mobile-key", forUser(bob))
			s.clock.Step(time.Hour) // what the record says of the time is for people: clocks differ
			wasSent := len(s.wrote()) > 0
			s.Expect(s.holder() == user(alice)).To(Equal(wasSent))

			s.operate()
			began := s.clock.Now()
			if wasSent { // a read shows it, and nothing has to be waited for
				s.Eventually(s.holder).Should(Equal(user(bob)))
			} else { // which no read can tell
				s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
				s.until(s.isHeldBy(bob))
				s.Expect(s.sent(1).Sub(began)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 2*time.Minute)))
			}

			s.until(s.isReady("alice-mobile-key"))
			s.Expect(s.tookPlace()).To(Equal(c.want))
			s.Expect(wasSent || s.clock.Since(began) >= time.Minute).To(BeTrue(), "Ready though Alice's assign could still undo it")
			s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
			s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(bob))
		})
	}
}

// pendingAssign is the record of an assign to the person by the object with the UID.
func pendingAssign(uid, person string, startedAt time.Time) v1alpha1.PendingWrite {
	return v1alpha1.PendingWrite{UID: uid, Operation: v1alpha1.OperationAssign, ACSUserID: person, StartedAt: metav1.NewTime(startedAt)}
}

// restoreStatus changes the object's status, as a restore does, or a shard that was cut anew.
func (s *story) restoreStatus(name string, changes ...change) {
	s.t.Helper()
	o := s.get(name)
	for _, c := range changes {
		c(o)
	}
	s.Expect(s.api.Status().Update(s.ctx, o)).To(Succeed())
}

func TestAPendingWriteThatARunningProcessDidNotSendIsWaitedForToo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", suspended(true))
	s.saysSuspended("alice-mobile-key")
	s.clock.Step(10 * time.Minute)
	s.restoreStatus("alice-mobile-key", func(o *object) {
		o.Status.PendingWrites = []v1alpha1.PendingWrite{pendingAssign(string(o.UID), bob, s.clock.Now().Add(-time.Hour))}
	})
	s.cached("alice-mobile-key", func(o *object) bool { return len(o.Status.PendingWrites) == 1 })
	restored := s.clock.Now()

	s.edit("alice-mobile-key", suspended(false))

	took := s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.sent(1).Sub(restored)).To(BeNumerically(">=", 30*time.Second))
	s.Expect(took).To(BeNumerically(">=", time.Minute))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestAMoveTakenBackInACrashIsNotReadyWhileItsUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.killedAt(before(isUnassign), func() { s.edit("alice-mobile-key", forUser(bob)) })
	s.edit("alice-mobile-key", forUser(alice))
	began := s.clock.Now()

	s.operate()

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.clock.Since(began)).To(BeNumerically(">=", time.Minute), "nobody knows that it was never sent")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestWithEightPendingWritesNothingMoreIsSent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("alice-mobile-key")
	s.restoreStatus("alice-mobile-key", func(o *object) {
		for i := range 8 {
			o.Status.PendingWrites = append(o.Status.PendingWrites, pendingAssign(string(o.UID), alice, s.clock.Now().Add(time.Duration(i)*time.Second)))
		}
	})
	began := s.clock.Now()

	s.operate()

	s.untilBy(200*time.Millisecond, func() bool {
		return readyOf(s.get("alice-mobile-key")).Message == "the answers to 8 changes were lost: Seam is read until they can no longer come about"
	})
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.sent(1).Sub(began)).To(BeNumerically(">=", time.Minute), "until one of them leaves")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestARecordOfAnotherObjectProvesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.handByConsole(bob)
	s.declare("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.stop()
	const another = "00000000-0000-0000-0000-00000000000a"
	s.restoreStatus("alice-mobile-key", func(o *object) {
		o.Status.AssignedTo = &v1alpha1.AssignedTo{UID: another, ACSUserID: bob, WorkspaceID: workspace}
		o.Status.PendingWrites = []v1alpha1.PendingWrite{pendingAssign(another, bob, s.clock.Now())}
	})

	s.operate()

	s.Eventually(func() *v1alpha1.AssignedTo { return s.get("alice-mobile-key").Status.AssignedTo }).Should(BeNil(), "from a backup")
	s.settles()
	s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(BeEmpty())
}

// slowRecord is a story in which a call may take so long, and the API server takes some of that to store the first record.
func slowRecord(t *testing.T, mayTake, takes time.Duration) *story {
	t.Helper()
	s := newStory(t)
	s.options.SeamTimeout = mayTake
	s.once(isRecord, func() { s.clock.Step(takes) })
	return s
}

func TestACallEndsATimeOutAfterItsRecordWasSent(t *testing.T) {
	t.Parallel()
	s := slowRecord(t, 10*time.Second, 9*time.Second)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour, Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.called(1, fakeseam.OpAssignCredential)
	s.Expect(s.wrote()).To(HaveLen(1))
	began := time.Now()

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

	s.Expect(time.Since(began)).To(BeNumerically("<", 6*time.Second), "it ends after what is left of its ten seconds, and not after ten more")
}

func TestNothingGoesOutWhenItsTimeIsOverBeforeItIsRecorded(t *testing.T) {
	t.Parallel()
	for name, takes := range map[string]time.Duration{ // in each the read is young enough yet
		"as long as a call may take": 5 * time.Second,
		"longer":                     6 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := slowRecord(t, 5*time.Second, takes)
			release := s.hold(fakeseam.OpAssignCredential)
			began := s.clock.Now()
			s.declareAndAwaitHeld(fakeseam.OpAssignCredential)

			s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(ConsistOf(
				HaveField("StartedAt.Time", BeTemporally("==", began.Add(takes)))), "the credential was read again, and the call recorded anew")
			release()
			s.assigned("alice-mobile-key")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

// endsAfter asks the operator to stop, lets what is held go on, and waits for the end.
func (s *story) endsAfter(release func()) {
	s.t.Helper()
	s.asksToStop()
	release()
	s.Eventually(s.ended).Should(BeClosed())
}

func TestAChangeBeforeSIGTERMIsReported(t *testing.T) {
	t.Parallel()
	s := newStory(t, behaving(fakeseam.Behaviour{VoidAnswers: true})) // a read would show it, and none may start
	release := s.holdAnswer(fakeseam.OpAssignCredential)
	s.declareAndAwaitHeld(fakeseam.OpAssignCredential)

	s.endsAfter(release)

	s.reconciling("alice-mobile-key", v1alpha1.ReasonAssigning)
	s.hasEvent("alice-mobile-key", "Normal Assigned")
	calls := s.seam.Calls()
	s.Expect(calls[len(calls)-1].Operation).To(Equal(fakeseam.OpAssignCredential), "no new call starts")
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + alice}), "no read has shown it")
	s.operate()
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestAnAnswerThatWasLostBeforeSIGTERMIsReported(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	release := s.gate(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, After: true, Close: true, Times: 1})
	s.declareAndAwaitHeld(fakeseam.OpAssignCredential)

	s.endsAfter(release)

	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + alice}))
}

// A young process.

// deletedInADowntime is a story in which Alice's object was deleted while nobody operated. Reads show what was before a write for
// so long.
func deletedInADowntime(t *testing.T, readsLag time.Duration) *story {
	t.Helper()
	s := newStory(t, behaving(fakeseam.Behaviour{ReadLag: readsLag}))
	s.assignToAlice()
	s.stop()
	s.delete("alice-mobile-key")
	return s
}

func TestAYoungProcessBelievesOneReadAloneNoDeparture(t *testing.T) {
	t.Parallel()
	s := deletedInADowntime(t, 20*time.Second)

	s.operate()

	s.until(s.says("alice-mobile-key", v1alpha1.ReasonUnassigning))
	s.gone("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}), "the first read showed nobody yet")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAYoungProcessReadsTwiceBeforeItLetsAnObjectGo(t *testing.T) {
	t.Parallel()
	s := deletedInADowntime(t, 0)
	s.handByConsole("")
	s.seam.ResetCalls()
	began := s.clock.Now()

	s.operate()

	s.gone("alice-mobile-key")
	s.Expect(s.clock.Since(began)).To(BeNumerically(">=", 30*time.Second))
	calls := s.seam.Calls()
	s.Expect(len(calls)).To(BeNumerically(">=", 2))
	s.Expect(calls[len(calls)-1].Time.Sub(began)).To(BeNumerically(">=", 30*time.Second), "the last read is from when the process is young no longer")
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAYoungProcessBelievesWhatItTookAwayItself(t *testing.T) {
	t.Parallel()
	s := deletedInADowntime(t, 0)
	s.clock.Step(time.Minute)

	s.operate()

	took := s.untilBy(20*time.Millisecond, s.isGone("alice-mobile-key"))
	s.Expect(took).To(BeNumerically("<", 28*time.Second), "it does not wait until it is young no longer")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnUnassignOfTheProcessBeforeIsSeenTwice(t *testing.T) {
	t.Parallel()
	s := deletedInADowntime(t, 0)
	s.clock.Step(time.Minute)
	s.operate()
	s.killedAt(answerLost(isUnassign), func() { s.until(s.isHeldBy("")) })

	s.operate()

	took := s.until(s.isGone("alice-mobile-key"))
	s.Expect(took).To(BeNumerically(">=", 30*time.Second))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestAProcessThatHasLedForLongBelievesOneRead(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.later(time.Minute)
	s.handByConsole("")
	s.seam.ResetCalls()

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.seam.Calls()).To(HaveLen(1))
	s.Expect(s.wrote()).To(BeEmpty())
}
