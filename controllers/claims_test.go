package controllers_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// rivals is a story in which Alice holds the credential by for-alice, and for-bob wants it for Bob.
func rivals(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declare("for-alice")
	s.turnsAssigned("for-alice")
	s.declare("for-bob", forUser(bob))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	return s
}

// displaced is a story in which the key of for-alice, which assigned Alice, proves another workspace, so that for-bob has
// taken the credential for Bob, with a key of its own.
func displaced(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("for-alice")
	s.turnsAssigned("for-alice")
	s.ages("for-alice")
	s.declare("for-bob", forUser(bob), withSecret("other"), inMode(v1alpha1.ModeEnforce))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.until(func() bool { return s.holder() == user(bob) && s.isReady("for-bob") })
	s.recorded("for-bob")
	return s
}

// twoRecords is the story of displaced when the key of for-alice is right again: the older record has the claim, and both
// objects have assigned somebody.
func twoRecords(t *testing.T) *story {
	t.Helper()
	s := displaced(t)
	s.putSecret("seam", apiKey)
	s.untilBy(100*time.Millisecond, func() bool { return s.says("for-bob", v1alpha1.ReasonConflictingClaim) })
	return s
}

// turnsStalled lets time go on as it does in truth until the object is stalled: two objects may want one key at the same time.
func (s *story) turnsStalled(name, reason string) *object {
	s.t.Helper()
	s.untilBy(10*time.Millisecond, func() bool { return s.says(name, reason) })
	return s.stalled(name, reason)
}

func (s *story) turnsAssigned(name string) *object {
	s.t.Helper()
	s.untilBy(10*time.Millisecond, func() bool { return s.says(name, v1alpha1.ReasonAssigned) })
	return s.assigned(name)
}

// says reports whether the object's Ready gives the reason for its declaration as it is.
func (s *story) says(name, reason string) bool {
	s.t.Helper()
	o := s.get(name)
	return o.Status.ObservedGeneration == o.Generation && readyOf(o).Reason == reason
}

// goneAtOnce waits until the object is no more, while the clock stands still.
func (s *story) goneAtOnce(name string) {
	s.t.Helper()
	s.Eventually(func() bool { return s.isNoMore(name) }).Should(BeTrue())
}

func (s *story) isNoMore(name string) bool {
	return apierrors.IsNotFound(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &object{}))
}

// lookedAt asks for a look at the object and waits for the answer.
func (s *story) lookedAt(name, request string) {
	s.t.Helper()
	s.edit(name, annotated(v1alpha1.AnnotationRequestedAt, request))
	s.untilBy(10*time.Millisecond, func() bool { return s.get(name).Status.LastHandledReconcileAt == request })
}

// againAndAgain changes an object thirty times a second until the returned function is called, which sees that it did.
func (s *story) againAndAgain(name string, each func(o *object, i int)) (end func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	var changes atomic.Int64
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for i := 1; ; i++ {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			o := &object{}
			if s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, o) != nil {
				continue
			}
			each(o, i)
			if s.api.Update(s.ctx, o) == nil {
				changes.Add(1)
			}
		}
	}()
	s.Eventually(changes.Load).Should(BeNumerically(">=", 3))
	before := changes.Load()
	return func() {
		s.t.Helper()
		s.Eventually(changes.Load).Should(BeNumerically(">", before))
		close(done)
		<-ended
	}
}

func TestALoserTakesOverWhenTheWinnerIsGone(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))

	s.delete("for-alice")
	s.gone("for-alice")
	began := s.clock.Now()

	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-bob") })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestALoserWakesWhenTheWinnerOnlyObserves(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	s.edit("for-alice", inMode(v1alpha1.ModeObserve))

	s.untilBy(10*time.Millisecond, func() bool { return s.says("for-bob", v1alpha1.ReasonHeldByOther) })
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestALoserBecomesReadyWhenTheWinnerMovesToItsPerson(t *testing.T) {
	t.Parallel()
	s := rivals(t)

	began := s.clock.Now()
	s.edit("for-alice", forUser(bob))

	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-bob") && s.holder() == user(bob) })
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", time.Minute), "it wakes at once, and not for its next look")
	o := s.get("for-bob")
	s.Expect(message(o)).To(ContainSubstring("another CredentialAssignment manages it"))
	s.Expect(o.Finalizers).To(BeEmpty())
	s.Expect(o.Status.AssignedTo).To(BeNil())
}

