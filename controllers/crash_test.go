package controllers_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// crash is a story in which the operator is killed at any moment.
type crash struct {
	step    time.Duration // by which time goes on: small ones leave others time to do what is waited for; a second when zero
	begins  func(*story)  // before the operator that is killed; nil for nothing
	happens func(*story)
	ends    func(*story) condition
	holds   func(*story) // when it has ended
}

// assignedAMinuteAgo lets Alice hold the credential by an object, a minute ago, while nobody operates now.
func assignedAMinuteAgo(s *story) {
	s.assignToAlice()
	s.stop()
	s.clock.Step(time.Minute)
	s.seam.ResetCalls()
}

// survives tells the story again and again. Each time the operator is cut off from the world one call later, with the last
// call answered or not, is killed, and another one takes its place; until the story ends before the operator is cut off.
func (c crash) survives(t *testing.T) {
	t.Helper()
	for _, lostAnswer := range []bool{false, true} {
		for n := 0; ; n++ {
			cutOff := false
			t.Run(fmt.Sprintf("after %d calls, lost answer %t", n, lostAnswer), func(t *testing.T) {
				cutOff = c.at(newStory(t), n, lostAnswer)
			})
			if !cutOff || t.Failed() {
				break
			}
		}
	}
}

// at tells the story once, and reports whether the operator was cut off.
func (c crash) at(s *story, n int, lostAnswer bool) (cutOff bool) {
	step := cmp.Or(c.step, time.Second)
	if c.begins != nil {
		c.begins(s)
	}
	s.operate()
	out := s.plug.pull(n, lostAnswer)
	c.happens(s)
	s.Eventually(func() bool {
		s.clock.Step(step)
		select {
		case <-out:
			return true
		default:
			return c.ends(s)()
		}
	}).Should(BeTrue())
	s.kill()
	cutAt := s.plug.mend()
	if cutAt != "" {
		s.t.Logf("cut off at %s", cutAt)
	}

	s.operate()

	s.untilBy(step, c.ends(s))
	c.holds(s)
	return cutAt != ""
}

func TestAnAssignmentSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		happens: func(s *story) { s.declare("alice-mobile-key") },
		ends:    func(s *story) condition { return s.isReady("alice-mobile-key") },
		holds: func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "no second assign when the first took place")
			s.Expect(s.get("alice-mobile-key").Finalizers).To(ConsistOf("acs.seam.co/unassign"))
		},
	}.survives(t)
}

func TestAMoveSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		begins: func(s *story) {
			s.seam.SetBehaviour(fakeseam.Behaviour{OnHeld: fakeseam.HeldRefuses, VoidAnswers: true})
			assignedAMinuteAgo(s)
		},
		happens: func(s *story) { s.edit("alice-mobile-key", forUser(bob)) },
		ends: func(s *story) condition {
			return func() bool {
				o := s.get("alice-mobile-key")
				return s.isReady("alice-mobile-key")() && o.Status.ObservedGeneration == o.Generation
			}
		},
		holds: func(s *story) {
			s.Expect(s.holder()).To(Equal(user(bob)))
			s.Expect(s.tookPlace()).To(Equal([]string{"unassign " + alice, "assign " + bob}))
		},
	}.survives(t)
}

func TestADeletionSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		begins:  assignedAMinuteAgo,
		happens: func(s *story) { s.delete("alice-mobile-key") },
		ends:    func(s *story) condition { return s.isGone("alice-mobile-key") },
		holds: func(s *story) {
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.tookPlace()).To(Equal([]string{"unassign " + alice}))
		},
	}.survives(t)
}

func TestAnAssignmentThatNoReadHasConfirmedSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		begins: func(s *story) {
			s.seam.SetBehaviour(fakeseam.Behaviour{VoidAnswers: true, ReadLag: 20 * time.Second, OnRepeat: fakeseam.RepeatRefuses})
		},
		happens: func(s *story) { s.declare("alice-mobile-key") },
		ends:    func(s *story) condition { return s.isReady("alice-mobile-key") },
		holds: func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "what no read confirmed is not sent again")
			s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(alice))
			s.settles()
			s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
			s.assigned("alice-mobile-key")
		},
	}.survives(t)
}

func TestAHandOverSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		step: aMoment,
		begins: func(s *story) {
			s.assignToAlice()
			s.declare("renamed")
			s.assigned("renamed")
			s.stop()
			s.clock.Step(time.Minute)
			s.seam.ResetCalls()
		},
		happens: func(s *story) { s.delete("alice-mobile-key") },
		ends: func(s *story) condition {
			return func() bool {
				return s.isGone("alice-mobile-key")() && len(s.get("renamed").Finalizers) == 1 && s.assignedPerson("renamed") == alice
			}
		},
		holds: func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.wrote()).To(BeEmpty())
		},
	}.survives(t)
}

func TestADeletionWhileAssigningSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crash{
		begins: func(s *story) {
			s.once(isAssign, func() { s.delete("alice-mobile-key") }) // while it is on its way
		},
		happens: func(s *story) { s.declare("alice-mobile-key") },
		ends:    func(s *story) condition { return s.isGone("alice-mobile-key") },
		holds: func(s *story) {
			s.settles()
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(slices.Contains(s.tookPlace(), "unassign "+alice)).To(Equal(slices.Contains(s.tookPlace(), "assign "+alice)))
		},
	}.survives(t)
}

func TestAFreshProcessWaitsForAWriteThatMayStillLand(t *testing.T) {
	t.Parallel()
	s := assignLost(t, 25*time.Second)
	s.kill()
	s.Expect(s.holder()).To(Equal(user("")), "it has not landed yet")

	s.operate()

	s.until(s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "no second assign when the first took place")
}
