package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// rivals is a story in which Alice holds the credential by for-alice, and for-bob wants it for Bob, by another Secret with the
// same key.
func rivals(t *testing.T, bobs ...change) *story {
	t.Helper()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declareRivals(nil, bobs)
	return s
}

// declareRivals does so with the changes to for-alice and to for-bob.
func (s *story) declareRivals(alices, bobs []change) {
	s.t.Helper()
	s.declare("for-alice", alices...)
	s.turnsAssigned("for-alice")
	s.ages("for-alice")
	s.declare("for-bob", append([]change{forUser(bob), withSecret("other")}, bobs...)...)
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
}

// displaced is a story in which the key of for-alice, which assigned Alice, proves another workspace, so that for-bob has
// taken the credential for Bob.
func displaced(t *testing.T) *story {
	t.Helper()
	s := rivals(t, inMode(v1alpha1.ModeEnforce))
	s.exchangeKey()
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(s.isHeldBy(bob), s.isReady("for-bob"))
	s.recorded("for-bob")
	return s
}

// twoRecords is the story of displaced when the key of for-alice is right again: the older record has the claim, and both
// objects have assigned somebody.
func twoRecords(t *testing.T) *story {
	t.Helper()
	s := displaced(t)
	s.putSecret("seam", apiKey)
	s.untilBy(100*time.Millisecond, s.says("for-bob", v1alpha1.ReasonConflictingClaim))
	return s
}

func TestALoserTakesOverWhenTheWinnerIsGone(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))

	s.deleteAndWait("for-alice")

	took := s.untilBy(100*time.Millisecond, s.isReady("for-bob"))
	s.Expect(took).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestALoserWakesWhenTheWinnerOnlyObserves(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	s.edit("for-alice", inMode(v1alpha1.ModeObserve))

	s.untilBy(10*time.Millisecond, s.says("for-bob", v1alpha1.ReasonHeldByOther))
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestALoserBecomesReadyWhenTheWinnerMovesToItsPerson(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	s.edit("for-alice", forUser(bob))

	took := s.untilBy(100*time.Millisecond, s.isReady("for-bob"), s.isHeldBy(bob))
	s.Expect(took).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	o := s.get("for-bob")
	s.Expect(message(o)).To(ContainSubstring("another CredentialAssignment manages it"))
	s.Expect(o.Finalizers).To(BeEmpty())
	s.Expect(o.Status.AssignedTo).To(BeNil())
}

func TestADeletedLoserWithoutARecordGoesAtOnceAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.edit("for-bob", withFinalizer) // as a copied manifest brings it
	s.outage()

	s.delete("for-bob")
	s.goneAtOnce("for-bob")

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestADeletedLoserTakesItsOwnPersonAway(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.Expect(s.holder()).To(Equal(user(bob)))

	s.deleteAndWait("for-bob")

	s.Expect(s.holder()).NotTo(Equal(user(bob)))
	s.untilBy(100*time.Millisecond, s.isReady("for-alice"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob, "unassign " + bob, "assign " + alice}))
}

func TestADeletedLoserLeavesItsPersonToTheWinnerWhoDeclaresThem(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.edit("for-alice", forUser(bob))
	s.untilBy(100*time.Millisecond, s.isReady("for-alice"), s.isReady("for-bob"))

	s.deleteAndWait("for-bob")

	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
	s.turnsAssigned("for-alice")
}

