package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories somebody who may write CredentialAssignments, and not their status, tries to win a credential, or to keep
// its owner waiting. Where Seam is far away, time goes on as fast as it does outside.

const far = 200 * time.Millisecond // how far Seam is away

// assignedBesideARival is a story in which Alice holds the credential by an object, and a rival declares Bob, with a key of its
// own.
func assignedBesideARival(t *testing.T, changes ...change) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.addKey("rival")
	s.declare("rival", append([]change{forUser(bob), withSecret("rival")}, changes...)...)
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	return s
}

func TestARivalThatIsEditedAllTheTimeDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string]func(*object, int){
		"between two strangers": between(bob, carol),
		"its requestedAt":       askAgain,
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedBesideARival(t)
			s.seam.Inject(fakeseam.Fault{Delay: far})
			end := s.againAndAgain("rival", edits)

			s.delete("alice-mobile-key")
			took := s.atRealPace(func() bool { return s.holder() != user(alice) })
			end()

			s.Expect(took).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)), "the grace, two calls, and a busy machine")
			s.atRealPace(s.isGone("alice-mobile-key"))
		})
	}
}

func TestARivalThatDeclaresTheHolderNowAndThenIsWaitedForOnceOnly(t *testing.T) {
	t.Parallel()
	s := assignedBesideARival(t)
	s.outageOf("seam_test2rival")
	end := s.againAndAgain("rival", between(alice, bob))

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.untilBy(100*time.Millisecond, s.isHeldBy(""))
	end()

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 40*time.Second), "the grace, --seam-timeout, and a busy machine")
	s.gone("alice-mobile-key")
}

func TestARivalWhoseKeyIsLimitedForEverDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("limited", "seam_test2limited")
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2limited", Status: 429})
	s.declare("rival", withSecret("limited"), forUser(bob))
	s.reconciling("rival", v1alpha1.ReasonRateLimited)
	s.againAndAgain("rival", between(bob, carol))

	s.delete("alice-mobile-key")
	took := s.atRealPace(s.isHeldBy(""))

	s.Expect(took).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)))
}

func TestARivalThatIsEditedAllTheTimeDelaysNoMove(t *testing.T) {
	t.Parallel()
	for _, mode := range []v1alpha1.Mode{v1alpha1.ModeAssign, v1alpha1.ModeEnforce} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s := assignedBesideARival(t, inMode(mode))
			s.seam.Inject(fakeseam.Fault{Delay: far})
			end := s.againAndAgain("rival", between(alice, bob))

			began := s.clock.Now()
			s.edit("alice-mobile-key", forUser(carol))
			took := s.atRealPace(s.isHeldBy(carol))
			s.atRealPace(s.isHeldBy(carol), s.isReady("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", 6*time.Second), "five calls, and a busy machine")
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", halfACall))
			end()
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + carol}))
		})
	}
}

// besideAnOlderRival is a story with an older rival whose key Seam does not know.
func besideAnOlderRival(t *testing.T, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("rival", append([]change{withSecret("bogus"), forUser(carol)}, changes...)...)
	s.stalled("rival", v1alpha1.ReasonUnauthorized)
	s.ages("rival")
	return s
}

