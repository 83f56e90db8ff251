package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// assignedToAlice is a story in which Alice holds the credential by an object.
func assignedToAlice(t *testing.T, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", changes...)
	s.assigned("alice-mobile-key")
	return s
}

func TestDeletingTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
	calls := s.seam.Calls()
	s.Expect(calls[len(calls)-1].Operation).To(Equal(fakeseam.OpGetCredential), "the finalizer leaves after a read")
	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ContainElement("Normal Unassigned"))
}

func TestDeletingLeavesAnotherHolderAlone(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.handByConsole(carol)

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(carol)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestDeletingASuspendedObjectStillTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", suspended(true))

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestRetainTakesNothingAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, withPolicy(v1alpha1.DeletionPolicyRetain))
	s.Expect(s.get("alice-mobile-key").Finalizers).To(BeEmpty())

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestSwitchingToRetainTakesTheFinalizerOffEvenWhileSeamIsDown(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.Inject(fakeseam.Fault{Status: 503})

	s.edit("alice-mobile-key", withPolicy(v1alpha1.DeletionPolicyRetain))

	s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(BeEmpty())
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).NotTo(BeNil())
}

func TestADeletedCredentialLetsTheObjectGo(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.DeleteCredential(theCredential)

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
}

func TestAKeyOfAnotherWorkspaceDoesNotMakeACredentialGone(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop() // the next process knows no other key
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
	s.operate()
	s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)

	s.delete("alice-mobile-key")
	s.until(func() bool { return s.clock.Since(s.get("alice-mobile-key").DeletionTimestamp.Time) > time.Minute })

	s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
	s.putSecret("seam", apiKey)
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestTheLastKeyThatWorkedCleansUpWhenTheSecretWentFirst(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.deleteSecret("seam")

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

// assignedByAKeyThatIsLost is a story in which nobody has the key any more by which Alice got the credential.
func assignedByAKeyThatIsLost(t *testing.T) *story {
	t.Helper()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop()
	s.deleteSecret("seam")
	return s
}

func TestWithoutAnyKeyADeletedObjectStaysAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := assignedByAKeyThatIsLost(t)
	s.delete("alice-mobile-key")
	s.operate()
	s.until(func() bool { return readyOf(s.get("alice-mobile-key")).Reason == v1alpha1.ReasonSecretNotFound })

	o := s.stalled("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
	s.Expect(message(o)).To(And(ContainSubstring(`"seam"`), ContainSubstring("acs.seam.co/abandon=true"), ContainSubstring(alice)))

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Eventually(func() []string { return s.events("alice-mobile-key") }).Should(ContainElement("Warning Abandoned"))
}

func TestARenamedManifestLocksNobodyOut(t *testing.T) {
	t.Parallel()
	t.Run("created first, then pruned", func(t *testing.T) {
		s := assignedToAlice(t)
		s.declare("alice-key-renamed")
		s.assigned("alice-key-renamed")

		s.delete("alice-mobile-key")
		s.gone("alice-mobile-key")

		s.Eventually(func() []string { return s.get("alice-key-renamed").Finalizers }).Should(ConsistOf("acs.seam.co/unassign"))
		s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	})
	t.Run("pruned first, then created", func(t *testing.T) {
		s := assignedToAlice(t)
		s.clock.SetTime(time.Now())

		s.delete("alice-mobile-key")
		s.declare("alice-key-renamed")
		s.gone("alice-mobile-key")

		s.Eventually(func() []string { return s.get("alice-key-renamed").Finalizers }).Should(ConsistOf("acs.seam.co/unassign"))
		s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	})
}

func TestOfTwoObjectsDeletedTogetherOneTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := assignedToAlice(t)
		s.declare("second")
		s.assigned("second")

		s.delete("alice-mobile-key")
		s.delete("second")
		s.gone("alice-mobile-key")
		s.gone("second")

		s.Expect(s.holder()).To(Equal(user("")))
	}
}

