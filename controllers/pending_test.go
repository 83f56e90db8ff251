package controllers_test

import (
	"net/http"
	"slices"
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
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential, false)

	o := s.get("front-desk-key")
	s.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
	s.Expect(o.Status.PendingWrites).To(ConsistOf(v1alpha1.PendingWrite{
		UID: string(o.UID), Operation: v1alpha1.OperationAssign, ACSUserID: alice, StartedAt: metav1.NewTime(s.clock.Now().Local()),
	}))
	s.Expect(o.Status.AssignedTo).To(BeNil(), "nobody has seen it yet")
	release()
	s.assigned("front-desk-key")
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())

	s.clock.Step(time.Minute)
	release = s.hold(fakeseam.OpUnassignCredential, false)
	s.edit("front-desk-key", forUser(bob))
	s.held(fakeseam.OpUnassignCredential)
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Unassign " + alice}))
	s.Expect(s.assignedPerson("front-desk-key")).To(Equal(alice))

	releaseAssign := s.hold(fakeseam.OpAssignCredential, false)
	release()
	s.held(fakeseam.OpAssignCredential)
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Assign " + bob}))
	s.Expect(s.assignedPerson("front-desk-key")).To(BeEmpty(), "it makes room: nobody is its own")
	releaseAssign()
	s.until(func() bool { return s.isReady("front-desk-key") && s.holder() == user(bob) })

	s.clock.Step(time.Minute)
	release = s.hold(fakeseam.OpUnassignCredential, false)
	s.delete("front-desk-key")
	s.until(func() bool { return len(s.wrote()) == 4 })
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Unassign " + bob}))
	release()
	s.gone("front-desk-key")
}

func TestARecordNamesAUserIdentity(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity})
	release := s.hold(fakeseam.OpAssignCredential, false)
	s.operate()
	s.declare("alice-mobile-key", forIdentity(aliceIdentity))
	s.held(fakeseam.OpAssignCredential)

	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(ConsistOf(And(HaveField("UserIdentityID", aliceIdentity), HaveField("ACSUserID", ""))))
	release()
	s.until(func() bool { return s.isReady("alice-mobile-key") })
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).To(HaveValue(And(HaveField("UserIdentityID", aliceIdentity), HaveField("ACSUserID", ""))))
}

func TestAPersonWhomACrashLeftUnknownIsWaitedForBeforeAnybodyElseIsAssigned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at   moment
		want []string
	}{
		"the record was stored, its answer lost": {recordUnanswered, []string{"assign " + bob}},
		"the call was not sent":                  {beforeTheAssign, []string{"assign " + bob}},
		"the call was not answered":              {assignUnanswered, []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
		"the report was not sent":                {beforeTheReport, []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			_, kill := s.run()
			s.killedAt(c.at, kill, func() { s.declare("front-desk-key") })
			s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Assign " + alice}))
			s.edit("front-desk-key", forUser(bob))
			s.clock.Step(time.Hour) // what the record says of the time is for people: clocks differ
			wasSent := len(s.wrote()) > 0

			s.operate()
			began := s.clock.Now()
			if wasSent { // a read shows it, and nothing has to be waited for
				s.Eventually(s.holder).Should(Equal(user(bob)))
			} else { // which no read can tell
				s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
				s.until(func() bool { return s.holder() == user(bob) })
				s.Expect(s.sent(1).Sub(began)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 2*time.Minute)))
			}

			s.until(func() bool { return s.isReady("front-desk-key") })
			s.Expect(s.tookPlace()).To(Equal(c.want))
			s.Expect(wasSent || s.clock.Since(began) >= time.Minute).To(BeTrue(), "Ready though Alice's assign could still undo it")
			s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
			s.Expect(s.assignedPerson("front-desk-key")).To(Equal(bob))
		})
	}
}

func TestARecordByAnotherClockCountsFromWhenItWasFirstSeen(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"one that is ahead": time.Hour, "one that is behind": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			now := s.clock.Now()
			s.clock.SetTime(now.Add(ahead))
			_, kill := s.run()
			s.killedAt(beforeTheAssign, kill, func() { s.declare("front-desk-key") })
			s.clock.SetTime(now)

			s.operate()
			s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)

			s.until(func() bool { return s.isReady("front-desk-key") })
			s.Expect(s.sent(1).Sub(now)).To(And(BeNumerically(">=", 30*time.Second), BeNumerically("<", 2*time.Minute)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAPendingWriteThatARunningProcessDidNotSendIsWaitedForToo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	o := s.declare("front-desk-key", suspended(true))
	s.ready("front-desk-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
	s.clock.Step(10 * time.Minute)
	o = s.get(o.Name)
	o.Status.PendingWrites = []v1alpha1.PendingWrite{{
		UID: string(o.UID), Operation: v1alpha1.OperationAssign, ACSUserID: bob, StartedAt: metav1.NewTime(s.clock.Now().Add(-time.Hour)),
	}}
	s.Expect(s.api.Status().Update(s.ctx, o)).To(Succeed()) // as a restore with status, or a shard that was cut anew
	s.cached("front-desk-key", func(o *object) bool { return len(o.Status.PendingWrites) == 1 })
	restored := s.clock.Now()

	s.edit("front-desk-key", suspended(false))

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.sent(1).Sub(restored)).To(BeNumerically(">=", 30*time.Second))
	s.Expect(s.clock.Since(restored)).To(BeNumerically(">=", time.Minute))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
}

func TestAMoveTakenBackInACrashIsNotReadyWhileItsUnassignMayLand(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("front-desk-key")
	s.assigned("front-desk-key")
	s.clock.Step(time.Minute)
	s.killedAt(beforeTheUnassign, kill, func() { s.edit("front-desk-key", forUser(bob)) })
	s.edit("front-desk-key", forUser(alice))
	began := s.clock.Now()

	s.operate()

	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.clock.Since(began)).To(BeNumerically(">=", time.Minute), "nobody knows that it was never sent")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
}

