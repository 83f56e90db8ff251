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
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
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
	s := newStory(t)
	s.putSecret("bogus", "seam_test2bogus")
	s.operate()
	s.declare("bogus", forUser(carol), withSecret("bogus"), dressedUp(carol), func(o *object) { o.Status = statusOfAlice("a-uid") })
	s.turnsStalled("bogus", v1alpha1.ReasonUnauthorized)
	s.ages("bogus")

	s.declare("for-alice")

	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") })
	s.Expect(s.get("bogus").Status.AssignedTo).To(BeNil())
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAnObjectDressedUpWinsNoClaim(t *testing.T) {
	t.Parallel()
	for name, person := range map[string]string{"for another person": carol, "for the same person": alice} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.operate()
			s.declare("older", forUser(person), inMode(v1alpha1.ModeObserve))
			s.turnsStalled("older", v1alpha1.ReasonDrifted) // its key reads the credential
			s.ages("older")
			s.declare("for-alice")
			s.turnsAssigned("for-alice")
			s.recorded("for-alice")

			s.edit("older", inMode(v1alpha1.ModeEnforce), dressedUp(person))

			s.untilBy(100*time.Millisecond, func() bool { return s.get("older").Status.ObservedGeneration == 2 })
			s.quietAtLast()
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
			s.putSecret("former", "seam_test2former")
			s.seam.AddAPIKey("seam_test2former", workspace)
			s.operate()
			s.declare("former", forUser(person), withSecret("former"), inMode(v1alpha1.ModeObserve))
			s.turnsStalled("former", v1alpha1.ReasonDrifted)
			s.ages("former")
			s.declare("alice-mobile-key")
			s.turnsAssigned("alice-mobile-key")
			s.seam.RevokeToken("seam_test2former")
			s.edit("former", inMode(v1alpha1.ModeAssign))
			s.untilBy(100*time.Millisecond, func() bool { return s.says("former", v1alpha1.ReasonUnauthorized) })
			s.edit("former", dressedUp(person))
			s.untilBy(100*time.Millisecond, func() bool { return s.get("former").Status.LastHandledReconcileAt == "now" })

			s.delete("alice-mobile-key")
			s.gone("alice-mobile-key")

			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAnObjectDressedUpThatNobodyCouldHandleBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
	s.declare("slow", withSecret("slow"))
	s.held(fakeseam.OpGetCredential)
	s.edit("slow", dressedUp(alice))

	s.delete("alice-mobile-key")
	began := s.clock.Now()
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user("") })

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 20*time.Second), "the grace, and five seconds for what was never handled")
	s.gone("alice-mobile-key")
}

func TestAnObjectDressedUpThatWaitsItsTurnBlocksNoRevocation(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.Limits.QPS, s.options.Limits.Burst = 0.1, 5 // small here, so that a few objects do
	s.operate()
	s.declare("alice-mobile-key")
	s.turnsAssigned("alice-mobile-key")
	s.putSecret("bogus", "seam_test2bogus")
	for i := range 6 {
		s.declare(fmt.Sprintf("noise-%d", i), withSecret("bogus"), func(o *object) { o.Spec.ACSCredentialID = nobody[:35] + string(rune('a'+i)) })
	}
	s.until(func() bool { return readyOf(s.get("noise-0")).Reason != "" })
	s.declare("waiting", withSecret("bogus"))
	s.edit("waiting", dressedUp(alice))

	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")), "%v", s.get("waiting").Status)
}

