package controllers_test

import (
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestALookThatBecameOldWhileItWasActedOnIsRepeated(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*http.Request) bool{"by the finalizer": isFinalizer, "by the record": isRecord} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			s.once(write, func() {
				s.handByConsole(carol)
				s.clock.Step(15 * time.Second)
			})

			s.declare("alice-mobile-key")

			s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
			s.Expect(s.wrote()).To(BeEmpty())
			s.Expect(s.holder()).To(Equal(user(carol)))
			s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty(), "the call was never sent")
		})
	}
}

func TestARefusedWriteIsNotSentAgainBecauseTheReportConflicts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	conflicts := 0
	s.each(isReport, func() {
		if conflicts++; conflicts <= 5 {
			s.edit("alice-mobile-key", func(o *object) { o.Labels = map[string]string{"touched": time.Now().Format("150405.000000")} })
		}
	})

	s.declare("alice-mobile-key")

	s.until(s.says("alice-mobile-key", v1alpha1.ReasonInvalidRequest))
	s.Expect(s.wrote()).To(HaveLen(1))
	s.until(s.isSettled("alice-mobile-key"))
}

func TestRetryAfterRestsTheKeyWhateverTheStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Status: 503, RetryAfter: "120", Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonSeamUnavailable)
	s.rests()

	s.quiet(119 * time.Second)

	s.until(s.isReady("alice-mobile-key"))
}

func TestObjectsThatWaitForABusyKeyReadNoSecrets(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	release := s.gate(fakeseam.Fault{})
	s.options.Concurrency, s.options.Limits.InFlight = 4, 2
	s.operate()
	for i := range 20 {
		s.declare("key-"+string(rune('a'+i)), forCredential(s.another()))
	}
	s.heldTimes(2, fakeseam.OpGetCredential)
	s.passes(20 * time.Second)

	s.Expect(s.traffic.secretReads()).To(BeNumerically("<=", 25))
	release()
	s.until(s.isReady("key-a"), s.isReady("key-t"))
}

func TestAnObjectSuspendedInMidWriteDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s, release := declaredAndUnanswered(t)

	s.edit("alice-mobile-key", suspended(true))
	release()

	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 2 })
	s.saysSuspended("alice-mobile-key")
}

func TestADeletionReadsSeamTwice(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.seam.ResetCalls()

	s.deleteAndWait("alice-mobile-key")
	s.quiet(time.Minute)

	var operations []string
	for _, call := range s.seam.Calls() {
		operations = append(operations, call.Operation)
	}
	s.Expect(operations).To(Equal([]string{fakeseam.OpGetCredential, fakeseam.OpUnassignCredential, fakeseam.OpGetCredential}))
}

func TestAFailedCallIsLoggedWithItsRequestID(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Status: 500, Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonSeamUnavailable)

	s.Expect(logged.String()).To(ContainSubstring(s.seam.Calls()[0].RequestID))
}

func TestASecretOfWhiteSpaceIsEmpty(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("seam", " \n")
	s.operate()
	s.declare("alice-mobile-key")

	s.reconciling("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
}

func TestAReportThatFailsIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	failed := s.refused(isReport)
	s.operate()
	s.declare("alice-mobile-key")
	s.until(func() bool { return failed.Load() > 0 })
	calls, before := len(s.seam.Calls()), failed.Load()

	s.passes(150 * time.Second)

	s.Expect(len(s.seam.Calls())-calls).To(BeNumerically("<", 15), "1+2+4+…: about 8 looks in 150 s")
	s.Expect(failed.Load() - before).To(And(BeNumerically(">=", 2), BeNumerically("<", 15)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.passing(nil)
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

// stripped makes something on the way to the API server, such as a mutating webhook, take out what a write of the operator
// brings, until the story lets all pass again.
func (s *story) stripped(what func(*http.Request) bool) {
	s.passing(func(req *http.Request) error {
		if what(req) {
			setBody(req, []byte("{}"))
		}
		return nil
	})
}

func TestARecordThatSomethingStripsLetsNoCallGoOut(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.stripped(isRecord)
	s.operate()
	s.declare("alice-mobile-key")

	s.untilBy(time.Second, func() bool { return len(s.traffic.seen()) >= 5 })
	writes := len(s.traffic.seen())
	s.passesBy(2*time.Second, 10*time.Minute)

	s.Expect(s.wrote()).To(BeEmpty(), "no record, no call")
	s.Expect(len(s.traffic.seen())-writes).To(And(BeNumerically(">=", 2), BeNumerically("<", 12)), "less and less often, at last every 5 min")
	s.Expect(logged.String()).To(ContainSubstring("the API server did not store status.pendingWrites"))
	s.passing(nil)
	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARecordOfAnUnassignThatSomethingStripsLetsNoCallGoOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.stripped(isRecord)
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", forUser(bob))
	s.passes(5 * time.Minute)

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(len(s.traffic.seen()) - writes).To(And(BeNumerically(">=", 2), BeNumerically("<", 15)))
	s.delete("alice-mobile-key")
	s.passes(time.Minute)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.passing(nil)
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAFinalizerThatSomethingStripsLetsNoCallGoOut(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.stripped(isFinalizer)
	s.operate()
	s.declare("alice-mobile-key")

	s.Eventually(s.traffic.seen).ShouldNot(BeEmpty())
	s.passes(5 * time.Minute)

	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(len(s.traffic.seen())).To(And(BeNumerically(">=", 4), BeNumerically("<", 20)), "less and less often, at last every 5 min")
	s.Expect(logged.String()).To(ContainSubstring("the API server did not store the finalizer acs.seam.co/unassign"))
	s.passing(nil)
	s.until(s.isReady("alice-mobile-key"))
}

func TestAFinalizerThatSomethingTakesOffAgainIsNotPutBackInALoop(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.stripped(isFinalizer)
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", withoutFinalizer)
	s.Eventually(func() int { return len(s.traffic.seen()) }).Should(BeNumerically(">", writes))
	s.passes(3 * time.Minute)

	s.Expect(len(s.traffic.seen()) - writes).To(And(BeNumerically(">=", 2), BeNumerically("<", 15)))
	s.passing(nil)
	s.until(s.hasFinalizer("alice-mobile-key"))
}
