package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestDeletingTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
	calls := s.seam.Calls()
	s.Expect(calls[len(calls)-1].Operation).To(Equal(fakeseam.OpGetCredential), "the finalizer leaves after a read")
	s.hasEvent("alice-mobile-key", "Normal Unassigned")
}

func TestDeletingLeavesAnotherHolderAlone(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.handByConsole(carol)

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(carol)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestDeletingASuspendedObjectStillTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", suspended(true))

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestRetainTakesNothingAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, withPolicy(v1alpha1.DeletionPolicyRetain))
	s.Expect(s.get("alice-mobile-key").Finalizers).To(BeEmpty())

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(alice)))
}

func TestSwitchingToRetainTakesTheFinalizerOffEvenWhileSeamIsDown(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.outage()

	s.edit("alice-mobile-key", withPolicy(v1alpha1.DeletionPolicyRetain))

	s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(BeEmpty())
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).NotTo(BeNil())
}

func TestADeletedCredentialLetsTheObjectGo(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.DeleteCredential(theCredential)

	s.deleteAndWait("alice-mobile-key")
}

func TestAKeyOfAnotherWorkspaceDoesNotMakeACredentialGone(t *testing.T) {
	t.Parallel()
	s := assignedBeforeADowntime(t) // the next process knows no other key
	s.exchangeKey()
	s.operate()
	s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)

	s.delete("alice-mobile-key")
	s.passes(time.Minute)

	s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
	s.putSecret("seam", apiKey)
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestTheLastKeyThatWorkedCleansUp(t *testing.T) {
	t.Parallel()
	// By the key of another workspace the credential is somebody else's: that proves nothing about the one that was assigned.
	showing := func(holder string) func(*story) {
		return func(s *story) {
			s.seam.Inject(fakeseam.Fault{Token: "seam_test2elsewhere", Operation: fakeseam.OpGetCredential, Body: `{"acs_credential":` +
				`{"acs_credential_id":"` + theCredential + `","workspace_id":"` + elsewhere + `"` + holder + `},"ok":true}`})
			s.exchangeKey()
			s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
		}
	}
	for name, happens := range map[string]func(*story){
		"the Secret went first": func(s *story) { s.deleteSecret("seam") },
		"its key was revoked": func(s *story) {
			s.putSecret("seam", "seam_test2revoked")
			s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
		},
		"its key is of another workspace": func(s *story) {
			s.exchangeKey()
			s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
		},
		"its key is of another workspace, and it went": func(s *story) {
			s.exchangeKey()
			s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
			s.deleteSecret("seam")
		},
		"its key is of another workspace, where nobody holds it": showing(""),
		"its key is of another workspace, where Bob holds it":    showing(`,"acs_user_id":"` + bob + `"`),
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			happens(s)

			s.deleteAndWait("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
		})
	}
}

// assignedByAKeyThatIsLost is a story in which nobody has the key any more by which Alice got the credential.
func assignedByAKeyThatIsLost(t *testing.T) *story {
	t.Helper()
	s := assignedBeforeADowntime(t)
	s.deleteSecret("seam")
	return s
}

func TestWithoutAnyKeyADeletedObjectStaysAndSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := assignedByAKeyThatIsLost(t)
	s.delete("alice-mobile-key")
	s.operate()
	s.until(s.says("alice-mobile-key", v1alpha1.ReasonSecretNotFound))

	o := s.stalled("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
	s.Expect(message(o)).To(And(ContainSubstring(`"seam"`), ContainSubstring("acs.seam.co/abandon=true"), ContainSubstring(alice)))

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.hasEvent("alice-mobile-key", "Warning Abandoned")
}