func TestAnOlderRivalThatIsEditedAllTheTimeDelaysNoAssignment(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string]func(*object, int){
		"its requestedAt":       askAgain,
		"between two strangers": between(bob, carol),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := besideAnOlderRival(t)
			s.seam.Inject(fakeseam.Fault{Delay: far})
			end := s.againAndAgain("rival", edits)

			began := s.clock.Now()
			s.declare("alice-mobile-key")
			took := s.atRealPace(s.isHeldBy(alice))
			s.atRealPace(s.isReady("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", 6*time.Second), "two calls, and a busy machine")
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", halfACall))
			end()
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestOlderRivalsThatNobodyHandledYetAreWaitedForTenSecondsTogether(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i := range 8 {
		key := fmt.Sprintf("seam_test2slow%d", i)
		s.putSecret(fmt.Sprintf("slow%d", i), key)
		s.gate(fakeseam.Fault{Token: key})
		s.declare(fmt.Sprintf("rival%d", i), withSecret(fmt.Sprintf("slow%d", i)), forUser(carol))
	}
	s.ages("rival7")
	s.declare("alice-mobile-key")

	s.operate()
	took := s.atRealPace(s.isHeldBy(alice))

	s.Expect(took).To(BeNumerically("<", 20*time.Second), "ten seconds, and a busy machine")
}

func TestARefusedWriteIsNotSentAgainAtTheRateOfARival(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	s.declare("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonInvalidRequest)
	s.ages("alice-mobile-key")
	s.declare("rival", forUser(bob))
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	end := s.againAndAgain("rival", between(bob, carol))

	began := s.clock.Now()
	s.atRealPace(func() bool { return s.clock.Since(began) > 10*time.Second })
	end()

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARecordedClaimStaysThoughItsObjectIsSuspendedAndItsKeyRevoked(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.addKey("rival")
	s.suspend("alice-mobile-key")
	s.seam.RevokeToken(apiKey)

	s.declare("rival", forUser(bob), withSecret("rival"), inMode(v1alpha1.ModeEnforce))

	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.settles()
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

// forged writes all that a person may write who may not write status: metadata, and a status that the API server ignores.
func forged(o *object) {
	withFinalizer(o)
	annotated("acs.seam.co/assigned-to", `{"acsUserID":"`+alice+`","workspaceID":"`+workspace+`"}`)(o)
	o.Labels = map[string]string{"acs.seam.co/claim": "mine"}
	o.Status.ObservedGeneration = 1
	o.Status.WorkspaceID = workspace
	o.Status.AssignedTo = &v1alpha1.AssignedTo{UID: string(o.UID), ACSUserID: alice, WorkspaceID: workspace}
	o.Status.Credential = &v1alpha1.CredentialStatus{AccessMethod: "mobile_key"}
}

func TestNothingForgedWinsAClaim(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string][]change{
		"suspended": {suspended(true)},
		"not":       {},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.putSecret("bogus", "seam_test2bogus")
			s.operate()
			s.declare("forger", append([]change{forged, withSecret("bogus"), forUser(carol)}, changes...)...)
			s.handled("forger", 1)
			s.Expect(s.get("forger").Status.AssignedTo).To(BeNil())
			s.edit("forger", forged)
			s.ages("forger")

			s.declare("alice-mobile-key")
			took := s.atRealPace(s.isReady("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", 8*time.Second))
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.deleteAndWait("alice-mobile-key")
			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestADeletedForgerBlocksNobody(t *testing.T) {
	t.Parallel()
	s := besideAnOlderRival(t, forged)
	s.delete("rival") // its finalizer, and no key that works, keep it
	s.until(func() bool { return s.get("rival").Status.ObservedGeneration == 2 })
	s.stalled("rival", v1alpha1.ReasonUnauthorized)

	s.declare("alice-mobile-key")
	took := s.atRealPace(s.isReady("alice-mobile-key"))

	s.Expect(took).To(BeNumerically("<", 8*time.Second))
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAKeyThatIsLimitedForEverDelaysNoNewObjectAfterARestart(t *testing.T) {
	t.Parallel()
	for name, handled := range map[string]bool{"handled before": true, "never handled": false} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.putSecret("limited", "seam_test2limited")
			s.seam.Inject(fakeseam.Fault{Token: "seam_test2limited", Status: 429, RetryAfter: "300"})
			if handled {
				s.operate()
			}
			s.declare("rival", forged, withSecret("limited"), forUser(carol))
			if handled {
				s.reconciling("rival", v1alpha1.ReasonRateLimited)
				s.stop()
			}
			s.ages("rival")

			s.operate()
			s.declare("alice-mobile-key")
			took := s.atRealPace(s.isReady("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", 15*time.Second), "ten seconds for one that was never handled, and a busy machine")
			s.Expect(s.holder()).To(Equal(user(alice)))
		})
	}
}