func TestASuccessorTakesOverWithMarksOfItsOwn(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("second")
	s.assigned("second")

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.get("second").Finalizers).To(ConsistOf("acs.seam.co/unassign"), "from the moment that the first is gone")
	s.delete("second")
	s.gone("second")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestAMoveThatWasNotCarriedOutIsNotHandedOver(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("for-bob", forUser(bob))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.edit("alice-mobile-key", forUser(bob))
	s.delete("alice-mobile-key")
	mend()

	s.gone("alice-mobile-key")

	s.until(func() bool { return s.holder() == user(bob) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAHandOverToTheSamePersonsIdentityLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity})
	s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.UserIdentityID = aliceIdentity })
	s.operate()
	s.declare("by-user")
	s.assigned("by-user")
	s.declare("by-identity", forIdentity(aliceIdentity))
	s.assigned("by-identity")

	s.delete("by-user")
	s.gone("by-user")

	s.assigned("by-identity")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuccessorThatComesJustBeforeTheUnassignTakesOver(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 4
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	release := s.hold(fakeseam.OpGetCredential, false)
	s.delete("alice-mobile-key")
	s.until(func() bool { return len(s.seam.Calls()) > 2 }) // the grace is over
	s.held(fakeseam.OpGetCredential)

	s.declare("renamed")
	s.recorded("renamed") // as one that takes over, while the deleted one reads
	release()

	s.gone("alice-mobile-key")
	s.assigned("renamed")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestMarksOfASuspendedObjectHeal(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", suspended(true))
	s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))

	s.edit("alice-mobile-key", func(o *object) { o.Finalizers, o.Annotations = nil, nil })
	s.recorded("alice-mobile-key")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestInANamespaceThatIsBeingDeletedNobodyIsSentForTheSecret(t *testing.T) {
	t.Parallel()
	s := assignedByAKeyThatIsLost(t)
	s.deleteNamespace()
	s.delete("alice-mobile-key")

	s.operate()

	s.until(func() bool { return readyOf(s.get("alice-mobile-key")).Reason == v1alpha1.ReasonSecretNotFound })
	told := message(s.stalled("alice-mobile-key", v1alpha1.ReasonSecretNotFound))
	s.Expect(told).To(And(ContainSubstring("unassign ACS user "+alice+" from credential "+theCredential), ContainSubstring("acs.seam.co/abandon=true")))
	s.Expect(told).NotTo(ContainSubstring("restore"))
}

func TestTheLastKeyIsWaitedForWhileItIsBusy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 1
	s.putSecret("other", apiKey)
	s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	gate := make(chan struct{})
	busy := s.another()
	s.seam.Inject(fakeseam.Fault{CredentialID: busy, Gate: gate, Times: 1})
	s.declare("busy", withSecret("other"), func(o *object) { o.Spec.ACSCredentialID = busy })
	s.held(fakeseam.OpGetCredential)
	s.seam.ResetCalls()

	s.delete("alice-mobile-key")
	s.until(func() bool { return len(s.seam.Calls()) > 0 })
	s.rests()
	close(gate)
	began := s.clock.Now()
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.clock.Since(began)).To(BeNumerically("<", time.Minute))
}

func TestADeletedObjectWaitsTheWholeGrace(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	deleted := s.clock.Now()
	s.delete("alice-mobile-key")

	s.gone("alice-mobile-key")

	writes := s.seam.Writes()
	s.Expect(writes[len(writes)-1].Time.Sub(deleted)).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 6*time.Second)))
}

func TestAnAnnotationThatWillTakeNothingAwayIsTold(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))

	s.Eventually(func() string { return message(s.get("alice-mobile-key")) }).Should(ContainSubstring("deleting this object will take nothing away"))
}

func TestNothingIsHandedOverToAnObjectThatIsGone(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("second")
	s.assigned("second")
	s.clock.SetTime(time.Now())
	s.delete("alice-mobile-key")
	s.recorded("second")
	s.rests()
	for _, name := range []string{"alice-mobile-key", "second"} {
		s.cached(name, func(o *object) bool {
			return o.Status.AssignedTo != nil && o.ResourceVersion == s.get(name).ResourceVersion
		})
	}
	s.rests()
	thaw := s.traffic.freeze()
	s.edit("second", func(o *object) { o.Finalizers = nil })
	s.delete("second") // which the operator's cache does not show yet

	s.clock.Step(10 * time.Second)
	s.Eventually(s.traffic.liveReads).Should(BeNumerically(">", 0))
	thaw()
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}