func TestWithEightPendingWritesNothingMoreIsSent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	o := s.declare("front-desk-key")
	for i := range 8 {
		o.Status.PendingWrites = append(o.Status.PendingWrites, v1alpha1.PendingWrite{
			UID: string(o.UID), Operation: v1alpha1.OperationAssign, ACSUserID: alice, StartedAt: metav1.NewTime(s.clock.Now().Add(time.Duration(i) * time.Second)),
		})
	}
	s.Expect(s.api.Status().Update(s.ctx, o)).To(Succeed())
	began := s.clock.Now()

	s.operate()

	s.untilBy(200*time.Millisecond, func() bool {
		return readyOf(s.get("front-desk-key")).Message == "the answers to 8 changes were lost: Seam is read until they can no longer come about"
	})
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.sent(1).Sub(began)).To(BeNumerically(">=", time.Minute), "until one of them leaves")
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
}

func TestARecordOfAnotherObjectProvesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.handByConsole(bob)
	o := s.declare("front-desk-key")
	s.stalled("front-desk-key", v1alpha1.ReasonHeldByOther)
	stop()
	const another = "00000000-0000-0000-0000-00000000000a"
	o = s.get(o.Name)
	o.Status.AssignedTo = &v1alpha1.AssignedTo{UID: another, ACSUserID: bob, WorkspaceID: workspace}
	o.Status.PendingWrites = []v1alpha1.PendingWrite{{
		UID: another, Operation: v1alpha1.OperationAssign, ACSUserID: bob, StartedAt: metav1.NewTime(s.clock.Now()),
	}}
	s.Expect(s.api.Status().Update(s.ctx, o)).To(Succeed())

	s.operate()

	s.Eventually(func() *v1alpha1.AssignedTo { return s.get("front-desk-key").Status.AssignedTo }).Should(BeNil(), "from a backup")
	s.quietAtLast()
	s.stalled("front-desk-key", v1alpha1.ReasonHeldByOther)
	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(s.get("front-desk-key").Status.PendingWrites).To(BeEmpty())
}

func TestACallEndsATimeOutAfterItsRecordWasSent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.SeamTimeout = 9 * time.Second
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Hour, Times: 1})
	s.passing(func(req *http.Request) error {
		if isRecord(req) {
			s.clock.Step(8700 * time.Millisecond) // storing it takes so long
		}
		return nil
	})
	s.operate()
	s.declare("front-desk-key")
	s.Expect(s.seam.AwaitCalls(s.ctx, 1, fakeseam.OpAssignCredential)).To(Succeed())
	began := time.Now()

	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)

	s.Expect(time.Since(began)).To(BeNumerically("<", 7*time.Second), "it ends after what is left of its nine seconds, and not after nine more")
}

