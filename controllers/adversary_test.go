package controllers_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories somebody who may write CredentialAssignments, and not their status, tries to win a credential, or to keep
// its owner waiting.

// atRealPace lets time go on as fast as it does outside until the condition holds, and returns how long that took.
func (s *story) atRealPace(limit time.Duration, condition func() bool) time.Duration {
	s.t.Helper()
	began, last := s.clock.Now(), time.Now()
	s.Eventually(func() bool {
		now := time.Now()
		s.clock.Step(now.Sub(last))
		last = now
		return condition()
	}).WithTimeout(limit).Should(BeTrue())
	return s.clock.Since(began)
}

// keepEditing changes an object again and again, as fast as told, until the story ends or stop is called.
func (s *story) keepEditing(name string, every time.Duration, alter func(o *object, n int)) (stop func()) {
	ctx, cancel := context.WithCancel(s.ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			base := &object{}
			if s.api.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, base) != nil {
				continue
			}
			changed := base.DeepCopy()
			alter(changed, n)
			_ = s.api.Patch(ctx, changed, client.MergeFrom(base)) // the next one comes soon
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-ended }) }
	s.t.Cleanup(stop)
	return stop
}

// askAgain changes requestedAt with each edit.
func askAgain(o *object, n int) {
	annotated(v1alpha1.AnnotationRequestedAt, fmt.Sprint(n))(o)
}

// flip declares two persons in turn.
func flip(one, other string) func(*object, int) {
	return func(o *object, n int) { forUser([]string{one, other}[n%2])(o) }
}

const far = 200 * time.Millisecond // how far Seam is away

func TestARivalThatIsEditedAllTheTimeDelaysNoRevocation(t *testing.T) {
	t.Parallel()
	for name, edits := range map[string]func(*object, int){
		"between two strangers": flip(bob, carol),
		"its requestedAt":       askAgain,
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.seam.AddAPIKey("seam_test2rival", workspace)
			s.putSecret("rival", "seam_test2rival")
			s.declare("rival", forUser(bob), withSecret("rival"))
			s.stalled("rival", v1alpha1.ReasonConflictingClaim)
			s.seam.Inject(fakeseam.Fault{Delay: far})
			stop := s.keepEditing("rival", time.Second/30, edits)

			s.delete("alice-mobile-key")
			took := s.atRealPace(60*time.Second, func() bool { return s.holder() != user(alice) })
			stop()

			s.Expect(took).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)), "the grace, two calls, and a busy machine")
			s.atRealPace(60*time.Second, func() bool { return s.isGone("alice-mobile-key") })
		})
	}
}

func TestARivalThatDeclaresTheHolderNowAndThenIsWaitedForOnceOnly(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.AddAPIKey("seam_test2rival", workspace)
	s.putSecret("rival", "seam_test2rival")
	s.declare("rival", forUser(bob), withSecret("rival"))
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2rival", Status: 503})
	stop := s.keepEditing("rival", time.Second/30, flip(alice, bob))

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.untilBy(100*time.Millisecond, func() bool { return s.holder() == user("") })
	stop()

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
	s.keepEditing("rival", time.Second/30, flip(bob, carol))

	s.delete("alice-mobile-key")
	took := s.atRealPace(60*time.Second, func() bool { return s.holder() == user("") })

	s.Expect(took).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)))
}

func TestAMoveIsNotDelayedByARivalThatIsEditedAllTheTime(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.AddAPIKey("seam_test2rival", workspace)
	s.putSecret("rival", "seam_test2rival")
	s.declare("rival", forUser(bob), withSecret("rival"), inMode(v1alpha1.ModeEnforce))
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.seam.Inject(fakeseam.Fault{Delay: far})
	s.keepEditing("rival", time.Second/30, flip(bob, alice))

	s.edit("alice-mobile-key", forUser(carol))
	took := s.atRealPace(60*time.Second, func() bool { return s.holder() == user(carol) })

	s.Expect(took).To(BeNumerically("<", 6*time.Second), "five calls, and a busy machine")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + carol}))
}

// besides is a story with an older rival whose key Seam does not know.
func besides(t *testing.T, changes ...change) *story {
	t.Helper()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("rival", append([]change{withSecret("bogus"), forUser(carol)}, changes...)...)
	s.stalled("rival", v1alpha1.ReasonUnauthorized)
	s.ages("rival")
	return s
}

func TestAnOlderRivalThatAsksAllTheTimeDelaysNoAssignment(t *testing.T) {
	t.Parallel()
	s := besides(t)
	s.seam.Inject(fakeseam.Fault{Delay: far})
	s.keepEditing("rival", 50*time.Millisecond, askAgain)

	s.declare("front-desk-key")
	took := s.atRealPace(60*time.Second, func() bool { return s.holder() == user(alice) })

	s.Expect(took).To(BeNumerically("<", 6*time.Second), "two calls, and a busy machine")
}