func TestADeletedLoserWithoutARecordGoesAtOnceAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.edit("for-bob", func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} }) // as a copied manifest brings it
	s.seam.Inject(fakeseam.Fault{Status: 503})

	s.delete("for-bob")
	s.goneAtOnce("for-bob")

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestADeletedLoserTakesItsOwnPersonAway(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.Expect(s.holder()).To(Equal(user(bob)))

	s.delete("for-bob")
	s.gone("for-bob")

	s.Expect(s.holder()).NotTo(Equal(user(bob)))
	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob, "unassign " + bob, "assign " + alice}))
}

func TestADeletedLoserLeavesItsPersonToTheWinnerWhoDeclaresThem(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.edit("for-alice", forUser(bob))
	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") && s.isReady("for-bob") })

	s.delete("for-bob")
	s.gone("for-bob")

	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
	s.turnsAssigned("for-alice")
}

func TestAnOlderObjectWhoseKeyDoesNotReadHasNoClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("bogus", forUser(carol), withSecret("bogus"))
	s.turnsStalled("bogus", v1alpha1.ReasonUnauthorized)
	s.ages("bogus")

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

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestARecordedClaimOutlivesAPassing401(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("for-alice")
	s.turnsAssigned("for-alice")
	s.declare("for-bob", forUser(bob), withSecret("other"), inMode(v1alpha1.ModeEnforce))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.putSecret("seam", "seam_test2revoked")
	s.turnsStalled("for-alice", v1alpha1.ReasonUnauthorized)

	s.lookedAt("for-bob", "now")

	s.quietAtLast()
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.putSecret("seam", apiKey)
	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuspendedObjectWithoutRecordClaimsNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("first", forUser(carol), inMode(v1alpha1.ModeObserve))
	s.turnsStalled("first", v1alpha1.ReasonDrifted) // its key reads the credential
	s.edit("first", suspended(true), inMode(v1alpha1.ModeAssign))
	s.Eventually(func() int64 { return s.get("first").Status.ObservedGeneration }).Should(Equal(int64(2)))

	s.declare("for-alice")

	s.turnsAssigned("for-alice")
}

func TestASuspendedObjectWithARecordKeepsItsClaim(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.edit("for-alice", suspended(true))
	s.Eventually(func() int64 { return s.get("for-alice").Status.ObservedGeneration }).Should(Equal(int64(2)))
	s.edit("for-bob", inMode(v1alpha1.ModeEnforce))

	s.quietAtLast()

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

	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") && s.says("for-bob", v1alpha1.ReasonConflictingClaim) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAYoungerObjectWaitsForTheFirstLookAtAnOlderOne(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("slow", "seam_test2slow")
	s.seam.AddAPIKey("seam_test2slow", workspace)
	gate := make(chan struct{})
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate, Times: 1})
	s.declare("for-carol", forUser(carol), withSecret("slow"))
	s.ages("for-carol")
	s.declare("for-alice")
	s.operate()
	s.held(fakeseam.OpGetCredential)
	s.Eventually(func() *v1alpha1.CredentialStatus { return s.get("for-alice").Status.Credential }).ShouldNot(BeNil())

	s.clock.Step(5 * time.Second)
	s.Consistently(s.wrote, "300ms").Should(BeEmpty(), "the younger one's key reads the credential, and the older one's may")
	close(gate)

	s.untilBy(10*time.Millisecond, func() bool { return s.isReady("for-carol") && s.says("for-alice", v1alpha1.ReasonConflictingClaim) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + carol}))
}

func TestOlderObjectsThatNobodyCouldLookAtAreWaitedForTenSecondsTogether(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.SetDefaultEventuallyTimeout(60 * time.Second)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.001, 4 // small here, so that a few objects wait for their key for hours
	s.putSecret("busy", "seam_test2busy")
	s.operate()
	for i := range 6 {
		s.declare(fmt.Sprintf("noise-%d", i), withSecret("busy"), func(o *object) { o.Spec.ACSCredentialID = s.another() })
	}
	s.untilBy(20*time.Millisecond, func() bool { return len(s.seam.Calls()) >= 4 })
	s.declare("older", forUser(carol), withSecret("busy"))
	s.declare("old", forUser(bob), withSecret("busy"))
	s.ages("old")

	began := s.clock.Now()
	s.declare("for-alice")
	s.untilBy(50*time.Millisecond, func() bool { return s.isReady("for-alice") })

	s.Expect(s.seam.Writes()[0].Time.Sub(began)).To(And(BeNumerically(">=", 10*time.Second), BeNumerically("<", 19*time.Second)), "together, and not each")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.get("older").Status.ObservedGeneration).To(Equal(int64(-1)))
	s.Expect(s.get("old").Status.ObservedGeneration).To(Equal(int64(-1)))
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

