package controllers_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// These stories are about somebody who may change objects and not their status: annotations, labels and the finalizer are
// theirs, and prove nothing.

// recordText is what operators before the first release kept in an annotation. It is dead text.
func recordText(uid, person string) string {
	return `{"uid":"` + uid + `","workspaceID":"` + workspace + `","acsUserID":"` + person + `","write":"assign","at":"2026-01-01T00:00:00Z"}`
}

// dressedUp gives an object all the metadata that one with the claim ever had.
func dressedUp(person string) change {
	return func(o *object) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "acs.seam.co/assigned-to", recordText(string(o.UID), person))
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.AnnotationRequestedAt, "now")
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.AnnotationAbandon, "true")
		metav1.SetMetaDataLabel(&o.ObjectMeta, "app.kubernetes.io/managed-by", "seam-operator")
		o.Finalizers = []string{"acs.seam.co/unassign"}
	}
}

// statusOfAlice is the status of an object that has assigned Alice, and is about to take the credential from her.
func statusOfAlice(uid string) v1alpha1.CredentialAssignmentStatus {
	return v1alpha1.CredentialAssignmentStatus{
		ObservedGeneration: 1,
		WorkspaceID:        workspace,
		AssignedTo:         &v1alpha1.AssignedTo{UID: uid, ACSUserID: alice, WorkspaceID: workspace},
		PendingWrites: []v1alpha1.PendingWrite{
			{UID: uid, Operation: v1alpha1.OperationUnassign, ACSUserID: alice, StartedAt: metav1.Now()},
		},
	}
}

func TestStatusCannotBeSetOnCreateOrByAnEdit(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	o := s.declare("alice-mobile-key", func(o *object) { o.Status = statusOfAlice("a-uid") })
	s.Expect(s.get("alice-mobile-key").Status).To(Equal(v1alpha1.CredentialAssignmentStatus{ObservedGeneration: -1}))

	s.edit("alice-mobile-key", func(edited *object) { edited.Status = statusOfAlice(string(o.UID)) })

	s.Expect(s.get("alice-mobile-key").Status).To(Equal(v1alpha1.CredentialAssignmentStatus{ObservedGeneration: -1}))
}

func TestTheEditorRoleGivesNoStatus(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	editor := "editor-of-" + s.namespace
	s.kubectl("", "apply", "-f", filepath.Join("..", "config", "rbac", "credentialassignment_editor_role.yaml"))
	s.create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "editor", Namespace: s.namespace},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "credentialassignment-editor"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: editor}},
	})
	config := rest.CopyConfig(cluster)
	config.Impersonate.UserName = editor
	api, err := client.New(config, client.Options{Scheme: scheme})
	s.Expect(err).NotTo(HaveOccurred())
	o := s.declare("alice-mobile-key")
	s.Eventually(func() error { // the API server learns of roles a moment later
		return api.Get(s.ctx, client.ObjectKeyFromObject(o), o)
	}).Should(Succeed())

	metav1.SetMetaDataLabel(&o.ObjectMeta, "desk", "front")
	s.Expect(api.Update(s.ctx, o)).To(Succeed())
	o.Status = statusOfAlice(string(o.UID))

	s.Expect(apierrors.IsForbidden(api.Status().Update(s.ctx, o))).To(BeTrue())
	s.Expect(apierrors.IsForbidden(api.Status().Patch(s.ctx, o, client.RawPatch("application/merge-patch+json", []byte(`{"status":{"assignedTo":null}}`))))).To(BeTrue())
}

