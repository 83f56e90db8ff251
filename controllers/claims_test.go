package controllers_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// rivals is a story in which Alice holds the credential by for-alice, and for-bob wants it for Bob.
func rivals(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declare("for-alice")
	s.assigned("for-alice")
	s.declare("for-bob", forUser(bob))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	return s
}

func TestALoserTakesOverWhenTheWinnerIsGone(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))

	s.delete("for-alice")
	s.gone("for-alice")
	began := s.clock.Now()

	s.until(func() bool { return s.isReady("for-bob") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestALoserWakesWhenTheWinnerOnlyObserves(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	s.edit("for-alice", inMode(v1alpha1.ModeObserve))

	s.stalled("for-bob", v1alpha1.ReasonHeldByOther)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestALoserWakesWhenTheWinnerMovesToItsPerson(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	began := s.clock.Now()
	s.edit("for-alice", forUser(bob))

	s.until(func() bool { return s.isReady("for-bob") && s.holder() == user(bob) })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	s.Expect(message(s.get("for-bob"))).To(ContainSubstring("another CredentialAssignment manages it"))
	s.Expect(s.get("for-bob").Finalizers).To(BeEmpty())
}

func TestADeletedLoserWritesNothingToSeam(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.edit("for-bob", func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} }) // as a copied manifest brings it

	s.delete("for-bob")
	s.gone("for-bob")

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnOlderObjectWhoseKeyDoesNotReadHasNoClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("bogus", forUser(carol), withSecret("bogus"))
	s.stalled("bogus", v1alpha1.ReasonUnauthorized)

	s.declare("for-alice")

	s.assigned("for-alice")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectWithABogusKeyBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.declare("bogus", withSecret("bogus"))
	s.stalled("bogus", v1alpha1.ReasonUnauthorized)

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestACopiedRecordProvesNothing(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	record := s.get("for-alice").Annotations[v1alpha1.AnnotationAssignedTo]
	for name, text := range map[string]string{
		"copied":      record,
		"forged":      strings.ReplaceAll(record, alice, carol),
		"unparseable": "{",
	} {
		s.declare(name, forUser(carol), annotated(v1alpha1.AnnotationAssignedTo, text))
		s.stalled(name, v1alpha1.ReasonConflictingClaim)
	}
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARecordedClaimOutlivesAPassing401(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.putSecret("other", apiKey)
	s.edit("for-bob", withSecret("other"))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("for-alice", v1alpha1.ReasonUnauthorized)

	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.Eventually(func() string { return s.get("for-bob").Status.LastHandledReconcileAt }).Should(Equal("now"))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestASuspendedObjectWithoutRecordClaimsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("first", forUser(carol), inMode(v1alpha1.ModeObserve))
	s.stalled("first", v1alpha1.ReasonDrifted) // its key reads the credential
	s.edit("first", suspended(true), inMode(v1alpha1.ModeAssign))
	s.Eventually(func() int64 { return s.get("first").Status.ObservedGeneration }).Should(Equal(int64(2)))

	s.declare("for-alice")

	s.assigned("for-alice")
}

// ages waits until whatever is created next counts as younger: the API server stores whole seconds.
func (s *story) ages(name string) {
	s.t.Helper()
	created := s.get(name).CreationTimestamp.Time
	s.Eventually(func() time.Duration { return time.Since(created) }).Should(BeNumerically(">=", 1100*time.Millisecond))
}

func TestTheOldestOfTwoNewObjectsHasTheClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("for-alice")
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob))

	s.operate()

	s.assigned("for-alice")
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestTwoWritesForOneCredentialNeverOverlap(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: 50 * time.Millisecond})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpUnassignCredential, Delay: 50 * time.Millisecond})
	s.operate()
	for i, person := range []string{alice, bob, carol, alice, bob} {
		s.declare("rival-"+string(rune('a'+i)), forUser(person), inMode(v1alpha1.ModeEnforce))
	}
	s.until(func() bool { return s.holder() != user("") })
	for _, name := range []string{"rival-a", "rival-b", "rival-c"} {
		s.edit(name, forUser(carol))
		s.delete(name)
		s.gone(name)
	}
	s.until(func() bool { return s.isReady("rival-d") || s.isReady("rival-e") })

	s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
	s.Expect(s.seam.MaxInFlight(fakeseam.OpAssignCredential)).To(Equal(1))
}