func TestAnOlderObjectWhoseKeyDoesNotReadHasNoClaim(t *testing.T) {
	t.Parallel()
	s := besideAnOlderRival(t)

	s.declare("for-alice")

	s.assigned("for-alice") // at once: the clock stands still
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectWithABogusKeyBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.declare("bogus", withSecret("bogus"))
	s.turnsStalled("bogus", v1alpha1.ReasonUnauthorized)

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARecordedClaimOutlivesAPassing401(t *testing.T) {
	t.Parallel()
	s := rivals(t, inMode(v1alpha1.ModeEnforce))
	s.putSecret("seam", "seam_test2revoked")
	s.turnsStalled("for-alice", v1alpha1.ReasonUnauthorized)

	s.lookedAt("for-bob", "now")

	s.settles()
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.putSecret("seam", apiKey)
	s.untilBy(100*time.Millisecond, s.isReady("for-alice"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedObjectWithoutRecordClaimsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("first", forUser(carol), inMode(v1alpha1.ModeObserve))
	s.turnsStalled("first", v1alpha1.ReasonDrifted) // its key reads the credential
	s.edit("first", suspended(true), inMode(v1alpha1.ModeAssign))
	s.handled("first", 2)

	s.declare("for-alice")

	s.turnsAssigned("for-alice")
}

func TestASuspendedObjectWithARecordKeepsItsClaim(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.suspend("for-alice")
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))

	s.settles()

	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestTheOldestOfTwoNewObjectsHasTheClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("for-alice")
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob))

	s.operate()

	s.untilBy(100*time.Millisecond, s.isReady("for-alice"), s.says("for-bob", v1alpha1.ReasonConflictingClaim))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAYoungerObjectWaitsForTheFirstLookAtAnOlderOne(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.addKey("slow")
	release := s.gate(fakeseam.Fault{Token: "seam_test2slow", Times: 1})
	s.declare("for-carol", forUser(carol), withSecret("slow"))
	s.ages("for-carol")
	s.declare("for-alice")
	reached, look := s.traffic.holdSecret("slow")
	s.operate()
	<-reached
	s.Eventually(func() *v1alpha1.CredentialStatus { return s.get("for-alice").Status.Credential }).ShouldNot(BeNil())
	look() // which lasts 5 s at most
	s.held(fakeseam.OpGetCredential)

	s.clock.Step(5 * time.Second)
	s.Consistently(s.wrote, "300ms").Should(BeEmpty(), "the younger one's key reads the credential, and the older one's may")
	release()

	s.untilBy(10*time.Millisecond, s.isReady("for-carol"), s.says("for-alice", v1alpha1.ReasonConflictingClaim))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + carol}))
}

func TestOlderObjectsThatNobodyCouldLookAtAreWaitedForTenSecondsTogether(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.001, 4 // small here, so that a few objects wait for their key for hours
	s.putSecret("busy", "seam_test2busy")
	s.operate()
	for i := range 6 {
		s.declare(fmt.Sprintf("noise-%d", i), withSecret("busy"), forCredential(s.another()))
	}
	s.untilBy(20*time.Millisecond, func() bool { return len(s.seam.Calls()) >= 4 })
	s.declare("older", forUser(carol), withSecret("busy"))
	s.declare("old", forUser(bob), withSecret("busy"))
	s.ages("old")

	began := s.clock.Now()
	s.declare("for-alice")
	s.untilBy(50*time.Millisecond, s.isReady("for-alice"))

	s.Expect(s.seam.Writes()[0].Time.Sub(began)).To(And(BeNumerically(">=", 10*time.Second), BeNumerically("<", 19*time.Second)), "together, and not each")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.get("older").Status.ObservedGeneration).To(Equal(int64(-1)))
	s.Expect(s.get("old").Status.ObservedGeneration).To(Equal(int64(-1)))
}

// slowWrites makes each change at Seam take so long.
func (s *story) slowWrites(delay time.Duration) {
	for _, operation := range []string{fakeseam.OpAssignCredential, fakeseam.OpUnassignCredential} {
		s.seam.Inject(fakeseam.Fault{Operation: operation, Delay: delay})
	}
}

func TestTwoWritesForOneCredentialNeverOverlap(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.slowWrites(50 * time.Millisecond)
	s.operate()
	for i, person := range []string{alice, bob, carol, alice, bob} {
		s.declare("rival-"+string(rune('a'+i)), forUser(person), inMode(v1alpha1.ModeEnforce))
	}
	s.until(func() bool { return s.holder() != user("") })
	for _, name := range []string{"rival-a", "rival-b", "rival-c"} {
		s.edit(name, forUser(carol))
		s.deleteAndWait(name)
	}
	s.until(func() bool { return s.isReady("rival-d")() || s.isReady("rival-e")() })

	s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
	s.Expect(s.seam.MaxInFlight(fakeseam.OpAssignCredential)).To(Equal(1))
}

