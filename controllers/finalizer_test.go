package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func manifestOf(s *story, u client.Object) string {
	s.t.Helper()
	text, err := yaml.Marshal(u)
	s.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

func TestAFinalizerThatKubectlReplaceStripsComesBack(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.kubectl(manifestOf(s, s.manifest("alice-mobile-key", nil)), "create", "-f", "-")
	s.assigned("alice-mobile-key")
	s.recorded("alice-mobile-key")

	s.kubectl(manifestOf(s, s.manifest("alice-mobile-key", nil)), "replace", "-f", "-")

	s.recorded("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectAppliedAgainKeepsItsFinalizer(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"client-side": {"apply", "-f", "-"},
		"server-side": {"apply", "--server-side", "-f", "-"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.operate()
			text := manifestOf(s, s.manifest("alice-mobile-key", nil))
			s.kubectl(text, flags...)
			s.assigned("alice-mobile-key")

			s.kubectl(text, flags...)

			s.recorded("alice-mobile-key")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAFinalizerStrippedComesBackWhateverElseIsWrong(t *testing.T) {
	t.Parallel()
	for name, goesWrong := range map[string]func(s *story){
		"nothing": func(*story) {},
		"suspended": func(s *story) {
			s.suspend("alice-mobile-key")
		},
		"an outage": func(s *story) { s.outage() },
		"a 429":     func(s *story) { s.seam.Inject(fakeseam.Fault{Status: 429, RetryAfter: "300"}) },
		"a revoked key": func(s *story) {
			s.seam.RevokeToken(apiKey)
			s.edit("alice-mobile-key", requested("now"))
			s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
		},
		"no Secret": func(s *story) {
			s.deleteSecret("seam")
			s.reconciling("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
		},
		"a wrong pin": func(s *story) {
			s.edit("alice-mobile-key", inWorkspace(nobody))
			s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)
		},
		"another holder": func(s *story) {
			s.clock.Step(time.Minute)
			s.handByConsole(carol)
			s.edit("alice-mobile-key", requested("now"))
			s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := assignedToAlice(t)
			s.recorded("alice-mobile-key")
			goesWrong(s)
			calls := len(s.seam.Calls())

			s.edit("alice-mobile-key", withoutFinalizer)

			s.recorded("alice-mobile-key")
			if name == "suspended" {
				s.Expect(s.seam.Calls()).To(HaveLen(calls), "a suspended object is left alone")
			}
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAFinalizerStrippedWhileSuspendedComesBackAndTakesThePersonAway(t *testing.T) {
	t.Parallel()
	for name, suspends := range map[string]func(*story){
		"in the same edit": func(s *story) { s.edit("alice-mobile-key", suspended(true), withoutFinalizer) },
		"later":            func(s *story) { s.suspend("alice-mobile-key"); s.edit("alice-mobile-key", withoutFinalizer) },
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			suspends(s)
			s.recorded("alice-mobile-key")

			s.deleteAndWait("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAFinalizerStrippedDuringAnOutageComesBackAndTakesThePersonAway(t *testing.T) {
	t.Parallel()
	for name, lasts := range map[string]time.Duration{"that ends at once": 0, "that goes on": time.Minute} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			mend := s.outage()
			s.edit("alice-mobile-key", withoutFinalizer)
			s.recorded("alice-mobile-key")

			s.delete("alice-mobile-key")
			if lasts > 0 {
				s.passes(lasts)
				s.get("alice-mobile-key") // it is there
			}
			mend()
			s.gone("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAFinalizerStrippedInADowntimeComesBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before []change
		during change
	}{
		"and nothing else":      {nil, func(*object) {}},
		"suspended":             {nil, suspended(true)},
		"of a suspended object": {[]change{suspended(true), forUser(bob)}, func(*object) {}},
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			if c.before != nil {
				s.edit("alice-mobile-key", c.before...)
				s.saysSuspended("alice-mobile-key")
			}
			s.stop()
			s.edit("alice-mobile-key", withoutFinalizer, c.during)
			s.clock.Step(5 * time.Minute)
			s.seam.Inject(fakeseam.Fault{Status: 503, Times: 3})
			s.operate()

			s.recorded("alice-mobile-key")

			s.deleteAndWait("alice-mobile-key")
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
		})
	}
}

func TestAFinalizerStrippedInADowntimeComesBackThoughTheKeyIsOfNoUse(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("seam", "seam_test2revoked")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	s.stop()
	s.edit("alice-mobile-key", withoutFinalizer)

	s.operate()

	s.recorded("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
}

func TestAFinalizerStrippedInAMoveComesBackAndTheMoveGoesOn(t *testing.T) {
	t.Parallel()
	for name, isDown := range map[string]bool{"while the operator works": false, "in a downtime": true} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			if isDown {
				s.stop()
			}
			s.edit("alice-mobile-key", forUser(bob), withoutFinalizer)
			if isDown {
				s.operate()
			}

			s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
			s.recorded("alice-mobile-key")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
		})
	}
}

func TestAFinalizerStrippedWhileTheAnswerIsOutComesBack(t *testing.T) {
	t.Parallel()
	s, release := declaredAndUnanswered(t)
	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(HaveLen(1))

	s.edit("alice-mobile-key", withoutFinalizer)
	release()

	s.until(s.isReady("alice-mobile-key"))
	s.recorded("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAFinalizerStrippedAgainAndAgainKeepsTheDeclarationFromNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	end := s.againAndAgain("alice-mobile-key", func(o *object, _ int) { withoutFinalizer(o) })

	began := time.Now()
	s.edit("alice-mobile-key", forUser(bob))
	s.untilBy(20*time.Millisecond, s.isHeldBy(bob))

	s.Expect(time.Since(began)).To(BeNumerically("<", 15*time.Second))
	end()
	s.untilBy(20*time.Millisecond, s.isReady("alice-mobile-key"))
	s.recorded("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAFinalizerThatSomebodyPutsOnIsNoRecord(t *testing.T) {
	t.Parallel()
	s := newStory(t, heldBy(carol))
	s.operate()
	s.declare("alice-mobile-key", withFinalizer)
	o := s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(o.Status.AssignedTo).To(BeNil())

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user(carol)))
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestAFinalizerThatIsNotWantedGoes(t *testing.T) {
	t.Parallel()
	for name, declaration := range map[string]change{
		"mode Observe": inMode(v1alpha1.ModeObserve),
		"Retain":       withPolicy(v1alpha1.DeletionPolicyRetain),
	} {
		t.Run(name, func(t *testing.T) {
			s := assignedToAlice(t)
			s.edit("alice-mobile-key", declaration)
			s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(BeEmpty())
			s.assigned("alice-mobile-key")

			s.edit("alice-mobile-key", withFinalizer)

			s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(BeEmpty())
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestARestoredBackupWritesNothingToSeam(t *testing.T) {
	t.Parallel()
	s, backup := backedUp(t)

	s.restoreWithoutStatus(backup)

	o := s.assigned("alice-mobile-key")
	s.Expect(o.Status.AssignedTo.UID).To(Equal(string(o.UID)))
	s.Expect(o.Status.AssignedTo.ACSUserID).To(Equal(alice))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestModesChangeIntoEachOtherWithoutAWriteWhenNothingIsToBeDone(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	for _, mode := range []v1alpha1.Mode{
		v1alpha1.ModeEnforce, v1alpha1.ModeAssign, v1alpha1.ModeObserve, v1alpha1.ModeEnforce, v1alpha1.ModeObserve, v1alpha1.ModeAssign, "",
	} {
		s.edit("alice-mobile-key", inMode(mode))
		o := s.assigned("alice-mobile-key")
		if mode == v1alpha1.ModeObserve {
			s.Expect(o.Finalizers).To(BeEmpty())
			s.Expect(o.Status.AssignedTo).To(BeNil())
		} else {
			s.recorded("alice-mobile-key")
		}
	}
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestObserveForgetsWhomItMayMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", inMode(v1alpha1.ModeObserve))
	s.assigned("alice-mobile-key")

	s.edit("alice-mobile-key", inMode(v1alpha1.ModeAssign), forUser(bob))

	s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(s.holder()).To(Equal(user(alice)))
}