func TestAHandOverIsToldOnBothObjects(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("alice-key-renamed")
	s.assigned("alice-key-renamed")

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ContainElement("Normal HandedOver"))
	s.Eventually(func() []string { return s.events("alice-key-renamed") }).Should(ContainElement("Normal TookOver"))
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestAForgedRecordOfItsOwnDoesNotBlockARevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("forged", withSecret("bogus"))
	s.stalled("forged", v1alpha1.ReasonUnauthorized)
	forged := s.get("forged")
	s.edit("forged", annotated(v1alpha1.AnnotationAssignedTo,
		`{"uid":"`+string(forged.UID)+`","workspaceID":"`+workspace+`","acsUserID":"`+alice+`","write":"assign","at":"2026-01-01T00:00:00Z"}`))

	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.marked("alice-mobile-key")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAForgedRecordWithoutAWorkspaceWinsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("forged", withSecret("bogus"))
	s.stalled("forged", v1alpha1.ReasonUnauthorized)
	s.edit("forged", annotated(v1alpha1.AnnotationAssignedTo,
		`{"uid":"`+string(s.get("forged").UID)+`","acsUserID":"`+alice+`","write":"assign","at":"2026-01-01T00:00:00Z"}`))

	s.declare("alice-mobile-key")
	s.marked("alice-mobile-key")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAWrongPinEndsNoRecordedClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("for-alice")
	s.assigned("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)

	s.edit("for-alice", inWorkspace(nobody))
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.Eventually(func() string { return s.get("for-bob").Status.LastHandledReconcileAt }).Should(Equal("now"))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestAKeyOfAnotherWorkspaceEndsARecordedClaimForGood(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("for-alice")
	s.assigned("for-alice")
	s.declare("for-bob", forUser(bob), withSecret("other"), inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.addKeyElsewhere("seam_test2elsewhere")

	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(func() bool { return s.isReady("for-bob") })
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("for-alice", v1alpha1.ReasonUnauthorized)

	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))
	s.until(func() bool { return s.get("for-bob").Status.LastHandledReconcileAt == "now" })
	s.assigned("for-bob")
}

func TestALostAssignKeepsRivalsFromWriting(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 20 * time.Second, Times: 1})
	s.operate()
	s.declare("for-alice", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	lost := s.clock.Now()
	s.delete("for-alice")
	s.gone("for-alice")

	s.declare("for-bob", forUser(bob))

	s.until(func() bool { return s.clock.Since(lost) > 2*time.Minute })
	s.stalled("for-bob", v1alpha1.ReasonHeldByOther)
	s.Expect(s.holder()).To(Equal(user(alice)), "the lost write landed, and nobody was told that Bob has it")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARivalWhoseKeyHangsDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetCredential)

	began := time.Now()
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(time.Since(began)).To(BeNumerically("<", 15*time.Second), "half of what a call may take")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestALoserWhoseLookWasInterruptedLooksAgain(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	s.seam.AddAPIKey("seam_test2slow", workspace)
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate, Times: 1})
	s.declare("second", withSecret("slow"))
	s.held(fakeseam.OpGetCredential)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.until(func() bool { return s.get("alice-mobile-key").Status.LastHandledReconcileAt == "now" })
	s.until(func() bool { return s.isReady("second") })
	s.Expect(conditionReason(s.get("second"), v1alpha1.ConditionReady)).To(Equal(v1alpha1.ReasonAssigned))
}

func TestEveryClaimantIsHeardBeforeAClaimIsJudged(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.putSecret("seam", "seam_test2revoked")
	stop := s.operate()
	s.declare("for-alice")
	s.stalled("for-alice", v1alpha1.ReasonUnauthorized)
	stop()
	s.putSecret("seam", apiKey)
	s.ages("for-alice")
	s.declare("for-carol", forUser(carol), withSecret("bogus")) // nobody knows yet that its key reads nothing

	s.operate()

	s.stalled("for-carol", v1alpha1.ReasonUnauthorized)
	s.assigned("for-alice")
	s.Eventually(func() []string { return s.events("for-alice") }).Should(ContainElement("Normal Assigned"))
	s.Expect(s.events("for-alice")).NotTo(ContainElement("Warning ConflictingClaim"))
}

