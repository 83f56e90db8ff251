package controllers_test

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

type object = v1alpha1.CredentialAssignment

// change alters an object before it is sent.
type change func(*object)

func forUser(id string) change {
	return func(o *object) { o.Spec.ACSUserID, o.Spec.UserIdentityID = id, "" }
}

func forIdentity(id string) change {
	return func(o *object) { o.Spec.ACSUserID, o.Spec.UserIdentityID = "", id }
}

func inMode(mode v1alpha1.Mode) change { return func(o *object) { o.Spec.Mode = mode } }

func withPolicy(policy v1alpha1.DeletionPolicy) change {
	return func(o *object) { o.Spec.DeletionPolicy = policy }
}

func suspended(suspend bool) change { return func(o *object) { o.Spec.Suspend = suspend } }

func withSecret(name string) change { return func(o *object) { o.Spec.APIKeySecretRef.Name = name } }

func inWorkspace(id string) change { return func(o *object) { o.Spec.WorkspaceID = id } }

func annotated(key, value string) change {
	return func(o *object) { metav1.SetMetaDataAnnotation(&o.ObjectMeta, key, value) }
}

// requested asks for a look now.
func requested(at string) change { return annotated(v1alpha1.AnnotationRequestedAt, at) }

func forCredential(id string) change { return func(o *object) { o.Spec.ACSCredentialID = id } }

func withFinalizer(o *object) { o.Finalizers = []string{"acs.seam.co/unassign"} }

func withoutFinalizer(o *object) { o.Finalizers = nil }

// declare creates an object that gives the credential to Alice unless the changes say otherwise.
func (s *story) declare(name string, changes ...change) *object {
	s.t.Helper()
	o := s.declaration(name, changes...)
	s.create(o)
	return o
}

// declaration is such an object before it is created.
func (s *story) declaration(name string, changes ...change) *object {
	o := &object{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: theCredential,
			ACSUserID:       alice,
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
		},
	}
	for _, c := range changes {
		c(o)
	}
	return o
}

func (s *story) create(o client.Object) {
	s.t.Helper()
	s.Expect(s.api.Create(s.ctx, o)).To(Succeed())
}

// edit changes an object as a person would, with kubectl.
func (s *story) edit(name string, changes ...change) {
	s.t.Helper()
	s.Eventually(func() error {
		o := s.get(name)
		for _, c := range changes {
			c(o)
		}
		return s.api.Update(s.ctx, o)
	}).Should(Succeed())
}

func (s *story) delete(name string) {
	s.t.Helper()
	s.Expect(s.api.Delete(s.ctx, &object{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}})).To(Succeed())
}

func (s *story) get(name string) *object {
	s.t.Helper()
	o := &object{}
	s.Expect(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, o)).To(Succeed())
	return o
}

func (s *story) putSecret(name, value string) {
	s.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}}
	err := s.api.Get(s.ctx, client.ObjectKeyFromObject(secret), secret)
	secret.StringData = map[string]string{"api-key": value}
	if apierrors.IsNotFound(err) {
		s.create(secret)
		return
	}
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(s.api.Update(s.ctx, secret)).To(Succeed())
}

// cached waits until the operator's cache shows the object so.
func (s *story) cached(name string, so func(*object) bool) {
	s.t.Helper()
	s.Eventually(func() bool {
		o := &object{}
		return s.cache.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, o) == nil && so(o)
	}).Should(BeTrue())
}

func (s *story) deleteNamespace() {
	s.t.Helper()
	s.Expect(s.api.Delete(s.ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace}})).To(Succeed())
}

func (s *story) deleteSecret(name string) {
	s.t.Helper()
	s.Expect(s.api.Delete(s.ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}})).To(Succeed())
}

// elsewhere is another workspace.
const elsewhere = "11111111-1111-1111-1111-000000000002"

// addKey adds a key that opens the workspace, and a Secret with it. Both have the name.
func (s *story) addKey(name string) (key string) {
	s.t.Helper()
	key = "seam_test2" + name
	s.seam.AddAPIKey(key, workspace)
	s.putSecret(name, key)
	return key
}

// addKeyElsewhere lets a key open another workspace.
func (s *story) addKeyElsewhere(key string) {
	s.seam.AddWorkspace(fakeseam.Workspace{ID: elsewhere})
	s.seam.AddAPIKey(key, elsewhere)
}

// exchangeKey puts a key of another workspace into the Secret.
func (s *story) exchangeKey() {
	s.t.Helper()
	s.addKeyElsewhere("seam_test2elsewhere")
	s.putSecret("seam", "seam_test2elsewhere")
}

// another adds a free credential and returns its ID.
func (s *story) another() string {
	return s.seam.AddCredential(fakeseam.Credential{SystemID: system}).ID
}