func TestTheWritesOfAWinnerAndADeletedLoserNeverOverlap(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpUnassignCredential, Delay: 100 * time.Millisecond})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: 100 * time.Millisecond})

	s.edit("for-alice", inMode(v1alpha1.ModeEnforce))
	s.delete("for-bob")
	s.gone("for-bob")
	s.until(func() bool { return s.holder() == user(alice) && s.isReady("for-alice") })

	s.Expect(s.seam.OverlappingWrites()).To(BeEmpty())
	s.Expect(s.tookPlace()[3:]).To(Equal([]string{"unassign " + bob, "assign " + alice}))
}

func TestAHandOverIsToldOnBothObjects(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("alice-key-renamed")
	s.turnsAssigned("alice-key-renamed")

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ContainElement("Normal HandedOver"))
	s.Eventually(func() []string { return s.events("alice-key-renamed") }).Should(ContainElement("Normal TookOver"))
	s.Expect(s.holder()).To(Equal(user(alice)))
}

// olderSuccessor is a story in which older, the older of two objects for Alice, could take over from younger, which has the
// claim.
func olderSuccessor(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declare("older", inMode(v1alpha1.ModeObserve))
	s.turnsStalled("older", v1alpha1.ReasonDrifted)
	s.ages("older")
	s.declare("younger")
	s.turnsAssigned("younger")
	s.recorded("younger")
	s.edit("older", inMode(v1alpha1.ModeAssign))
	s.untilBy(100*time.Millisecond, func() bool { return s.says("older", v1alpha1.ReasonAssigned) })
	s.Expect(s.get("older").Status.AssignedTo).To(BeNil())
	return s
}

func TestAHandOverToAnOlderObjectIsToldOnBoth(t *testing.T) {
	t.Parallel()
	s := olderSuccessor(t)

	s.delete("younger")
	s.gone("younger")

	s.Eventually(func() []string { return s.events("younger") }).Should(ContainElement("Normal HandedOver"))
	s.Eventually(func() []string { return s.events("older") }).Should(ContainElement("Normal TookOver"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNothingIsLeftToAnOlderObjectThatOnlyObservesByNow(t *testing.T) {
	t.Parallel()
	s := olderSuccessor(t)
	s.delete("younger")
	s.recorded("older") // it takes over during the grace
	for _, name := range []string{"older", "younger"} {
		s.cached(name, func(o *object) bool { return o.ResourceVersion == s.get(name).ResourceVersion })
	}
	s.rests()
	t.Cleanup(s.traffic.freeze())
	s.edit("older", inMode(v1alpha1.ModeObserve)) // which the operator's cache never shows

	s.gone("younger")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAWrongPinRestsNoRecordedClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("for-alice")
	s.turnsAssigned("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)

	s.edit("for-alice", inWorkspace(nobody))
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.lookedAt("for-bob", "now")

	s.clock.Step(time.Minute)
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAWrongPinOfAPersonalAccessTokenRestsNoRecordedClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddWorkspace(fakeseam.Workspace{ID: elsewhere})
	s.seam.AddPersonalAccessToken("seam_at1of_somebody", workspace, elsewhere)
	s.putSecret("pat", "seam_at1of_somebody")
	s.operate()
	s.declare("for-alice", withSecret("pat"), inWorkspace(workspace))
	s.turnsAssigned("for-alice")
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeEnforce))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)

	s.edit("for-alice", inWorkspace(elsewhere))
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.lookedAt("for-bob", "now")

	s.clock.Step(time.Minute)
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestARecordedClaimThatRestedComesBackWithItsKey(t *testing.T) {
	t.Parallel()
	s := displaced(t)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))

	s.putSecret("seam", apiKey)

	s.untilBy(100*time.Millisecond, func() bool {
		return s.says("for-alice", v1alpha1.ReasonHeldByOther) && s.says("for-bob", v1alpha1.ReasonConflictingClaim)
	})
	s.edit("for-alice", inMode(v1alpha1.ModeEnforce))
	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") && s.holder() == user(alice) })
	s.quietAtLast()
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()[3:]).To(Equal([]string{"unassign " + bob, "assign " + alice}))
}