func TestALoserElsewhereLearnsNoNames(t *testing.T) {
	t.Parallel()
	s, first, second := newStory(t), newStory(t), newStory(t)
	s.elsewhere = []string{first.namespace, second.namespace}
	s.operate()
	s.declare("the-secret-project")
	s.assigned("the-secret-project")

	first.declare("for-bob", forUser(bob))
	second.declare("for-alice-too")

	loser := first.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	same := second.assigned("for-alice-too")
	first.Eventually(first.eventTexts).ShouldNot(BeEmpty())
	for _, told := range append(append(first.eventTexts(), second.eventTexts()...), fmt.Sprintf("%+v", loser.Status), fmt.Sprintf("%+v", same.Status)) {
		s.Expect(told).NotTo(Or(ContainSubstring("the-secret-project"), ContainSubstring(s.namespace+" "), ContainSubstring(s.namespace+"/")))
	}
	s.delete("the-secret-project")
	s.gone("the-secret-project")
	second.assigned("for-alice-too")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "the one for the same person took over, across namespaces")
}

func TestALoserBehindASuspendedWinnerSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("second")
	s.assigned("second")
	s.edit("alice-mobile-key", suspended(true))
	s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))
	s.clock.Step(time.Minute)
	s.handByConsole("")

	s.edit("second", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	o := s.stalled("second", v1alpha1.ReasonConflictingClaim)
	s.Expect(message(o)).To(ContainSubstring("set its spec.suspend to false"))
	s.edit("alice-mobile-key", suspended(false))
	s.assigned("alice-mobile-key")
	s.until(func() bool { return s.isReady("second") })
}

func TestARecordForgedAgainAndAgainKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.declare("forger", withSecret("bogus"))
	s.stalled("forger", v1alpha1.ReasonUnauthorized)
	forge := func() {
		s.edit("forger", annotated(v1alpha1.AnnotationAssignedTo, `{"uid":"`+string(s.get("forger").UID)+`","workspaceID":"`+workspace+
			`","acsUserID":"`+bob+`","write":"assign","at":"`+s.clock.Now().UTC().Format(time.RFC3339Nano)+`"}`))
	}
	forge()

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.until(func() bool { forge(); return s.holder() == user("") })

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 30*time.Second))
}

func TestAnotherObjectsLostWriteIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.stalled("for-bob", v1alpha1.ReasonDrifted)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 25 * time.Second, Times: 1})
	s.declare("for-alice")
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	lost := s.seam.Writes()[0].Time
	kill()
	s.edit("for-alice", inMode(v1alpha1.ModeObserve))
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))

	s.operate()

	s.until(func() bool { return s.holder() == user(bob) && s.isReady("for-bob") })
	s.Expect(s.seam.Writes()[1].Time.Sub(lost)).To(BeNumerically(">=", 25*time.Second), "when the lost write showed, and not before")
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestAKeyOfAnotherWorkspaceLetsNobodyGoThoughThereIsARival(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.putSecret("other", apiKey)
	s.edit("for-bob", withSecret("other"))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.stalled("for-bob", v1alpha1.ReasonHeldByOther)

	s.delete("for-alice")
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
}

func TestOneThatTookOverADisplacedClaimKeepsItAndTakesItsPersonAway(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("for-alice")
	s.assigned("for-alice")
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob), withSecret("other"), inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(func() bool { return s.isReady("for-bob") })
	s.putSecret("seam", apiKey)
	s.until(func() bool { return readyOf(s.get("for-alice")).Reason != v1alpha1.ReasonWorkspaceMismatch })
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > 2*time.Minute })

	s.delete("for-bob")
	s.gone("for-bob")

	s.Expect(s.holder()).NotTo(Equal(user(bob)))
}

func TestAWrongPinOfAPersonalAccessTokenEndsNoRecordedClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddWorkspace(fakeseam.Workspace{ID: elsewhere})
	s.seam.AddPersonalAccessToken("seam_at1of_somebody", workspace, elsewhere)
	s.putSecret("pat", "seam_at1of_somebody")
	s.operate()
	s.declare("for-alice", withSecret("pat"), inWorkspace(workspace))
	s.assigned("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)

	s.edit("for-alice", inWorkspace(elsewhere))
	s.stalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.edit("for-bob", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	s.Eventually(func() string { return s.get("for-bob").Status.LastHandledReconcileAt }).Should(Equal("now"))
	s.clock.Step(time.Minute)
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}