// lookedAt asks for a look at the object and waits for the answer.
func (s *story) lookedAt(name, request string) {
	s.t.Helper()
	s.edit(name, requested(request))
	s.untilBy(10*time.Millisecond, s.hasAnswered(name, request))
}

// hasAnswered is true once status echoes the request for a look.
func (s *story) hasAnswered(name, request string) condition {
	return func() bool { return s.get(name).Status.LastHandledReconcileAt == request }
}

// answered waits for that while the clock stands still.
func (s *story) answered(name, request string) {
	s.t.Helper()
	s.Eventually(func() string { return s.get(name).Status.LastHandledReconcileAt }).Should(Equal(request))
}

// ready waits until Ready is as described at the object's own generation, and returns the object.
func (s *story) ready(name string, status metav1.ConditionStatus, reason string) *object {
	s.t.Helper()
	var o *object
	s.Eventually(func(g Gomega) {
		o = &object{}
		g.Expect(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, o)).To(Succeed())
		g.Expect(o.Status.ObservedGeneration).To(Equal(o.Generation))
		ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
		g.Expect(ready).NotTo(BeNil())
		g.Expect(ready.Reason+"/"+string(ready.Status)).To(Equal(reason+"/"+string(status)), ready.Message)
	}).Should(Succeed())
	return o
}

// assigned waits until the object says that Seam shows its person, while the clock stands still.
func (s *story) assigned(name string) *object {
	s.t.Helper()
	return s.ready(name, metav1.ConditionTrue, v1alpha1.ReasonAssigned)
}

// unknown waits until the object says that nobody knows whether Seam shows its person.
func (s *story) unknown(name, reason string) *object {
	s.t.Helper()
	return s.ready(name, metav1.ConditionUnknown, reason)
}

// saysSuspended waits until the object says that it is suspended, and nothing more.
func (s *story) saysSuspended(name string) *object {
	s.t.Helper()
	return s.unknown(name, v1alpha1.ReasonSuspended)
}

// stalled waits until the object says that somebody must change something first.
func (s *story) stalled(name, reason string) *object {
	s.t.Helper()
	return s.notReady(name, reason, v1alpha1.ConditionStalled, v1alpha1.ConditionReconciling)
}

// reconciling waits until the object says that the operator goes on by itself.
func (s *story) reconciling(name, reason string) *object {
	s.t.Helper()
	return s.notReady(name, reason, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled)
}

func (s *story) notReady(name, reason, has, hasNot string) *object {
	s.t.Helper()
	o := s.ready(name, metav1.ConditionFalse, reason)
	s.Expect(o).To(haveCondition(has, reason))
	s.Expect(o).To(haveCondition(hasNot, "absent"))
	return o
}

// turnsAssigned lets time go on as it does in truth until the object is assigned: two objects may want one key at the same
// time.
func (s *story) turnsAssigned(name string) *object {
	s.t.Helper()
	s.untilBy(10*time.Millisecond, s.says(name, v1alpha1.ReasonAssigned))
	return s.assigned(name)
}

// turnsStalled does so until the object is stalled.
func (s *story) turnsStalled(name, reason string) *object {
	s.t.Helper()
	s.untilBy(10*time.Millisecond, s.says(name, reason))
	return s.stalled(name, reason)
}

// handled waits until the operator has handled the object's generation.
func (s *story) handled(name string, generation int64) {
	s.t.Helper()
	s.Eventually(func() int64 { return s.get(name).Status.ObservedGeneration }).Should(Equal(generation))
}

// suspend suspends an object, and waits until the operator has seen that.
func (s *story) suspend(name string) {
	s.t.Helper()
	s.edit(name, suspended(true))
	s.handled(name, s.get(name).Generation)
}

func haveCondition(name, reason string) types.GomegaMatcher {
	return WithTransform(func(o *object) string { return conditionReason(o, name) }, Equal(reason))
}

func readyOf(o *object) metav1.Condition {
	if c := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady); c != nil {
		return *c
	}
	return metav1.Condition{}
}

func message(o *object) string {
	return meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady).Message
}

// isReady is true once the object's Ready is True.
func (s *story) isReady(name string) condition {
	return func() bool {
		s.t.Helper()
		return meta.IsStatusConditionTrue(s.get(name).Status.Conditions, v1alpha1.ConditionReady)
	}
}

// says is true once the object's Ready gives the reason for its declaration as it is.
func (s *story) says(name, reason string) condition {
	return func() bool {
		s.t.Helper()
		o := s.get(name)
		return o.Status.ObservedGeneration == o.Generation && readyOf(o).Reason == reason
	}
}