func TestARecordedClaimRestsOnlyWhileItsKeyProvesAnotherWorkspace(t *testing.T) {
	t.Parallel()
	s := displaced(t)

	s.putSecret("seam", "seam_test2revoked")

	s.untilBy(100*time.Millisecond, func() bool {
		return s.says("for-alice", v1alpha1.ReasonUnauthorized) && s.says("for-bob", v1alpha1.ReasonConflictingClaim)
	})
	s.quietAtLast()
	s.Expect(s.holder()).To(Equal(user(bob)), "nobody writes: the one with the claim has no key that opens Seam")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAKeyOfAnotherWorkspaceLetsNobodyGoThoughThereIsARival(t *testing.T) {
	t.Parallel()
	s := rivals(t)
	s.putSecret("other", apiKey)
	s.edit("for-bob", withSecret("other"))
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
	s.untilBy(10*time.Millisecond, func() bool { return s.says("for-bob", v1alpha1.ReasonHeldByOther) })

	s.seam.RevokeToken("seam_test1key_of_the_front_desk") // nor does the last key that worked
	s.delete("for-alice")
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.turnsStalled("for-alice", v1alpha1.ReasonWorkspaceMismatch)
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
	s.untilBy(10*time.Millisecond, func() bool { return s.says("for-bob", v1alpha1.ReasonHeldByOther) })
	s.Expect(s.holder()).To(Equal(user(alice)), "the lost write landed, and nobody was told that Bob has it")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnotherObjectsLostWriteIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	s.declare("for-bob", forUser(bob), inMode(v1alpha1.ModeObserve))
	s.turnsStalled("for-bob", v1alpha1.ReasonDrifted)
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

func TestEveryClaimantIsHeardBeforeAClaimIsJudged(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.putSecret("seam", "seam_test2revoked")
	stop := s.operate()
	s.declare("for-alice")
	s.turnsStalled("for-alice", v1alpha1.ReasonUnauthorized)
	stop()
	s.putSecret("seam", apiKey)
	s.ages("for-alice")
	s.declare("for-carol", forUser(carol), withSecret("bogus")) // nobody knows yet that its key reads nothing

	s.operate()

	s.turnsStalled("for-carol", v1alpha1.ReasonUnauthorized)
	s.untilBy(10*time.Millisecond, func() bool { return s.isReady("for-alice") })
	s.Eventually(func() []string { return s.events("for-alice") }).Should(ContainElement("Normal Assigned"))
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
	s.delete("the-secret-project")
	s.gone("the-secret-project")
	after := second.turnsAssigned("for-alice-too")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "the one for the same person took over, across namespaces")
	first.Eventually(first.eventTexts).ShouldNot(BeEmpty())
	second.Eventually(func() []string { return second.events("for-alice-too") }).Should(ContainElement("Normal TookOver"))
	for _, seen := range append(append(first.eventTexts(), second.eventTexts()...),
		fmt.Sprintf("%+v", loser.Status), fmt.Sprintf("%+v", same.Status), fmt.Sprintf("%+v", after.Status)) {
		s.Expect(seen).NotTo(Or(ContainSubstring("the-secret-project"), ContainSubstring(s.namespace+" "), ContainSubstring(s.namespace+"/")))
	}
}

func TestALoserBehindASuspendedWinnerSaysWhatIsInTheWay(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("second")
	s.turnsAssigned("second")
	s.edit("alice-mobile-key", suspended(true))
	s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))
	s.clock.Step(time.Minute)
	s.handByConsole("")

	s.edit("second", annotated(v1alpha1.AnnotationRequestedAt, "now"))

	o := s.turnsStalled("second", v1alpha1.ReasonConflictingClaim)
	s.Expect(message(o)).To(ContainSubstring("set its spec.suspend to false"))
	s.edit("alice-mobile-key", suspended(false))
	s.turnsAssigned("alice-mobile-key")
	s.until(func() bool { return s.isReady("second") })
}

func TestASuspendedRivalIsNoSuccessor(t *testing.T) {
	t.Parallel()
	s := twoRecords(t)
	s.edit("for-alice", forUser(bob))
	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") && s.isReady("for-bob") })
	s.recorded("for-bob") // it has all that a successor has
	s.edit("for-bob", suspended(true))
	s.Eventually(func() int64 { return s.get("for-bob").Status.ObservedGeneration }).Should(Equal(int64(2)))

	s.delete("for-alice")
	s.gone("for-alice")

	s.Expect(s.holder()).To(Equal(user("")))
}