func TestARenamedManifestLocksNobodyOut(t *testing.T) {
	t.Parallel()
	for name, rename := range map[string]func(t *testing.T) *story{
		"created first, then pruned": func(t *testing.T) *story {
			s := assignedToAliceTwice(t)
			s.delete("alice-mobile-key")
			return s
		},
		"pruned first, then created": func(t *testing.T) *story {
			s := assignedToAlice(t)
			s.clock.SetTime(time.Now())
			s.delete("alice-mobile-key")
			s.declare("renamed")
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := rename(t)

			s.gone("alice-mobile-key")

			s.Eventually(func() []string { return s.get("renamed").Finalizers }).Should(ConsistOf("acs.seam.co/unassign"))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestOfTwoObjectsDeletedTogetherOneTakesTheCredentialAway(t *testing.T) {
	t.Parallel()
	for range 5 {
		s := assignedToAliceTwice(t)

		s.delete("alice-mobile-key")
		s.deleteAndWait("renamed")
		s.gone("alice-mobile-key")

		s.Expect(s.holder()).To(Equal(user("")))
	}
}

func TestASuccessorTakesOverWithAFinalizerAndARecordOfItsOwn(t *testing.T) {
	t.Parallel()
	s := assignedToAliceTwice(t)

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.get("renamed").Finalizers).To(ConsistOf("acs.seam.co/unassign"), "from the moment that the first is gone")
	s.Expect(s.assignedPerson("renamed")).To(Equal(alice))
	s.deleteAndWait("renamed")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
}

func TestAMoveThatWasNotCarriedOutIsNotHandedOver(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.declare("for-bob", forUser(bob))
	s.stalled("for-bob", v1alpha1.ReasonConflictingClaim)
	mend := s.outage()
	s.edit("alice-mobile-key", forUser(bob))
	s.delete("alice-mobile-key")
	mend()

	s.gone("alice-mobile-key")

	s.until(s.isHeldBy(bob))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAHandOverToTheSamePersonsIdentityLocksNobodyOut(t *testing.T) {
	t.Parallel()
	s := newStory(t, linked)
	s.assignToAlice()
	s.declare("by-identity", forIdentity(aliceIdentity))
	s.assigned("by-identity")

	s.deleteAndWait("alice-mobile-key")

	s.assigned("by-identity")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestASuccessorThatComesJustBeforeTheUnassignTakesOver(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 4
	s.assignToAlice()
	release := s.hold(fakeseam.OpGetCredential)
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

func TestInANamespaceThatIsBeingDeletedNobodyIsSentForTheSecret(t *testing.T) {
	t.Parallel()
	s := assignedByAKeyThatIsLost(t)
	s.deleteNamespace()
	s.delete("alice-mobile-key")

	s.operate()

	s.until(s.says("alice-mobile-key", v1alpha1.ReasonSecretNotFound))
	says := message(s.stalled("alice-mobile-key", v1alpha1.ReasonSecretNotFound))
	s.Expect(says).To(And(ContainSubstring("unassign ACS user "+alice+" from credential "+theCredential), ContainSubstring("acs.seam.co/abandon=true")))
	s.Expect(says).NotTo(ContainSubstring("restore"))
}

func TestTheLastKeyIsWaitedForWhileItIsBusy(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.InFlight = 1
	s.putSecret("other", apiKey)
	s.assignToAlice()
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	busy := s.another()
	release := s.gate(fakeseam.Fault{CredentialID: busy, Times: 1})
	s.declare("busy", withSecret("other"), forCredential(busy))
	s.held(fakeseam.OpGetCredential)
	s.seam.ResetCalls()

	s.delete("alice-mobile-key")
	s.until(func() bool { return len(s.seam.Calls()) > 0 })
	s.rests()
	release()
	took := s.until(s.isGone("alice-mobile-key"))

	s.Expect(s.holder()).To(Equal(user("")))
	s.Expect(took).To(BeNumerically("<", time.Minute))
}

func TestADeletedObjectWaitsTheWholeGrace(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	deleted := s.clock.Now()

	s.deleteAndWait("alice-mobile-key")

	writes := s.seam.Writes()
	s.Expect(writes[len(writes)-1].Time.Sub(deleted)).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 6*time.Second)))
}

func TestAnAnnotationThatWillTakeNothingAwayIsReported(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))

	s.Eventually(func() string { return message(s.get("alice-mobile-key")) }).Should(ContainSubstring("deleting this object will take nothing away"))
}

func TestNothingIsHandedOverToAnObjectThatIsGone(t *testing.T) {
	t.Parallel()
	s := assignedToAliceTwice(t)
	s.clock.SetTime(time.Now())
	s.delete("alice-mobile-key")
	s.recorded("renamed")
	s.rests()
	s.cachedAsStored("alice-mobile-key", "renamed")
	s.rests()
	thaw := s.traffic.freeze()
	s.edit("renamed", withoutFinalizer)
	s.delete("renamed") // which the operator's cache does not show yet

	s.clock.Step(10 * time.Second)
	s.Eventually(s.traffic.liveReads).Should(BeNumerically(">", 0))
	thaw()
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}
