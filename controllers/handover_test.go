package controllers_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories a deleted object has a successor that is none.

// withSuccessor is a story in which a second object declares Alice too, with a key of its own, and is Ready.
func withSuccessor(t *testing.T) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.addKey("successor")
	s.declare("successor", withSecret("successor"))
	s.assigned("successor")
	s.rests()
	return s
}

func TestAStaleReadyOfTheSuccessorProvesNothing(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	s.edit("alice-mobile-key", forUser(bob))
	s.assigned("alice-mobile-key")
	s.edit("successor", forUser(bob))
	s.assigned("successor")
	s.outageOf("seam_test2successor")
	s.edit("alice-mobile-key", forUser(alice))
	s.until(s.isHeldBy(alice))
	s.assigned("alice-mobile-key")

	s.edit("alice-mobile-key", forUser(bob), suspended(true)) // before it is moved
	s.Expect(s.isReady("successor")()).To(BeTrue(), "an outage turns nothing that was Ready")
	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestASuccessorWhoseKeyWasRevokedTakesNothingOver(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	s.seam.RevokeToken("seam_test2successor")
	s.Expect(s.isReady("successor")()).To(BeTrue(), "nobody has looked since")

	s.delete("alice-mobile-key")
	took := s.untilBy(100*time.Millisecond, s.isHeldBy(""))

	s.Expect(took).To(BeNumerically("<", 15*time.Second), "its key does not read the credential any more: nobody waits for it")
	s.gone("alice-mobile-key")
}

func TestASuccessorThatMovedOnTakesNothingOver(t *testing.T) {
	t.Parallel()
	s := withSuccessor(t)
	s.outageOf("seam_test2successor")
	s.edit("successor", forUser(bob))

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestNothingIsLeftToAnObjectThatByNowOnlyObserves(t *testing.T) {
	t.Parallel()
	for name, isOlder := range map[string]bool{"a younger one": false, "an older one, which has the claim by now": true} {
		t.Run(name, func(t *testing.T) {
			s, other := newStory(t), newStory(t)
			s.elsewhere = []string{other.namespace}
			s.seam.AddAPIKey("seam_test2successor", workspace)
			s.operate()
			if isOlder {
				other.declare("successor", withSecret("late"))
				other.reconciling("successor", v1alpha1.ReasonSecretNotFound)
				other.ages("successor")
			}
			s.declare("alice-mobile-key")
			s.until(s.isReady("alice-mobile-key"))
			s.ages("alice-mobile-key")
			other.putSecret("late", "seam_test2successor")
			if !isOlder {
				other.declare("successor", withSecret("late"))
			}
			s.until(other.isReady("successor"))
			release := s.gate(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Token: apiKey, Times: 1})
			s.delete("alice-mobile-key")
			s.until(func() bool {
				o := other.get("successor")
				return o.Status.AssignedTo != nil && len(o.Finalizers) == 1
			})
			s.until(func() bool { return s.isHeldAtSeam(fakeseam.OpGetCredential) })
			shown := other.get("successor").ResourceVersion
			s.Eventually(func() string { return s.cachedIn(other.namespace, "successor").ResourceVersion }).Should(Equal(shown))

			thaw := s.traffic.freezeOnly(other.namespace)
			other.edit("successor", inMode(v1alpha1.ModeObserve)) // which the operator's cache does not show
			release()
			s.until(s.isGone("alice-mobile-key"))
			thaw()

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

// isHeldAtSeam reports whether a call of the operation waits at a gate.
func (s *story) isHeldAtSeam(operation string) bool {
	ctx, cancel := context.WithTimeout(s.ctx, time.Millisecond)
	defer cancel()
	return s.seam.AwaitHeld(ctx, 1, operation) == nil
}

// cachedIn returns an object as the operator's cache shows it; empty when it does not.
func (s *story) cachedIn(namespace, name string) *object {
	o := &object{}
	_ = s.cache.Get(s.ctx, client.ObjectKey{Namespace: namespace, Name: name}, o)
	return o
}
