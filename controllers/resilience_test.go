package controllers_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestALeaseThatIsRenewedLateGoesOn(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	lease := &controllers.Lease{Lasts: time.Hour}
	s.options.Lease = lease
	s.operate()
	s.declare("front-desk-key")
	s.rests()
	s.Expect(s.seam.Calls()).To(BeEmpty())

	s.renew(lease)

	s.until(func() bool { return s.isReady("front-desk-key") })
}

// renew lets the lease see that it was renewed.
func (s *story) renew(lease *controllers.Lease) {
	s.t.Helper()
	renewed, err := lease.Watch(roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	})).RoundTrip(httptest.NewRequest(http.MethodPut, "/leases/seam-operator", strings.NewReader(`{"spec":{"holderIdentity":"us"}}`)))
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(renewed.Body.Close()).To(Succeed())
}

// beforeWrites calls the function before each write of the operator whose path ends so.
func (s *story) beforeWrites(suffix string, do func()) {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	s.traffic.before = func(write string) error {
		if strings.HasSuffix(write, suffix) {
			do()
		}
		return nil
	}
}

func TestALookThatBecameOldWhileTheRecordWasWrittenIsRepeated(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	slow := true
	s.beforeWrites("/front-desk-key", func() {
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
}

func TestARefusedWriteIsNotSentAgainBecauseTheReportConflicts(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	conflicts := 0
	s.beforeWrites("/status", func() {
		if conflicts++; conflicts <= 5 {
			s.edit("front-desk-key", func(o *object) { o.Labels = map[string]string{"touched": time.Now().Format("150405.000000")} })
		}
	})

	s.declare("front-desk-key")

	s.until(func() bool { return readyOf(s.get("front-desk-key")).Reason == v1alpha1.ReasonInvalidRequest })
	s.Expect(s.wrote()).To(HaveLen(1))
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
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 20*time.Second })

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

func TestMarksStrippedDuringAnOutageComeBackBeforeADeletion(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})

	s.edit("alice-mobile-key", func(o *object) { o.Finalizers, o.Annotations = nil, nil })
	s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(ConsistOf("acs.seam.co/unassign"))
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

func TestAReportThatFailsIsTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.traffic.before = func(write string) error {
		if strings.HasSuffix(write, "/status") {
			return errUnplugged
		}
		return nil
	}
	s.operate()
	s.declare("alice-mobile-key")
	s.until(func() bool { return s.holder() == user(alice) })
	calls := len(s.seam.Calls())
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 150*time.Second })
	n := len(s.seam.Calls()) - calls
	s.Expect(n).To(BeNumerically("<", 15), "1+2+4+…: about 8 looks in 150 s")
}