func TestAnObjectCreatedWithAStatusHasNoClaim(t *testing.T) {
	t.Parallel()
	s := besideAnOlderRival(t, dressedUp(carol), func(o *object) { o.Status = statusOfAlice("a-uid") })

	s.declare("for-alice")

	s.untilBy(100*time.Millisecond, s.isReady("for-alice"))
	s.Expect(s.get("rival").Status.AssignedTo).To(BeNil())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectDressedUpWinsNoClaim(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": carol, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.operate()
			s.declareOlderObserver("older", forUser(person))
			s.declare("for-alice")
			s.turnsAssigned("for-alice")
			s.recorded("for-alice")

			s.edit("older", inMode(v1alpha1.ModeEnforce), dressedUp(person))

			s.untilBy(100*time.Millisecond, func() bool { return s.get("older").Status.ObservedGeneration == 2 })
			s.settles()
			s.Expect(s.get("older").Status.AssignedTo).To(BeNil())
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
			s.delete("older")
			s.goneAtOnce("older")
			s.turnsAssigned("for-alice")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
		})
	}
}

func TestAnObjectDressedUpWhoseKeyReadOnceBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": carol, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.addKey("former")
			s.operate()
			s.declareOlderObserver("former", forUser(person), withSecret("former"))
			s.declare("alice-mobile-key")
			s.turnsAssigned("alice-mobile-key")
			s.seam.RevokeToken("seam_test2former")
			s.edit("former", inMode(v1alpha1.ModeAssign))
			s.untilBy(100*time.Millisecond, s.says("former", v1alpha1.ReasonUnauthorized))
			s.edit("former", dressedUp(person))
			s.untilBy(100*time.Millisecond, s.hasAnswered("former", "now"))

			s.deleteAndWait("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAnObjectDressedUpThatNobodyCouldHandleBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 0, forUser(alice))
	s.edit("slow", dressedUp(alice))

	s.delete("alice-mobile-key")
	took := s.untilBy(20*time.Millisecond, s.isHeldBy(""))

	s.Expect(took).To(BeNumerically("<", 20*time.Second), "the grace, and five seconds for what was never handled")
	s.gone("alice-mobile-key")
}

func TestAnObjectDressedUpThatWaitsItsTurnBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.1, 5 // small here, so that a few objects do
	s.assignToAlice()
	s.putSecret("bogus", "seam_test2bogus")
	for i := range 6 {
		s.declare(fmt.Sprintf("noise-%d", i), withSecret("bogus"), forCredential(nobody[:35]+string(rune('a'+i))))
	}
	s.until(func() bool { return readyOf(s.get("noise-0")).Reason != "" })
	s.declare("waiting", withSecret("bogus"))
	s.edit("waiting", dressedUp(alice))

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")), "%v", s.get("waiting").Status)
}

// tampering is what may be done to an object's metadata again and again.
var tampering = map[string]func(o *object, i int){
	"annotation": func(o *object, i int) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "acs.seam.co/assigned-to", recordText(string(o.UID), []string{alice, bob}[i%2]))
	},
	"request": askAgain,
	"abandon": func(o *object, i int) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.AnnotationAbandon, []string{"true", "false"}[i%2])
	},
	"label":     func(o *object, i int) { metav1.SetMetaDataLabel(&o.ObjectMeta, "i", fmt.Sprint(i)) },
	"finalizer": func(o *object, i int) { o.Finalizers = [][]string{{"acs.seam.co/unassign"}, nil}[i%2] },
}

func TestMetadataChangedAgainAndAgainKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	for name, tamper := range tampering {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := besideAnOlderRival(t, forUser(alice))
			end := s.againAndAgain("rival", tamper)
			soon := BeNumerically("<", 15*time.Second)

			s.declare("alice-mobile-key")
			s.Expect(s.untilBy(20*time.Millisecond, s.isHeldBy(alice), s.isReady("alice-mobile-key"))).To(soon, "a new person")
			s.clock.Step(time.Minute)
			s.edit("alice-mobile-key", forUser(bob))
			s.Expect(s.untilBy(20*time.Millisecond, s.isHeldBy(bob), s.isReady("alice-mobile-key"))).To(soon, "another person")
			s.delete("alice-mobile-key")
			s.Expect(s.untilBy(20*time.Millisecond, s.isHeldBy(""))).To(soon, "nobody")
			end()
			s.gone("alice-mobile-key")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob, "unassign " + bob}))
		})
	}
}

