package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// crashes tells a story again and again. Each time the operator is cut off from the world one call later, with the last
// call answered or not, is killed, and another one takes its place; until the story ends before the plug is pulled.
func crashes(t *testing.T, prepare func(*story), act func(*story), ends func(*story) bool, check func(*story)) {
	t.Helper()
	crashesBy(t, time.Second, prepare, act, ends, check)
}

// crashesBy is crashes with time going on in such steps: small ones leave others time to do what is waited for.
func crashesBy(t *testing.T, step time.Duration, prepare func(*story), act func(*story), ends func(*story) bool, check func(*story)) {
	t.Helper()
	for _, lostAnswer := range []bool{false, true} {
		for n := 0; ; n++ {
			cutOff := false
			t.Run(fmt.Sprintf("after %d calls, lost answer %t", n, lostAnswer), func(t *testing.T) {
				s := newStory(t)
				prepare(s)
				_, kill := s.run()
				out := s.plug.pull(n, lostAnswer)
				act(s)
				s.Eventually(func() bool {
					s.clock.Step(step)
					select {
					case <-out:
						return true
					default:
						return ends(s)
					}
				}).Should(BeTrue())
				kill()
				cutOff = s.plug.mend()

				s.operate()

				s.untilBy(step, func() bool { return ends(s) })
				check(s)
			})
			if !cutOff || t.Failed() {
				break
			}
		}
	}
}

func TestAnAssignmentSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashes(t,
		func(*story) {},
		func(s *story) { s.declare("alice-mobile-key") },
		func(s *story) bool { return s.isReady("alice-mobile-key") },
		func(s *story) {
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice}), "no second assign when the first took place")
			s.Expect(s.get("alice-mobile-key").Finalizers).To(ConsistOf("acs.seam.co/unassign"))
		})
}

func TestAMoveSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashes(t,
		func(s *story) {
			s.seam.SetBehaviour(fakeseam.Behaviour{OnHeld: fakeseam.HeldRefuses, VoidAnswers: true})
			stop := s.operate()
			s.declare("front-desk-key")
			s.assigned("front-desk-key")
			stop()
			s.clock.Step(time.Minute)
			s.seam.ResetCalls()
		},
		func(s *story) { s.edit("front-desk-key", forUser(bob)) },
		func(s *story) bool {
			o := s.get("front-desk-key")
			return s.isReady("front-desk-key") && o.Status.ObservedGeneration == o.Generation
		},
		func(s *story) {
			s.Expect(s.holder()).To(Equal(user(bob)))
			s.Expect(s.tookPlace()).To(Equal([]string{"unassign " + alice, "assign " + bob}))
		})
}

func TestADeletionSurvivesACrashAtAnyMoment(t *testing.T) {
	t.Parallel()
	crashes(t,
		func(s *story) {
			stop := s.operate()
			s.declare("alice-mobile-key")
			s.assigned("alice-mobile-key")
			stop()
			s.clock.Step(time.Minute)
			s.seam.ResetCalls()
		},
		func(s *story) { s.delete("alice-mobile-key") },
		func(s *story) bool {
			return apierrors.IsNotFound(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "alice-mobile-key"}, &object{}))
		},
		func(s *story) {
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.tookPlace()).To(Equal([]string{"unassign " + alice}))
		})
}

func TestAPersonWhomALostAssignReachedIsFoundAfterACrashAndASpecChange(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	_, kill := s.run()
	out := s.plug.pull(3, true) // the read, the finalizer and the record are answered, the assign takes place and is not
	s.declare("front-desk-key")
	s.Eventually(out).Should(BeClosed())
	kill()
	s.plug.mend()
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.edit("front-desk-key", forUser(bob))

	s.operate()

	s.until(func() bool { return s.holder() == user(bob) })
	s.Expect(s.tookPlace()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAFreshProcessWaitsForAWriteThatMayStillLand(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Close: true, LateBy: 25 * time.Second, Times: 1})
	_, kill := s.run()
	s.declare("front-desk-key")
	s.reconciling("front-desk-key", v1alpha1.ReasonOutcomeUnknown)
	kill()
	s.Expect(s.holder()).To(Equal(user("")), "it has not landed yet")

	s.operate()

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "no second assign when the first took place")
}