// tampering is what may be done to an object's metadata again and again.
var tampering = map[string]func(o *object, i int){
	"annotation": func(o *object, i int) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, "acs.seam.co/assigned-to", recordText(string(o.UID), []string{alice, bob}[i%2]))
	},
	"request": func(o *object, i int) {
		metav1.SetMetaDataAnnotation(&o.ObjectMeta, v1alpha1.AnnotationRequestedAt, fmt.Sprint(i))
	},
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
			s := newStory(t)
			s.putSecret("bogus", "seam_test2bogus")
			s.operate()
			s.declare("older", withSecret("bogus"))
			s.turnsStalled("older", v1alpha1.ReasonUnauthorized)
			s.ages("older")
			end := s.againAndAgain("older", tamper)

			// a new person
			began := s.clock.Now()
			s.declare("alice-mobile-key")
			s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(alice) && s.isReady("alice-mobile-key") })
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))

			// another person
			s.clock.Step(time.Minute)
			began = s.clock.Now()
			s.edit("alice-mobile-key", forUser(bob))
			s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user(bob) && s.isReady("alice-mobile-key") })
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))

			// and nobody
			began = s.clock.Now()
			s.delete("alice-mobile-key")
			s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user("") })
			s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))
			end()
			s.gone("alice-mobile-key")
			s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob, "unassign " + bob}))
		})
	}
}

func TestMetadataChangedAgainAndAgainBeforeTheFirstLookKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)
	s.putSecret("slow", "seam_test2slow")
	gate := make(chan struct{})
	defer close(gate)
	s.seam.Inject(fakeseam.Fault{Token: "seam_test2slow", Gate: gate})
	s.declare("slow", forUser(bob), withSecret("slow"))
	s.held(fakeseam.OpGetCredential)
	end := s.againAndAgain("slow", func(o *object, i int) {
		for _, tamper := range tampering {
			tamper(o, i)
		}
	})

	began := s.clock.Now()
	s.delete("alice-mobile-key")
	s.untilBy(20*time.Millisecond, func() bool { return s.holder() == user("") })

	s.Expect(s.clock.Since(began)).To(BeNumerically("<", 15*time.Second))
	end()
}

func TestARestoredStatusOfAnotherUIDProvesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stop := s.operate()
	s.declare("alice-mobile-key", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.turnsAssigned("alice-mobile-key")
	backup := s.get("alice-mobile-key")
	s.Expect(backup.Status.AssignedTo).NotTo(BeNil())
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
	stop()

	restored := s.restore(backup, forUser(bob), withPolicy(""), func(o *object) {
		o.Status.PendingWrites = statusOfAlice(string(backup.UID)).PendingWrites
	})
	s.Expect(restored.Status.AssignedTo.UID).To(Equal(string(backup.UID)))
	s.operate()

	s.untilBy(100*time.Millisecond, func() bool { return s.says("alice-mobile-key", v1alpha1.ReasonHeldByOther) })
	s.Expect(s.get("alice-mobile-key").Status.AssignedTo).To(BeNil())
	s.Expect(s.get("alice-mobile-key").Status.PendingWrites).To(BeEmpty())
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
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
	stop := s.operate()
	s.declare("former", forUser(carol), inMode(v1alpha1.ModeObserve))
	s.turnsStalled("former", v1alpha1.ReasonDrifted)
	backup := s.get("former")
	s.delete("former")
	s.gone("former")
	stop()
	s.restore(backup, inMode(v1alpha1.ModeEnforce), withSecret("bogus"), dressedUp(carol), func(o *object) {
		o.Status = statusOfAlice(string(backup.UID))
	})
	s.ages("former")
	s.declare("for-alice")
	s.operate()

	s.untilBy(100*time.Millisecond, func() bool { return s.isReady("for-alice") && s.says("former", v1alpha1.ReasonUnauthorized) })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}), "nor did it wait for a write that another object never sent")
}

func TestAnObjectRestoredWithoutStatusHasNoRecord(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, withPolicy(v1alpha1.DeletionPolicyRetain))
	backup := s.get("alice-mobile-key")
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")

	backup.ObjectMeta = metav1.ObjectMeta{Name: backup.Name, Namespace: backup.Namespace, Annotations: backup.Annotations}
	forUser(bob)(backup)
	withPolicy("")(backup)
	s.create(backup)

	o := s.turnsStalled("alice-mobile-key", v1alpha1.ReasonHeldByOther)
	s.Expect(o.Status.AssignedTo).To(BeNil())
	s.Expect(o.Finalizers).To(BeEmpty())
	s.delete("alice-mobile-key")
	s.gone("alice-mobile-key")
	s.Expect(s.holder()).To(Equal(user(alice)))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}