func TestMetadataChangedAgainAndAgainBeforeTheFirstLookKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := besideAKeyThatHangs(t, 0)
	end := s.againAndAgain("slow", func(o *object, i int) {
		for _, tamper := range tampering {
			tamper(o, i)
		}
	})

	s.delete("alice-mobile-key")
	took := s.untilBy(20*time.Millisecond, s.isHeldBy(""))

	s.Expect(took).To(BeNumerically("<", 15*time.Second))
	end()
}

func TestARestoredStatusOfAnotherUIDProvesNothing(t *testing.T) {
	t.Parallel()
	s, backup := backedUp(t)
	s.stop()

	restored := s.restore(backup, forUser(bob), withPolicy(""), func(o *object) {
		o.Status.PendingWrites = statusOfAlice(string(backup.UID)).PendingWrites
	})
	s.Expect(restored.Status.AssignedTo.UID).To(Equal(string(backup.UID)))
	s.operate()

	s.untilBy(100*time.Millisecond, s.says("alice-mobile-key", v1alpha1.ReasonHeldByOther))
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).To(BeNil())
	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(BeEmpty())
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(alice)), "another object assigned Alice, and let her keep the credential")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

// restore creates an object anew from a backup, status included, as a restore tool that may write status does.
func (s *story) restore(backup *object, changes ...change) *object {
	s.t.Helper()
	o := backup.DeepCopy()
	o.ObjectMeta = metav1.ObjectMeta{Name: backup.Name, Namespace: backup.Namespace, Annotations: backup.Annotations, Finalizers: backup.Finalizers}
	for _, c := range changes {
		c(o)
	}
	status := o.Status
	s.create(o)
	s.Eventually(func() error {
		o = s.get(backup.Name)
		o.Status = status
		return s.api.Status().Update(s.ctx, o)
	}).Should(Succeed())
	return o
}

func TestARestoredStatusOfAnotherUIDHasNoClaim(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declareOlderObserver("former", forUser(carol))
	backup := s.get("former")
	s.deleteAndWait("former")
	s.stop()
	s.restore(backup, inMode(v1alpha1.ModeEnforce), withSecret("bogus"), dressedUp(carol), func(o *object) {
		o.Status = statusOfAlice(string(backup.UID))
	})
	s.ages("former")
	s.declare("for-alice")
	s.operate()

	s.untilBy(100*time.Millisecond, s.isReady("for-alice"), s.says("former", v1alpha1.ReasonUnauthorized))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "nor did it wait for a write that another object never sent")
}

// backedUp is a story in which alice-mobile-key gave Alice the credential, was backed up, and was deleted with Retain.
func backedUp(t *testing.T) (s *story, backup *object) {
	t.Helper()
	s = assignedToAlice(t, withPolicy(v1alpha1.DeletionPolicyRetain))
	backup = s.get("alice-mobile-key")
	s.Expect(backup.Status.AssignedTo).NotTo(BeNil())
	s.deleteAndWait("alice-mobile-key")
	return s, backup
}

// restoreWithoutStatus creates an object anew from a backup, as somebody does who may not write status.
func (s *story) restoreWithoutStatus(backup *object, changes ...change) {
	s.t.Helper()
	o := backup.DeepCopy()
	o.ObjectMeta = metav1.ObjectMeta{Name: backup.Name, Namespace: backup.Namespace, Annotations: backup.Annotations}
	for _, c := range changes {
		c(o)
	}
	s.create(o)
}

func TestAnObjectRestoredWithoutStatusHasNoRecord(t *testing.T) {
	t.Parallel()
	s, backup := backedUp(t)

	s.restoreWithoutStatus(backup, forUser(bob), withPolicy(""))

	o := s.turnsStalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(o.Status.AssignedTo).To(BeNil())
	s.Expect(o.Finalizers).To(BeEmpty())
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}