func TestTheWritesOfAWinnerAndADeletedLoserNeverOverlap(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.slowWrites(100 * time.Millisecond)

	s.edit("for-alice", inMode(v1alpha1.ModeEnforce))
	s.deleteAndWait("for-bob")
	s.until(s.isHeldBy(alice), s.isReady("for-alice"))

	s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
	s.Expect(s.tookPlace()[3:]).To(Equal([]string{"unassign " + bob, "assign " + alice}))
}

// olderSuccessor is a story in which older, the older of two objects for Alice, could take over from younger, which has the
// claim.
func olderSuccessor(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declareOlderObserver("older")
	s.declare("younger")
	s.turnsAssigned("younger")
	s.recorded("younger")
	s.edit("older", inMode(v1alpha1.ModeAssign))
	s.untilBy(100*time.Millisecond, s.says("older", v1alpha1.ReasonAssigned))
	s.Expect(s.get("older").Status.AssignedTo).To(BeNil())
	return s
}

func TestAHandOverIsAnEventOfBothObjects(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scene    func(*testing.T) *story
		from, to string
	}{
		"to a younger object": {assignedToAliceTwice, "alice-mobile-key", "renamed"},
		"to an older object":  {olderSuccessor, "younger", "older"},
	} {
		t.Run(name, func(t *testing.T) {
			s := c.scene(t)

			s.deleteAndWait(c.from)

			s.hasEvent(c.from, "Normal HandedOver")
			s.hasEvent(c.to, "Normal TookOver")
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestNothingIsLeftToAnOlderObjectThatOnlyObservesByNow(t *testing.T) {
	t.Parallel()
	s := olderSuccessor(t)
	s.delete("younger")
	s.recorded("older") // it takes over during the grace
	s.cachedAsStored("older", "younger")
	s.rests()
	t.Cleanup(s.traffic.freeze())
	s.edit("older", inMode(v1alpha1.ModeObserve)) // which the operator's cache never shows

	s.gone("younger")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAWrongPinRestsNoRecordedClaim(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		was   []change
		wrong string
	}{
		"of an API key":              {nil, nobody},
		"of a personal access token": {[]change{withSecret("pat"), inWorkspace(workspace)}, elsewhere},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.seam.AddWorkspace(fakeseam.Workspace{ID: elsewhere})
			s.seam.AddPersonalAccessToken("seam_at1of_somebody", workspace, elsewhere)
			s.putSecret("pat", "seam_at1of_somebody")
			s.putSecret("other", apiKey)
			s.operate()
			s.declareRivals(c.was, []change{inMode(v1alpha1.ModeEnforce)})

			s.edit("for-alice", inWorkspace(c.wrong))
			s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
			s.lookedAt("for-bob", "now")

			s.clock.Step(time.Minute)
			s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestARecordedClaimThatRestedComesBackWithItsKey(t *testing.T) {
	t.Parallel()
	s := displaced(t)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))

	s.putSecret("seam", apiKey)

	s.untilBy(100*time.Millisecond, s.says("for-alice", v1alpha1.ReasonHeldByOther), s.says("for-bob", v1alpha1.ReasonConflictingClaim))
	s.edit("for-alice", inMode(v1alpha1.ModeEnforce))
	s.untilBy(100*time.Millisecond, s.isReady("for-alice"), s.isHeldBy(alice))
	s.settles()
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()[3:]).To(Equal([]string{"unassign " + bob, "assign " + alice}))
}

func TestARecordedClaimRestsOnlyWhileItsKeyProvesAnotherWorkspace(t *testing.T) {
	t.Parallel()
	s := displaced(t)

	s.putSecret("seam", "seam_test2revoked")

	s.untilBy(100*time.Millisecond, s.says("for-alice", v1alpha1.ReasonUnauthorized), s.says("for-bob", v1alpha1.ReasonConflictingClaim))
	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)), "nobody writes: the one with the claim has no key that opens Seam")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAKeyOfAnotherWorkspaceLetsNobodyGoThoughThereIsARival(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.exchangeKey()
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.untilBy(10*time.Millisecond, s.says("for-bob", v1alpha1.ReasonHeldByOther))

	s.seam.RevokeToken(apiKey) // nor does the last key that worked
	s.delete("for-alice")
	s.passes(time.Minute)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
}