func TestNothingGoesOutWhenItsTimeIsOverBeforeItIsRecorded(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.SeamTimeout = 5 * time.Second
	slow := true
	s.passing(func(req *http.Request) error {
		if isRecord(req) && slow {
			slow = false
			s.clock.Step(5 * time.Second) // the read is young enough yet
		}
		return nil
	})
	release := s.hold(fakeseam.OpAssignCredential, false)
	began := s.clock.Now()
	s.operate()
	s.declare("front-desk-key")
	s.held(fakeseam.OpAssignCredential)

	s.Expect(s.get("front-desk-key").Status.PendingWrites).To(ConsistOf(
		HaveField("StartedAt.Time", BeTemporally("==", began.Add(5*time.Second)))), "the credential was read again, and the call recorded anew")
	release()
	s.assigned("front-desk-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAChangeBeforeSIGTERMIsTold(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{VoidAnswers: true}) // a read would show it, and none may start
	release := s.hold(fakeseam.OpAssignCredential, true)
	stop := s.operate()
	s.declare("front-desk-key")
	s.held(fakeseam.OpAssignCredential)

	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	s.Eventually(s.stopping).Should(BeClosed())
	release()
	s.Eventually(stopped).Should(BeClosed())

	s.reconciling("front-desk-key", v1alpha1.ReasonAssigning)
	s.Eventually(func() []string { return s.events("front-desk-key") }).Should(ContainElement("Normal Assigned"))
	calls := s.seam.Calls()
	s.Expect(calls[len(calls)-1].Operation).To(Equal(fakeseam.OpAssignCredential), "no new call starts")
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Assign " + alice}), "no read has shown it")
	s.operate()
	s.assigned("front-desk-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty())
}

func TestAnAnswerThatWasLostBeforeSIGTERMIsTold(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Gate: gate, After: true, Close: true, Times: 1})
	stop := s.operate()
	s.declare("front-desk-key")
	s.held(fakeseam.OpAssignCredential)

	stopped := make(chan struct{})
	go func() { defer close(stopped); stop() }()
	s.Eventually(s.stopping).Should(BeClosed())
	close(gate)
	s.Eventually(stopped).Should(BeClosed())

	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
	s.Expect(s.pendingWrites("front-desk-key")).To(Equal([]string{"Assign " + alice}))
}

// A young process.

// deletedInADowntime is a story in which Alice's object was deleted while nobody operated. Reads show what was before a write for
// so long.
func deletedInADowntime(t *testing.T, readsLag time.Duration) *story {
	t.Helper()
	s := newStory(t)
	s.seam.SetBehaviour(fakeseam.Behaviour{ReadLag: readsLag})
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop()
	s.delete("alice-mobile-key")
	return s
}

func TestAYoungProcessBelievesOneReadAloneNoDeparture(t *testing.T) {
	t.Parallel()
	s := deletedInADowntime(t, 20*time.Second)

	s.operate()

	s.until(func() bool { return readyOf(s.get("alice-mobile-key")).Reason == v1alpha1.ReasonUnassigning })
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
	began := s.clock.Now()

	s.operate()

	s.goneBy(20*time.Millisecond, "alice-mobile-key")
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 28*time.Second), "it does not wait until it is young no longer")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnUnassignOfTheProcessBeforeIsSeenTwice(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop()
	s.delete("alice-mobile-key")
	s.clock.Step(time.Minute)
	_, kill := s.run()
	wait := s.cutOff(unassignUnanswered)
	s.until(func() bool { return s.holder() == user("") })
	wait()
	kill()
	s.passing(nil)
	s.plug.mend()
	began := s.clock.Now()

	s.operate()

	s.gone("alice-mobile-key")
	s.Expect(s.clock.Since(began)).To(BeNumerically(">=", 30*time.Second))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestAProcessThatHasLedForLongBelievesOneRead(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.later(time.Minute)
	s.handByConsole("")
	s.seam.ResetCalls()

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.seam.Calls()).To(HaveLen(1))
	s.Expect(s.wrote()).To(BeEmpty())
}

// Crashes at any moment.

func TestAnAssignmentThatNoReadHasConfirmedSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashes(t,
		func(s *story) {
			s.seam.SetBehaviour(fakeseam.Behaviour{VoidAnswers: true, ReadLag: 20 * time.Second, OnRepeat: fakeseam.RepeatRefuses})
		},
		func(s *story) { s.declare("alice-mobile-key") },
		func(s *story) bool { return s.isReady("alice-mobile-key") },
		func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "what no read confirmed is not sent again")
			s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice))
			s.quietAtLast()
			s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
			s.assigned("alice-mobile-key")
		})
}

func TestAHandOverSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashesBy(t, aMoment,
		func(s *story) {
			stop := s.operate()
			s.declare("alice-mobile-key")
			s.assigned("alice-mobile-key")
			s.declare("renamed")
			s.assigned("renamed")
			stop()
			s.clock.Step(time.Minute)
			s.seam.ResetCalls()
		},
		func(s *story) { s.delete("alice-mobile-key") },
		func(s *story) bool {
			return s.isGone("alice-mobile-key") && len(s.get("renamed").Finalizers) == 1 && s.assignedPerson("renamed") == alice
		},
		func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(BeEmpty())
		})
}

func TestADeletionWhileAssigningSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashes(t,
		func(s *story) {
			isDeleted := false
			s.passing(func(req *http.Request) error {
				s.plug.mu.Lock()
				isFirst := !isDeleted && isAssign(req)
				isDeleted = isDeleted || isFirst
				s.plug.mu.Unlock()
				if isFirst {
					s.delete("alice-mobile-key") // while the assign is on its way
				}
				return nil
			})
		},
		func(s *story) { s.declare("alice-mobile-key") },
		func(s *story) bool { return s.isGone("alice-mobile-key") },
		func(s *story) {
			s.quietAtLast()
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(slices.Contains(s.tookPlace(), "unassign "+alice)).To(Equal(slices.Contains(s.tookPlace(), "assign "+alice)))
		})
}
