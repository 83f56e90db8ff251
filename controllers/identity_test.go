package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

const survivor = "22222222-2222-2222-2222-000000000002"

func TestAnIdentityIsMatchedHoweverSeamShowsIt(t *testing.T) {
	t.Parallel()
	for name, behaviour := range map[string]fakeseam.Behaviour{
		"the credential shows the ACS user only":  {},
		"the credential shows both":               {ShowIdentity: true},
		"the credential shows the identity only":  {IdentityOnly: true},
		"void answers, and the identity only":     {IdentityOnly: true, VoidAnswers: true},
		"reads lag, answers void, one ACS user":   {VoidAnswers: true, ReadLag: 10 * time.Second},
		"assigning over a holder is refused":      {OnHeld: fakeseam.HeldRefuses},
		"assigning again is refused":              {OnRepeat: fakeseam.RepeatRefuses},
		"assigning over a holder is just ignored": {OnHeld: fakeseam.HeldIgnores},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity, EmailAddress: "alice@example.com"})
			s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.EmailAddress = "alice@example.com" })
			s.seam.SetBehaviour(behaviour)
			s.operate()
			s.declare("alice-mobile-key", forIdentity(aliceIdentity))
			s.until(s.isReady("alice-mobile-key"))

			s.edit("alice-mobile-key", forUser(bob))
			s.until(s.isHeldBy(bob))
			s.until(s.isReady("alice-mobile-key"))
			s.edit("alice-mobile-key", forIdentity(aliceIdentity))
			s.until(func() bool { return s.holder() != user(bob) && s.holder() != user("") })
			s.until(s.isReady("alice-mobile-key"))
			s.Expect(s.wrote()).To(Equal([]string{"assign identity " + aliceIdentity,
				"unassign " + s.shownAs(behaviour), "assign " + bob, "unassign " + bob, "assign identity " + aliceIdentity}))

			s.deleteAndWait("alice-mobile-key")
			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

// shownAs is how an unassign names Alice: as the credential shows her.
func (s *story) shownAs(b fakeseam.Behaviour) string {
	if b.IdentityOnly {
		return "identity " + aliceIdentity
	}
	return alice
}

func TestAMergedIdentityCountsAsItsSurvivor(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity})
	s.seam.AddIdentity(fakeseam.Identity{ID: survivor})
	s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.UserIdentityID = aliceIdentity })
	s.assignToAlice(forIdentity(aliceIdentity))

	s.seam.MergeIdentity(aliceIdentity, survivor)
	s.edit("alice-mobile-key", requested("after the merge"))

	s.answered("alice-mobile-key", "after the merge")
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(HaveLen(1))
}

func TestACheapComparisonNeedsNoFurtherRead(t *testing.T) {
	t.Parallel()
	s := newStory(t, linked, behaving(fakeseam.Behaviour{ShowIdentity: true}))
	s.operate()
	s.declare("alice-mobile-key", forIdentity(aliceIdentity))

	s.assigned("alice-mobile-key")

	for _, call := range s.seam.Calls() {
		s.Expect(call.Operation).To(BeElementOf(fakeseam.OpGetCredential, fakeseam.OpAssignCredential))
	}
}

func TestTwoPeopleSwapTheirCredentials(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	const other = "66666666-6666-6666-6666-000000000002"
	s.seam.AddCredential(fakeseam.Credential{ID: other, SystemID: system})
	s.seam.SetBehaviour(fakeseam.Behaviour{OnHeld: fakeseam.HeldRefuses})
	s.operate()
	s.declare("first")
	s.declare("second", forUser(bob), forCredential(other))
	s.assigned("first")
	s.assigned("second")

	s.edit("first", forUser(bob))
	s.edit("second", forUser(alice))

	s.until(s.isHeldBy(bob))
	s.until(func() bool {
		c, _ := s.seam.Credential(other)
		return c.ACSUserID == alice
	})
}
