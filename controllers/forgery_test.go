package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// recordFor is a record that somebody might write by hand for an object: all in it is right but that it is not true.
func (s *story) recordFor(name, person string) string {
	return `{"uid":"` + string(s.get(name).UID) + `","workspaceID":"` + workspace + `","acsUserID":"` + person +
		`","write":"assign","at":"2026-01-01T00:00:00Z"}`
}

func TestAForgedRecordOfOneWhoseKeyReadOnceBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": carol, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.putSecret("former", "seam_test2former")
			s.seam.AddAPIKey("seam_test2former", workspace)
			s.operate()
			s.declare("former", forUser(person), withSecret("former"), inMode(v1alpha1.ModeObserve))
			s.stalled("former", v1alpha1.ReasonDrifted)
			s.ages("former")
			s.declare("alice-mobile-key")
			s.assigned("alice-mobile-key")
			s.seam.RevokeToken("seam_test2former")
			s.edit("former", inMode(v1alpha1.ModeAssign))
			s.stalled("former", v1alpha1.ReasonUnauthorized)
			s.edit("former", annotated(v1alpha1.AnnotationAssignedTo, s.recordFor("former", person)))
			s.edit("former", annotated(v1alpha1.AnnotationRequestedAt, "now"))
			s.Eventually(func() string { return s.get("former").Status.LastHandledReconcileAt }).Should(Equal("now"))

			s.delete("alice-mobile-key")
			s.gone("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAForgedRecordOfAnObjectThatNobodyCouldHandleBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
	s.declare("slow", withSecret("slow"))
	s.held(fakeseam.OpGetCredential)
	s.edit("slow", annotated(v1alpha1.AnnotationAssignedTo, s.recordFor("slow", alice)),
		func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} })

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAForgedRecordOfAnObjectThatWaitsItsTurnBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.1, 5 // small here, so that a few objects do
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.putSecret("bogus", "seam_test2bogus")
	for i := range 6 {
		s.declare("noise-"+string(rune('a'+i)), withSecret("bogus"), func(o *object) { o.Spec.ACSCredentialID = nobody[:35] + string(rune('a'+i)) })
	}
	s.until(func() bool { return readyOf(s.get("noise-a")).Reason != "" })
	s.declare("forged", withSecret("bogus"))
	s.edit("forged", annotated(v1alpha1.AnnotationAssignedTo, s.recordFor("forged", alice)),
		func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} })

	s.clock.SetTime(time.Now().Add(3 * time.Second))
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")), "%v", s.get("forged").Status)
}

func TestARecordForgedAgainAndAgainBeforeTheFirstLookKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
	s.declare("forger", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetCredential)
	forge := func() {
		s.edit("forger", annotated(v1alpha1.AnnotationAssignedTo, `{"uid":"`+string(s.get("forger").UID)+`","workspaceID":"`+workspace+
			`","acsUserID":"`+bob+`","write":"assign","at":"`+s.clock.Now().UTC().Format(time.RFC3339Nano)+`"}`))
	}
	forge()

	s.delete("alice-mobile-key")
	s.Eventually(func() bool {
		s.clock.Step(time.Second)
		if s.clock.Now().Second()%5 == 0 {
			forge()
		}
		return s.holder() == user("")
	}, "15s", "50ms").Should(BeTrue())
}

func TestAnOldRecordAppliedAgainStillTellsWhomToMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	old := s.get("alice-mobile-key").Annotations[v1alpha1.AnnotationAssignedTo]
	s.clock.Step(time.Minute)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.clock.Step(time.Minute)
	s.assigned("alice-mobile-key")

	s.edit("alice-mobile-key", forUser(alice), annotated(v1alpha1.AnnotationAssignedTo, old))

	s.untilBy(10*time.Second, func() bool { return s.holder() == user(alice) })
}

func TestAnOldRecordAppliedAgainHidesNobodyFromADeletion(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	old := s.get("alice-mobile-key").Annotations[v1alpha1.AnnotationAssignedTo]
	s.clock.Step(time.Minute)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.clock.Step(time.Minute)
	s.assigned("alice-mobile-key")

	s.edit("alice-mobile-key", forUser(alice), annotated(v1alpha1.AnnotationAssignedTo, old))
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARecordOverwrittenInAMoveStillTellsWhomToMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.clock.Step(time.Minute)
	s.edit("alice-mobile-key", forUser(bob), annotated(v1alpha1.AnnotationAssignedTo,
		`{"uid":"`+nobody+`","workspaceID":"`+workspace+`","acsUserID":"`+bob+`","write":"assign","at":"2026-01-01T00:00:00Z"}`))

	s.untilBy(10*time.Second, func() bool { return s.holder() == user(bob) })
}

func TestARecordOverwrittenLosesNothingToAnOlderRival(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.stalled("for-bob", v1alpha1.ReasonDrifted)
	s.ages("for-bob")
	s.declare("for-alice")
	s.assigned("for-alice")
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.clock.Step(time.Minute)

	s.edit("for-alice", annotated(v1alpha1.AnnotationAssignedTo,
		`{"uid":"`+nobody+`","workspaceID":"`+workspace+`","acsUserID":"`+alice+`","write":"assign","at":"2026-01-01T00:00:00Z"}`))

	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedRivalIsNoSuccessor(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("first")
	s.assigned("first")
	s.ages("first")
	s.declare("second")
	s.assigned("second")
	// second gets a record of its own as one that took over a leaving winner does
	stop()
	s.edit("second", annotated(v1alpha1.AnnotationAssignedTo, s.recordFor("second", alice)), func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} }, suspended(true))
	s.operate()
	s.Eventually(func() int64 { return s.get("second").Status.ObservedGeneration }).Should(Equal(int64(2)))
	s.delete("first")
	s.gone("first")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAnOldRecordAppliedInADowntimeStillTellsWhomToMove(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	old := s.get("alice-mobile-key").Annotations[v1alpha1.AnnotationAssignedTo]
	s.clock.Step(31 * time.Second)
	s.edit("alice-mobile-key", forUser(bob))
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.assigned("alice-mobile-key")
	stop()
	s.edit("alice-mobile-key", forUser(alice), annotated(v1alpha1.AnnotationAssignedTo, old))
	s.clock.Step(5 * time.Minute)
	s.operate()
	began := s.clock.Now()
	s.until(func() bool { return s.holder() == user(alice) || s.clock.Since(began) > 3*time.Minute })
	s.Expect(s.holder()).To(Equal(user(alice)), "%+v", s.get("alice-mobile-key").Status)
}

func TestARecordOfTheFutureIsToldOnce(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAssignedTo, `{"uid":"`+string(s.get("alice-mobile-key").UID)+`","workspaceID":"`+workspace+
		`","acsUserID":"`+alice+`","write":"assign","at":"2099-01-01T00:00:00Z"}`))
	s.clock.Step(2 * time.Minute)
	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "1"))
	s.until(func() bool { return s.get("alice-mobile-key").Status.LastHandledReconcileAt == "1" })
	s.rests()
	writes := len(s.traffic.seen())
	calls := len(s.seam.Calls())
	s.untilBy(10*time.Minute, func() bool { return len(s.seam.Calls()) > calls+3 })
	s.Expect(s.traffic.seen()[writes:]).To(BeEmpty())
}