func TestAnOlderRivalWhosePersonChangesAllTheTimeDelaysNoAssignment(t *testing.T) {
	t.Parallel()
	s := besides(t)
	s.seam.Inject(fakeseam.Fault{Delay: far})
	s.keepEditing("rival", 50*time.Millisecond, flip(bob, carol))

	s.declare("front-desk-key")
	took := s.atRealPace(60*time.Second, func() bool { return s.holder() == user(alice) })

	s.Expect(took).To(BeNumerically("<", 6*time.Second), "two calls, and a busy machine")
}

func TestOlderRivalsThatNobodyHandledYetAreWaitedForTenSecondsTogether(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i := range 8 {
		key := fmt.Sprintf("seam_test2slow%d", i)
		s.putSecret(fmt.Sprintf("slow%d", i), key)
		s.seam.Inject(fakeseam.Fault{Token: key, Gate: make(chan struct{})})
		s.declare(fmt.Sprintf("rival%d", i), withSecret(fmt.Sprintf("slow%d", i)), forUser(carol))
	}
	s.ages("rival7")
	s.declare("front-desk-key")

	s.operate()
	took := s.atRealPace(60*time.Second, func() bool { return s.holder() == user(alice) })

	s.Expect(took).To(BeNumerically("<", 20*time.Second), "ten seconds, and a busy machine")
}

func TestARefusedWriteIsNotSentAgainAtTheRateOfARival(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Status: 409})
	s.operate()
	s.declare("front-desk-key")
	s.stalled("front-desk-key", v1alpha1.ReasonInvalidRequest)
	s.ages("front-desk-key")
	s.declare("rival", forUser(bob))
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.keepEditing("rival", 50*time.Millisecond, flip(bob, carol))

	began := s.clock.Now()
	s.atRealPace(60*time.Second, func() bool { return s.clock.Since(began) > 10*time.Second })

	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestARecordedClaimStaysThoughItsObjectIsSuspendedAndItsKeyRevoked(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.seam.AddAPIKey("seam_test2rival", workspace)
	s.putSecret("rival", "seam_test2rival")
	s.edit("alice-mobile-key", suspended(true))
	s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))
	s.seam.RevokeToken(apiKey)

	s.declare("rival", forUser(bob), withSecret("rival"), inMode(v1alpha1.ModeEnforce))

	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.quietAtLast()
	s.stalled("rival", v1alpha1.ReasonConflictingClaim)
	s.Expect(s.holder()).To(Equal(user(alice)))
}

// forged writes all that a person may write who may not write status: metadata, and a status that the API server ignores.
func forged(o *object) {
	o.Finalizers = []string{v1alpha1.Finalizer}
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
			s.Eventually(func() int64 { return s.get("forger").Status.ObservedGeneration }).Should(Equal(int64(1)))
			s.Expect(s.get("forger").Status.AssignedTo).To(BeNil())
			s.edit("forger", forged)
			s.ages("forger")

			s.declare("front-desk-key")
			took := s.atRealPace(60*time.Second, func() bool { return s.isReady("front-desk-key") })

			s.Expect(took).To(BeNumerically("<", 8*time.Second))
			s.Expect(s.holder()).To(Equal(user(alice)))
			s.delete("front-desk-key")
			s.gone("front-desk-key")
			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestADeletedForgerBlocksNobody(t *testing.T) {
	t.Parallel()
	s := besides(t, forged)
	s.delete("rival") // its finalizer, and no key that works, keep it
	s.until(func() bool { return s.get("rival").Status.ObservedGeneration == 2 })
	s.stalled("rival", v1alpha1.ReasonUnauthorized)

	s.declare("front-desk-key")
	took := s.atRealPace(60*time.Second, func() bool { return s.isReady("front-desk-key") })

	s.Expect(took).To(BeNumerically("<", 8*time.Second))
	s.delete("front-desk-key")
	s.gone("front-desk-key")
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
				stop := s.operate()
				s.declare("rival", forged, withSecret("limited"), forUser(carol))
				s.reconciling("rival", v1alpha1.ReasonRateLimited)
				stop()
			} else {
				s.declare("rival", forged, withSecret("limited"), forUser(carol))
			}
			s.ages("rival")

			s.operate()
			s.declare("front-desk-key")
			took := s.atRealPace(60*time.Second, func() bool { return s.isReady("front-desk-key") })

			s.Expect(took).To(BeNumerically("<", 15*time.Second), "ten seconds for one that was never handled, and a busy machine")
			s.Expect(s.holder()).To(Equal(user(alice)))
		})
	}
}
