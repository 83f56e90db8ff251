package controllers_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestALookThatBecameOldWhileItWasActedOnIsRepeated(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]string{"by the finalizer": "/front-desk-key", "by the record": "/front-desk-key/status"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.operate()
			slow := true
			s.beforeWrites(write, func() {
				if slow {
					slow = false
					s.handByConsole(carol)
					s.clock.Step(15 * time.Second)
				}
			})

			s.declare("front-desk-key")

			s.stalled("front-desk-key", v1alpha1.ReasonHeldByOther)
			s.Expect(s.wrote()).To(BeEmpty())
			s.Expect(s.holder()).To(Equal(user(carol)))
			s.Expect(s.pendingWrites("front-desk-key")).To(BeEmpty(), "the call was never sent")
		})
	}
}

func TestARefusedWriteIsNotSentAgainBecauseTheReportConflicts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	conflicts := 0
	s.passing(func(req *http.Request) error {
		if isReport(req) {
			if conflicts++; conflicts <= 5 {
				s.edit("front-desk-key", func(o *object) { o.Labels = map[string]string{"touched": time.Now().Format("150405.000000")} })
			}
		}
		return nil
	})

	s.declare("front-desk-key")

	s.until(func() bool { return readyOf(s.get("front-desk-key")).Reason == v1alpha1.ReasonInvalidRequest })
	s.Expect(s.wrote()).To(HaveLen(1))
	s.until(func() bool { return len(s.pendingWrites("front-desk-key")) == 0 })
}

func TestRetryAfterRestsTheKeyWhateverTheStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Status: 503, RetryAfter: "120", Times: 1})
	s.operate()
	s.declare("front-desk-key")
	s.reconciling("front-desk-key", v1alpha1.ReasonSeamUnavailable)
	s.rests()

	s.quiet(119 * time.Second)

	s.until(func() bool { return s.isReady("front-desk-key") })
}

func TestObjectsThatWaitForABusyKeyReadNoSecrets(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Gate: gate})
	s.options.Concurrency, s.options.Limits.InFlight = 4, 2
	s.operate()
	for i := range 20 {
		s.declare("key-"+string(rune('a'+i)), func(o *object) { o.Spec.ACSCredentialID = s.another() })
	}
	s.Expect(s.seam.AwaitHeld(s.ctx, 2, fakeseam.OpGetCredential)).To(Succeed())
	s.passes(20 * time.Second)

	s.Expect(s.traffic.secretReads()).To(BeNumerically("<=", 25))
	close(gate)
	s.until(func() bool { return s.isReady("key-a") && s.isReady("key-t") })
}

func TestAnObjectSuspendedInMidWriteDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential, true)

	s.edit("front-desk-key", suspended(true))
	release()

	s.until(func() bool { return s.get("front-desk-key").Status.ObservedGeneration == 2 })
	s.ready("front-desk-key", metav1.ConditionUnknown, v1alpha1.ReasonSuspended)
}

func TestADeletionReadsSeamTwice(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.seam.ResetCalls()

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
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
	s.declare("front-desk-key")
	s.reconciling("front-desk-key", v1alpha1.ReasonSeamUnavailable)

	s.Expect(logged.String()).To(ContainSubstring(s.seam.Calls()[0].RequestID))
}

func TestAWrongKeyDoesNotReplaceTheLastThatWorked(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)

	s.deleteSecret("seam")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARevokedKeyGivesWayToTheLastThatWorked(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAFinalizerStrippedDuringAnOutageComesBackBeforeADeletion(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})

	s.edit("alice-mobile-key", func(o *object) { o.Finalizers, o.Annotations = nil, nil })
	s.recorded("alice-mobile-key")
	s.delete("alice-mobile-key")
	mend()

	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
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
	var failed atomic.Int64
	s.passing(func(req *http.Request) error {
		if isReport(req) {
			failed.Add(1)
			return errUnplugged
		}
		return nil
	})
	s.operate()
	s.declare("alice-mobile-key")
	s.until(func() bool { return failed.Load() > 0 })
	calls, before := len(s.seam.Calls()), failed.Load()

	s.passes(150 * time.Second)

	s.Expect(len(s.seam.Calls())-calls).To(BeNumerically("<", 15), "1+2+4+…: about 8 looks in 150 s")
	s.Expect(failed.Load() - before).To(And(BeNumerically(">=", 2), BeNumerically("<", 15)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.passing(nil)
	s.until(func() bool { return s.isReady("alice-mobile-key") })
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

// stripped makes something on the way to the API server, such as a mutating webhook, take out what a write of the operator
// brings, as long as it asks for that.
func (s *story) stripped(what func(*http.Request) bool, asks func() bool) {
	s.passing(func(req *http.Request) error {
		if what(req) && asks() {
			setBody(req, []byte("{}"))
		}
		return nil
	})
}

func TestARecordThatSomethingStripsLetsNoCallGoOut(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	var isMended atomic.Bool
	s.stripped(isRecord, func() bool { return !isMended.Load() })
	s.operate()
	s.declare("front-desk-key")

	s.untilBy(time.Second, func() bool { return len(s.traffic.seen()) >= 5 })
	began, writes := s.clock.Now(), len(s.traffic.seen())
	s.untilBy(2*time.Second, func() bool { return s.clock.Since(began) > 10*time.Minute })

	s.Expect(s.wrote()).To(BeEmpty(), "no record, no call")
	s.Expect(len(s.traffic.seen())-writes).To(And(BeNumerically(">=", 2), BeNumerically("<", 12)), "less and less often, at last every 5 min")
	s.Expect(logged.String()).To(ContainSubstring("the API server did not store status.pendingWrites"))
	isMended.Store(true)
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARecordOfAnUnassignThatSomethingStripsLetsNoCallGoOut(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.stripped(isRecord, func() bool { return true })
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
	var isMended atomic.Bool
	s.stripped(isFinalizer, func() bool { return !isMended.Load() })
	s.operate()
	s.declare("front-desk-key")

	s.Eventually(s.traffic.seen).ShouldNot(BeEmpty())
	s.passes(5 * time.Minute)

	s.Expect(s.wrote()).To(BeEmpty())
	s.Expect(len(s.traffic.seen())).To(And(BeNumerically(">=", 4), BeNumerically("<", 20)), "less and less often, at last every 5 min")
	s.Expect(logged.String()).To(ContainSubstring("the API server did not store the finalizer acs.seam.co/unassign"))
	isMended.Store(true)
	s.until(func() bool { return s.isReady("front-desk-key") })
}

func TestAFinalizerThatSomethingTakesOffAgainIsNotPutBackInALoop(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.stripped(isFinalizer, func() bool { return true })
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", func(o *object) { o.Finalizers = nil })
	s.Eventually(func() int { return len(s.traffic.seen()) }).Should(BeNumerically(">", writes))
	s.passes(3 * time.Minute)

	s.Expect(len(s.traffic.seen()) - writes).To(And(BeNumerically(">=", 2), BeNumerically("<", 15)))
	s.passing(nil)
	s.until(func() bool { return strings.Join(s.get("alice-mobile-key").Finalizers, " ") == "acs.seam.co/unassign" })
}
