package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func TestOnlyObjectsThatTheSelectorMatchesAreHandled(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.selector = labels.SelectorFromSet(labels.Set{"shard": "one"})
	s.operate()
	s.declare("other-shard", forUser(bob))
	s.declare("our-shard", func(o *object) { o.Labels = map[string]string{"shard": "one"} })

	s.assigned("our-shard")

	s.Expect(s.get("other-shard").Status.ObservedGeneration).To(Equal(int64(-1)))
}

func TestObjectsOfOtherNamespacesAreNotHandled(t *testing.T) {
	t.Parallel()
	s, elsewhere := newStory(t), newStory(t)
	s.operate()
	elsewhere.declare("for-bob", forUser(bob))
	s.declare("for-alice")

	s.assigned("for-alice")

	s.Expect(elsewhere.get("for-bob").Status.ObservedGeneration).To(Equal(int64(-1)))
	s.Expect(elsewhere.seam.Calls()).To(BeEmpty())
}

func TestItsOwnResyncIntervalHolds(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	u := s.manifest("alice-mobile-key", map[string]any{"resyncInterval": "10m"})
	s.Expect(s.api.Create(s.ctx, u)).To(Succeed())
	s.assigned("alice-mobile-key")
	s.handByConsole("")

	s.rests()
	s.quiet(9*time.Minute - time.Second) // ten minutes less a tenth
	s.later(2*time.Minute + 2*time.Second)

	s.Eventually(s.holder).Should(Equal(user(alice)))
}

func TestADefaultOfRetainHoldsWhereNothingIsSaid(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	s.operate()
	s.declare("alice-mobile-key")
	s.Expect(s.assigned("alice-mobile-key").Finalizers).To(BeEmpty())
	s.declare("explicit", withPolicy(v1alpha1.DeletionPolicyUnassign), forCredential(s.another()))

	s.Expect(s.assigned("explicit").Finalizers).To(ConsistOf("acs.seam.co/unassign"))
}

func TestANewLeaderWaitsForACacheAsNewAsItsLeadership(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.leaderElect = true
	s.assignToAlice()
	stopFirst := s.stop
	s.operate() // stands by
	s.suspend("alice-mobile-key")

	stopFirst()
	released := time.Now()
	s.edit("alice-mobile-key", suspended(false), forUser(bob))
	s.until(s.isHeldBy(bob))

	s.Expect(time.Since(released)).To(BeNumerically("<", 4*time.Second), "2 s beyond the lease, on a busy machine")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestResyncsAreSpreadByATenth(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	const objects = 12
	for i := range objects {
		name := fmt.Sprintf("key-%d", i)
		s.declare(name, forCredential(s.another()))
		s.assigned(name)
	}
	s.rests()
	s.seam.ResetCalls()
	began := s.clock.Now()
	s.quiet(54*time.Minute - 10*time.Second) // an hour less a tenth

	s.untilBy(10*time.Second, func() bool { return len(s.seam.Calls()) >= objects })

	calls := s.seam.Calls()
	s.Expect(calls).To(HaveLen(objects))
	first, last := calls[0].Time.Sub(began), calls[objects-1].Time.Sub(began)
	s.Expect(last).To(BeNumerically("<=", 70*time.Minute))
	s.Expect(last - first).To(BeNumerically(">", time.Minute))
}
