package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories an answer to a write is lost, and the write lands late or never.

// assignLost is a story in which the answer to the first assign of front-desk-key was lost, which lands so much later.
func assignLost(t *testing.T, lateBy time.Duration) *story {
	t.Helper()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: lateBy, Times: 1})
	s.operate()
	s.declare("front-desk-key")
	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
	return s
}

func TestTwoLostAssignsAreBothLookedFor(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, Times: 1})
	s.edit("front-desk-key", forUser(bob))
	s.until(func() bool { return len(s.wrote()) >= 2 })
	s.quietAtLast()
	began := s.clock.Now()
	s.untilBy(20*time.Second, func() bool { return s.clock.Since(began) > 70*time.Minute })
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestALateLandingIsLookedForThoughTheObjectIsStalled(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	s.edit("front-desk-key", forUser(nobody))
	s.until(func() bool { return readyOf(s.get("front-desk-key")).Reason == v1alpha1.ReasonAssigneeNotFound })
	s.quietAtLast()
	began := s.clock.Now()
	s.untilBy(10*time.Second, func() bool { return s.clock.Since(began) > 10*time.Minute })
	s.edit("front-desk-key", forUser(bob))
	s.until(func() bool { return s.get("front-desk-key").Status.ObservedGeneration == 3 })
	began = s.clock.Now()
	s.untilBy(10*time.Second, func() bool { return s.clock.Since(began) > 10*time.Minute })
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestALostAssignIsRememberedThoughThePersonIsFoundToHold(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 45*time.Second)
	release := s.hold(fakeseam.OpGetCredential, false)
	s.handByConsole(bob)
	s.edit("front-desk-key", forUser(bob))
	s.held(fakeseam.OpGetCredential)
	s.clock.Step(31 * time.Second)
	release()
	s.until(func() bool { return s.isReady("front-desk-key") })
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestALostUnassignAndBackToTheSamePerson(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpUnassignCredential, Close: true, LateBy: 45 * time.Second, Times: 1})
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return len(s.wrote()) >= 2 })
	s.edit("alice-mobile-key", forUser(alice))
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestAnObjectSuspendedBehindALostUnassignDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpUnassignCredential, Close: true, LateBy: 20 * time.Second, Times: 1})
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return len(s.wrote()) >= 2 })
	s.edit("alice-mobile-key", suspended(true), forUser(alice))
	s.quietAtLast()
	s.Expect(s.isReady("alice-mobile-key")).To(BeFalse())
}

func TestAFinalizerDoesNotLeaveWhileALostAssignMayLand(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 20*time.Second)
	s.edit("front-desk-key", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.Consistently(func() []string { return s.get("front-desk-key").Finalizers }, "2s").ShouldNot(BeEmpty())
}

func TestADeletedObjectThatObservesStaysWhileALostAssignMayLand(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 20 * time.Second, Times: 1})
	s.operate()
	s.declare("alice-mobile-key")
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)
	lost := s.clock.Now()
	s.delete("alice-mobile-key")
	s.edit("alice-mobile-key", inMode(v1alpha1.ModeObserve))
	s.gone("alice-mobile-key")
	s.Expect(s.clock.Since(lost)).To(BeNumerically(">=", 20*time.Second))
}

func TestAMoveTakenBackBySuspensionDoesNotLookHealthy(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	release := s.hold(fakeseam.OpUnassignCredential, true)
	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpUnassignCredential)
	s.edit("alice-mobile-key", forUser(alice), suspended(true))
	release()
	s.until(func() bool { return s.get("alice-mobile-key").Status.ObservedGeneration == 3 })
	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.isReady("alice-mobile-key")).To(BeFalse())
}

func TestALostAssignKeepsRivalsFromWritingThoughItsKeyIsOfAnotherWorkspaceNow(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 25 * time.Second, Times: 1})
	s.operate()
	s.declare("early", inMode(v1alpha1.ModeObserve))
	s.stalled("early", v1alpha1.ReasonDrifted)
	s.clock.Step(time.Minute)
	s.declare("for-alice")
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	s.declare("for-bob", forUser(bob), withSecret("other"))
	s.Eventually(func() int64 { return s.get("for-bob").Status.ObservedGeneration }).Should(Equal(int64(1)))
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.reconciling("for-bob", v1alpha1.ReasonOutcomeUnknown)
	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.until(func() bool { return s.clock.Since(s.seam.Writes()[0].Time) > 2*time.Minute })
	w := s.seam.Writes()
	if len(w) > 1 {
		s.Expect(w[1].Time.Sub(w[0].Time)).To(BeNumerically(">=", 30*time.Second), "%v holder later", s.wrote())
	}
}
