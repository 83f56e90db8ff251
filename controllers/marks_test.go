package controllers_test

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

func manifestOf(s *story, u client.Object) string {
	s.t.Helper()
	text, err := yaml.Marshal(u)
	s.Expect(err).NotTo(HaveOccurred())
	return string(text)
}

func (s *story) marked(name string) {
	s.t.Helper()
	s.Eventually(func(g Gomega) {
		o := s.get(name)
		g.Expect(o.Finalizers).To(ConsistOf("acs.seam.co/unassign"))
		g.Expect(o.Annotations).To(HaveKey(v1alpha1.AnnotationAssignedTo))
	}).Should(Succeed())
}

func TestMarksThatKubectlReplaceStripsHeal(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	u := s.manifest("alice-mobile-key", nil)
	s.kubectl(manifestOf(s, u), "create", "-f", "-")
	s.assigned("alice-mobile-key")

	s.kubectl(manifestOf(s, s.manifest("alice-mobile-key", nil)), "replace", "-f", "-")

	s.marked("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectAppliedAgainKeepsItsMarks(t *testing.T) {
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

			s.marked("alice-mobile-key")
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
	s.Expect(o.Annotations[v1alpha1.AnnotationAssignedTo]).To(ContainSubstring(string(o.UID)))
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
			s.Expect(o.Annotations).NotTo(HaveKey(v1alpha1.AnnotationAssignedTo))
		} else {
			s.marked("alice-mobile-key")
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

func TestARecordStrippedInAMoveStillTellsWhomToMove(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.edit("alice-mobile-key", forUser(bob), func(o *object) { o.Finalizers, o.Annotations = nil, nil })

	s.until(func() bool { return s.holder() == user(bob) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob}))
}
