package controllers_test

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestAnAdoptionKeepsItsClaimWhateverRivalsBecomeMeanwhile(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(alice))
	s.operate()
	s.declareOlderObserver("for-bob", forUser(bob))
	release := s.hold(fakeseam.OpGetCredential)
	s.declare("alice-mobile-key")
	s.held(fakeseam.OpGetCredential)

	s.edit("for-bob", inMode(v1alpha1.ModeAssign)) // older, and its key reads: it goes before whoever has no record
	s.turnsStalled("for-bob", v1alpha1.ReasonHeldByOther)
	release()

	s.assigned("alice-mobile-key")
	s.turnsStalled("for-bob", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.wrote()).To(BeEmpty())
	s.hasEvents("alice-mobile-key", "Normal AlreadyAssigned")
}

func TestStatusShowsTheCredentialInTheMiddleOfAMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.hold(fakeseam.OpAssignCredential)

	s.edit("alice-mobile-key", forUser(bob))
	s.held(fakeseam.OpAssignCredential)

	status := s.get("alice-mobile-key").Status
	s.Expect(status.ACSUserID).To(BeEmpty())
	s.Expect(status.Credential).NotTo(BeNil())
}