func TestALostAssignKeepsRivalsFromWriting(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 20*time.Second, withPolicy(v1alpha1.DeletionPolicyRetain))
	lost := s.clock.Now()
	s.deleteAndWait("alice-mobile-key")

	s.declare("for-bob", forUser(bob))

	s.until(func() bool { return s.clock.Since(lost) > 2*time.Minute })
	s.untilBy(10*time.Millisecond, s.says("for-bob", v1alpha1.ReasonHeldByOther))
	s.Expect(s.holder()).To(Equal(user(alice)), "the lost write landed, and nobody says that Bob has it")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnotherObjectsLostWriteIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declareOlderObserver("for-bob", forUser(bob))
	s.loses(fakeseam.OpAssignCredential, 25*time.Second)
	s.declare("for-alice")
	s.reconciling("for-alice", v1alpha1.ReasonOutcomeUnknown)
	lost := s.seam.Writes()[0].Time
	s.kill()
	s.edit("for-alice", inMode(v1alpha1.ModeObserve))
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))

	s.operate()

	s.until(s.isHeldBy(bob), s.isReady("for-bob"))
	s.Expect(s.seam.Writes()[1].Time.Sub(lost)).To(BeNumerically(">=", 25*time.Second), "when the lost write showed, and not before")
	s.settles()
	s.Expect(s.holder()).To(Equal(user(bob)))
}

func TestEveryClaimantIsHeardBeforeAClaimIsJudged(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.putSecret("seam", "seam_test2revoked")
	s.operate()
	s.declare("for-alice")
	s.turnsStalled("for-alice", v1alpha1.ReasonUnauthorized)
	s.stop()
	s.putSecret("seam", apiKey)
	s.ages("for-alice")
	s.declare("for-carol", forUser(carol), withSecret("bogus")) // nobody knows yet that its key reads nothing

	s.operate()

	s.turnsStalled("for-carol", v1alpha1.ReasonUnauthorized)
	s.untilBy(10*time.Millisecond, s.isReady("for-alice"))
	s.hasEvent("for-alice", "Normal Assigned")
	s.Expect(s.events("for-alice")).NotTo(ContainElement("Warning ConflictingClaim"))
}

func TestALoserElsewhereLearnsNoNames(t *testing.T) {
	t.Parallel()
	s, first, second := newStory(t), newStory(t), newStory(t)
	first.clock, second.clock = s.clock, s.clock // one operator works in all three namespaces
	s.elsewhere = []string{first.namespace, second.namespace}
	s.operate()
	s.declare("the-secret-project")
	s.turnsAssigned("the-secret-project")

	first.declare("for-bob", forUser(bob))
	second.declare("for-alice-too")

	loser := first.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	same := second.turnsAssigned("for-alice-too")
	s.deleteAndWait("the-secret-project")
	after := second.turnsAssigned("for-alice-too")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "the one for the same person took over, across namespaces")
	first.Eventually(first.eventTexts).ShouldNot(BeEmpty())
	second.hasEvent("for-alice-too", "Normal TookOver")
	for _, seen := range append(append(first.eventTexts(), second.eventTexts()...),
		fmt.Sprintf("%+v", loser.Status), fmt.Sprintf("%+v", same.Status), fmt.Sprintf("%+v", after.Status)) {
		s.Expect(seen).NotTo(Or(ContainSubstring("the-secret-project"), ContainSubstring(s.namespace+" "), ContainSubstring(s.namespace+"/")))
	}
}

func TestALoserBehindASuspendedWinnerSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := assignedToAliceTwice(t)
	s.suspend("alice-mobile-key")
	s.clock.Step(time.Minute)
	s.handByConsole("")

	s.edit("renamed", requested("now"))

	o := s.turnsStalled("renamed", v1alpha1.ReasonConflictingClaim)
	s.Expect(message(o)).To(ContainSubstring("set its spec.suspend to false"))
	s.edit("alice-mobile-key", suspended(false))
	s.turnsAssigned("alice-mobile-key")
	s.until(s.isReady("renamed"))
}

func TestASuspendedRivalIsNoSuccessor(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.edit("for-alice", forUser(bob))
	s.untilBy(100*time.Millisecond, s.isReady("for-alice"), s.isReady("for-bob"))
	s.recorded("for-bob") // it has all that a successor has
	s.suspend("for-bob")

	s.deleteAndWait("for-alice")

	s.Expect(s.holder()).To(Equal(user("")))
}
