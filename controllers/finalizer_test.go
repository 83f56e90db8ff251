package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

func withoutFinalizer(o *object) { o.Finalizers = nil }

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
			s.edit("alice-mobile-key", suspended(true))
			s.Eventually(func() int64 { return s.get("alice-mobile-key").Status.ObservedGeneration }).Should(Equal(int64(2)))
		},
		"an outage": func(s *story) { s.seam.Inject(fakeseam.Fault{Status: 503}) },
		"a 429":     func(s *story) { s.seam.Inject(fakeseam.Fault{Status: 429, RetryAfter: "300"}) },
		"a revoked key": func(s *story) {
			s.seam.RevokeToken(apiKey)
			s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
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
			s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationRequestedAt, "now"))
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
	s := assignedToAlice(t)
	s.edit("alice-mobile-key", suspended(true), withoutFinalizer)
	s.recorded("alice-mobile-key")

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAFinalizerStrippedDuringAnOutageComesBackAndTakesThePersonAway(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	mend := s.seam.Inject(fakeseam.Fault{Status: 503})
	s.edit("alice-mobile-key", withoutFinalizer)
	s.recorded("alice-mobile-key")

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.until(func() bool { return s.clock.Since(began) > time.Minute })
	s.get("alice-mobile-key")
	mend()
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")))
}

func TestAFinalizerStrippedInADowntimeComesBack(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]change{
		"and nothing else": func(*object) {},
		"suspended":        suspended(true),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			stop := s.operate()
			s.declare("alice-mobile-key")
			s.assigned("alice-mobile-key")
			stop()
			s.edit("alice-mobile-key", withoutFinalizer, change)
			s.clock.Step(5 * time.Minute)
			s.seam.Inject(fakeseam.Fault{Status: 503, Times: 3})
			s.operate()

			s.recorded("alice-mobile-key")

			s.delete("alice-mobile-key")
			s.gone("alice-mobile-key")
			s.Expect(s.holder()).To(Equal(user("")))
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice}))
		})
	}
}

func TestAFinalizerStrippedInAMoveComesBackAndTheMoveGoesOn(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", forUser(bob), withoutFinalizer)

	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.recorded("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAFinalizerStrippedInADowntimeMoveComesBackAndTheMoveGoesOn(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	stop()
	s.edit("alice-mobile-key", forUser(bob), withoutFinalizer)

	s.operate()

	s.until(func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
	s.recorded("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAFinalizerStrippedWhileTheAnswerIsOutComesBack(t *testing.T) {
	t.Parallel()
	s, release := declaredAndHeld(t, fakeseam.OpAssignCredential, true)
	s.Expect(s.get("front-desk-key").Status.PendingWrites).To(HaveLen(1))

	s.edit("front-desk-key", withoutFinalizer)
	release()

	s.until(func() bool { return s.isReady("front-desk-key") })
	s.recorded("front-desk-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAFinalizerStrippedAgainAndAgainKeepsTheDeclarationFromNothing(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	end := s.againAndAgain("alice-mobile-key", func(o *object, _ int) { o.Finalizers = nil })

	began := time.Now()
	s.edit("alice-mobile-key", forUser(bob))
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(bob) })

	s.Expect(time.Since(began)).To(BeNumerically("<", 15*time.Second))
	end()
	s.untilBy(20*time.Millisecond, func() bool { return s.isReady("alice-mobile-key") })
	s.recorded("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}

func TestAFinalizerThatSomebodyPutsOnIsNoRecord(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.handByConsole(carol)
	s.operate()
	s.declare("alice-mobile-key", func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} })
	o := s.stalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(o.Status.AssignedTo).To(BeNil())

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

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

			s.edit("alice-mobile-key", func(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} })

			s.Eventually(func() []string { return s.get("alice-mobile-key").Finalizers }).Should(BeEmpty())
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestARestoredBackupWritesNothingToSeam(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, withPolicy(v1alpha1.DeletionPolicyRetain))
	backup := s.get("alice-mobile-key")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	backup.ObjectMeta = metav1.ObjectMeta{Name: backup.Name, Namespace: backup.Namespace, Annotations: backup.Annotations}
	backup.Status = v1alpha1.CredentialAssignmentStatus{}
	s.create(backup)

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
