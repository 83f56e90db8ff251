package controllers_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// Beginnings that many stories have in common. Whatever is declared without a name of its own is alice-mobile-key, which gives
// the credential to Alice.

// aMoment is a step of time that leaves others time to take over.
const aMoment = 50 * time.Millisecond

// assignedToAlice is a story in which Alice holds the credential by an object.
func assignedToAlice(t *testing.T, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.assignToAlice(changes...)
	return s
}

// assignToAlice starts an operator in a story with a beginning of its own, until Alice holds the credential by an object.
func (s *story) assignToAlice(changes ...change) {
	s.t.Helper()
	s.operate()
	s.declare("alice-mobile-key", changes...)
	s.assigned("alice-mobile-key")
}

// assignedBeforeADowntime is a story in which Alice holds the credential by an object, and the operator is down.
func assignedBeforeADowntime(t *testing.T) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.stop()
	return s
}

// assignedToAliceTwice is a story in which Alice holds the credential by an object, and renamed declares the same and is Ready.
func assignedToAliceTwice(t *testing.T) *story {
	t.Helper()
	s := assignedToAlice(t)
	s.declare("renamed")
	s.assigned("renamed")
	return s
}

// declareOlderObserver declares an object that only observes, and whose key reads the credential. What is declared next is
// younger.
func (s *story) declareOlderObserver(name string, changes ...change) {
	s.t.Helper()
	s.declare(name, append([]change{inMode(v1alpha1.ModeObserve)}, changes...)...)
	s.turnsStalled(name, v1alpha1.ReasonDrifted)
	s.ages(name)
}

// declareWithoutKey declares for-alice, for which everything but its Secret is there: putLateKey lets all happen at once.
func (s *story) declareWithoutKey() {
	s.t.Helper()
	s.declare("for-alice", withSecret("late"))
	s.reconciling("for-alice", v1alpha1.ReasonSecretNotFound)
}

func (s *story) putLateKey() {
	s.t.Helper()
	s.putSecret("late", apiKey)
}

// declaredAndHeld is a story in which an object is new, and the first call of the operation waits before it is made.
func declaredAndHeld(t *testing.T, operation string) (s *story, release func()) {
	t.Helper()
	s = newStory(t)
	release = s.hold(operation)
	s.declareAndAwaitHeld(operation)
	return s, release
}

// declaredAndUnanswered is a story in which an object is new, its assign took place, and the answer to it waits.
func declaredAndUnanswered(t *testing.T) (s *story, release func()) {
	t.Helper()
	s = newStory(t)
	release = s.holdAnswer(fakeseam.OpAssignCredential)
	s.declareAndAwaitHeld(fakeseam.OpAssignCredential)
	return s, release
}

// declareAndAwaitHeld starts an operator and declares an object, until a call of the operation waits.
func (s *story) declareAndAwaitHeld(operation string, changes ...change) {
	s.t.Helper()
	s.operate()
	s.declare("alice-mobile-key", changes...)
	s.held(operation)
}

// hold makes the next call of an operation wait before it is made, and returns how to let it go on.
func (s *story) hold(operation string) (release func()) {
	return s.gate(fakeseam.Fault{Operation: operation, Times: 1})
}

// holdAnswer makes the answer to the next call of an operation wait.
func (s *story) holdAnswer(operation string) (release func()) {
	return s.gate(fakeseam.Fault{Operation: operation, After: true, Times: 1})
}

// gate makes the calls that meet the fault wait, until release is called or the story ends.
func (s *story) gate(fault fakeseam.Fault) (release func()) {
	gate := make(chan struct{})
	fault.Gate = gate
	release = sync.OnceFunc(func() { close(gate) })
	s.t.Cleanup(release)
	s.seam.Inject(fault)
	return release
}

// held waits until a call of the operation waits at a gate.
func (s *story) held(operation string) {
	s.t.Helper()
	s.heldTimes(1, operation)
}

func (s *story) heldTimes(n int, operation string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitHeld(ctx, n, operation)).To(Succeed())
}

// called waits until so many calls of the operation have reached Seam.
func (s *story) called(n int, operation string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.ctx, 20*time.Second)
	defer cancel()
	s.Expect(s.seam.AwaitCalls(ctx, n, operation)).To(Succeed())
}

// outage makes every call to Seam fail, and returns how to mend that.
func (s *story) outage() (mend func()) { return s.seam.Inject(fakeseam.Fault{Status: 503}) }

// outageOf makes every call with a key fail.
func (s *story) outageOf(key string) (mend func()) {
	return s.seam.Inject(fakeseam.Fault{Token: key, Status: 503})
}

// loses lets the next call of an operation be lost, which lands so much later; with zero it never does.
func (s *story) loses(operation string, lateBy time.Duration) {
	s.seam.Inject(fakeseam.Fault{Operation: operation, Close: true, LateBy: lateBy, Times: 1})
}

// behaving makes Seam behave so.
func behaving(b fakeseam.Behaviour) beginning { return func(s *story) { s.seam.SetBehaviour(b) } }

// heldBy lets somebody hold the credential.
func heldBy(id string) beginning { return func(s *story) { s.handByConsole(id) } }

// linked links Alice's ACS user to her identity.
func linked(s *story) {
	s.seam.AddIdentity(fakeseam.Identity{ID: aliceIdentity})
	s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.UserIdentityID = aliceIdentity })
}

// recorded waits until the object has its finalizer, and status says whom it assigned.
func (s *story) recorded(name string) {
	s.t.Helper()
	s.Eventually(func(g Gomega) {
		o := s.get(name)
		g.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
		g.Expect(o.Status.AssignedTo).NotTo(BeNil())
	}).Should(Succeed())
}

// cachedAsStored waits until the operator's cache shows the objects as the API server stores them.
func (s *story) cachedAsStored(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.cached(name, func(o *object) bool { return o.ResourceVersion == s.get(name).ResourceVersion })
	}
}

// vanishes lets an object go at once, whatever is on it.
func (s *story) vanishes(name string) {
	s.t.Helper()
	s.delete(name)
	if !s.isGone(name)() {
		s.edit(name, withoutFinalizer)
	}
	s.goneAtOnce(name)
}

// againAndAgain changes an object thirty times a second until the story ends or the returned function is called, which sees
// that the changes went on.
func (s *story) againAndAgain(name string, each func(o *object, i int)) (end func()) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan struct{})
	var changes atomic.Int64
	go func() {
		defer close(ended)
		tick := time.NewTicker(time.Second / 30)
		defer tick.Stop()
		for i := 1; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			o := &object{}
			if s.api.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, o) != nil {
				continue
			}
			changed := o.DeepCopy()
			each(changed, i)
			if s.api.Patch(ctx, changed, client.MergeFrom(o)) == nil { // else the next one comes soon
				changes.Add(1)
			}
		}
	}()
	s.t.Cleanup(func() { cancel(); <-ended })
	s.Eventually(changes.Load).Should(BeNumerically(">=", 3))
	before := changes.Load()
	return func() {
		s.t.Helper()
		s.Eventually(changes.Load).Should(BeNumerically(">", before))
		cancel()
		<-ended
	}
}

// between gives the credential to two persons in turn.
func between(first, second string) func(o *object, i int) {
	return func(o *object, i int) { forUser([]string{first, second}[i%2])(o) }
}

// askAgain asks for another look with each change.
func askAgain(o *object, i int) { requested(fmt.Sprint(i))(o) }