// mentions is true once the message of the object's Ready contains the text.
func (s *story) mentions(name, text string) condition {
	return func() bool { return strings.Contains(readyOf(s.get(name)).Message, text) }
}

// hasFinalizer is true once the object has the operator's finalizer, and no other.
func (s *story) hasFinalizer(name string) condition {
	return func() bool { return slices.Equal(s.get(name).Finalizers, []string{"acs.seam.co/unassign"}) }
}

// isGone is true once the object is no more.
func (s *story) isGone(name string) condition {
	return func() bool {
		return apierrors.IsNotFound(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &object{}))
	}
}

// isHeldBy is true once the ACS user holds the credential at Seam; "" is nobody.
func (s *story) isHeldBy(id string) condition {
	return func() bool { return s.holder() == user(id) }
}

// gone waits until the object is no more, while time goes on in steps that leave others time to take over.
func (s *story) gone(name string) {
	s.t.Helper()
	s.untilBy(250*time.Millisecond, s.isGone(name))
}

// goneAtOnce waits until the object is no more, while the clock stands still.
func (s *story) goneAtOnce(name string) {
	s.t.Helper()
	s.Eventually(s.isGone(name)).Should(BeTrue())
}

// deleteAndWait deletes the object, and waits until it is no more.
func (s *story) deleteAndWait(name string) {
	s.t.Helper()
	s.delete(name)
	s.gone(name)
}

// holder returns who holds the credential at Seam: the truth, whatever reads show.
func (s *story) holder() fakeseam.Holder {
	s.t.Helper()
	c, ok := s.seam.Credential(theCredential)
	s.Expect(ok).To(BeTrue())
	return fakeseam.Holder{ACSUserID: c.ACSUserID, UserIdentityID: c.UserIdentityID}
}

func user(id string) fakeseam.Holder { return fakeseam.Holder{ACSUserID: id} }

// handByConsole changes the holder as somebody does in Seam's console.
func (s *story) handByConsole(id string) {
	s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) { c.ACSUserID, c.UserIdentityID = id, "" })
}

// wrote lists the changes that Seam was asked for: "assign 3333" for an assignment to the person whose ID begins so.
func (s *story) wrote() []string {
	var out []string
	for _, c := range s.seam.Writes() {
		person := c.ACSUserID
		if person == "" {
			person = "identity " + c.UserIdentityID
		}
		out = append(out, strings.TrimSuffix(c.Operation, "_credential")+" "+person)
	}
	return out
}

func (s *story) events(name string) []string {
	s.t.Helper()
	var list eventsv1.EventList
	s.Expect(s.api.List(s.ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
	var reasons []string
	for _, e := range list.Items {
		if e.Regarding.Name == name {
			reasons = append(reasons, e.Type+" "+e.Reason)
		}
	}
	return reasons
}

// hasEvent waits until there is such an event about the object, as "Normal Assigned".
func (s *story) hasEvent(name, event string) {
	s.t.Helper()
	s.Eventually(s.events).WithArguments(name).Should(ContainElement(event))
}

// hasEvents waits until these are all events about the object.
func (s *story) hasEvents(name string, events ...string) {
	s.t.Helper()
	s.Eventually(s.events).WithArguments(name).Should(ConsistOf(events))
}

// logged is everything that any operator of this process has logged.
var logged syncBuffer

type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// testLog keeps what is logged; with SEAM_OPERATOR_TEST_LOG set it shows it too.
func testLog() io.Writer {
	if os.Getenv("SEAM_OPERATOR_TEST_LOG") != "" {
		return io.MultiWriter(&logged, os.Stderr)
	}
	return &logged
}

func (s *story) eventTexts() []string {
	s.t.Helper()
	var list eventsv1.EventList
	s.Expect(s.api.List(s.ctx, &list, client.InNamespace(s.namespace))).To(Succeed())
	var texts []string
	for i := range list.Items {
		texts = append(texts, list.Items[i].String())
	}
	return texts
}

// writes lists what the operator wrote to the API server about objects after so many writes.
func (s *story) writes(after int) []string {
	var kinds []string
	for _, write := range s.traffic.seen()[after:] {
		kind := "metadata"
		if strings.HasSuffix(write, "/status") {
			kind = "status"
		}
		kinds = append(kinds, kind)
	}
	return kinds
}

// tookPlace lists the changes that Seam made, other than wrote, which lists those it was asked for.
func (s *story) tookPlace() []string {
	var out []string
	for i, c := range s.seam.Writes() {
		if c.Changed {
			out = append(out, s.wrote()[i])
		}
	}
	return out
}

func conditionReason(o *object, name string) string {
	if c := meta.FindStatusCondition(o.Status.Conditions, name); c != nil {
		return c.Reason
	}
	return "absent"
}
