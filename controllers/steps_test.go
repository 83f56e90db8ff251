package controllers_test

import (
	"bytes"
	"io"
	"os"
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

// declare creates an object that gives the credential to Alice unless the changes say otherwise.
func (s *story) declare(name string, changes ...change) *object {
	s.t.Helper()
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
	s.create(o)
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

// addKeyElsewhere lets a key open another workspace.
func (s *story) addKeyElsewhere(key string) {
	s.seam.AddWorkspace(fakeseam.Workspace{ID: elsewhere})
	s.seam.AddAPIKey(key, elsewhere)
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

func (s *story) assigned(name string) *object {
	s.t.Helper()
	return s.ready(name, metav1.ConditionTrue, v1alpha1.ReasonAssigned)
}

// stalled waits until the object says that somebody must change something first.
func (s *story) stalled(name, reason string) *object {
	s.t.Helper()
	o := s.ready(name, metav1.ConditionFalse, reason)
	s.Expect(o).To(haveCondition(v1alpha1.ConditionStalled, reason))
	s.Expect(meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReconciling)).To(BeNil())
	return o
}

// reconciling waits until the object says that the operator goes on by itself.
func (s *story) reconciling(name, reason string) *object {
	s.t.Helper()
	o := s.ready(name, metav1.ConditionFalse, reason)
	s.Expect(o).To(haveCondition(v1alpha1.ConditionReconciling, reason))
	s.Expect(meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionStalled)).To(BeNil())
	return o
}

func haveCondition(name, reason string) types.GomegaMatcher {
	return WithTransform(func(o *object) string { return conditionReason(o, name) }, Equal(reason))
}

func message(o *object) string {
	return meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady).Message
}

// gone waits until the object is no more, while time goes on.
func (s *story) gone(name string) {
	s.t.Helper()
	s.until(func() bool {
		err := s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, &object{})
		return apierrors.IsNotFound(err)
	})
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

// until lets time go on, second by second, until the condition holds.
func (s *story) until(condition func() bool) {
	s.t.Helper()
	s.untilBy(time.Second, condition)
}

// untilBy lets time go on in steps until the condition holds. Large steps leave the operator half a second each to do what
// is due: what it read would be too old to act on otherwise.
func (s *story) untilBy(step time.Duration, condition func() bool) {
	s.t.Helper()
	busy := 0
	s.Eventually(func() bool {
		if busy++; step < 10*time.Second || s.clock.Waiters() >= 4 || busy > 50 {
			busy = 0
			s.clock.Step(step)
		}
		return condition()
	}).Should(BeTrue())
}

// later lets time go on at once, when the operator has nothing to do before.
func (s *story) later(d time.Duration) {
	s.t.Helper()
	s.rests()
	s.clock.Step(d)
}

// rests waits until the operator waits for a time to come: one of its three queues has a timer beside its heartbeat.
func (s *story) rests() {
	s.t.Helper()
	s.Eventually(s.clock.Waiters).Should(BeNumerically(">=", 4))
}

// quiet lets a time go by and sees that the operator neither calls Seam nor writes to the API server.
func (s *story) quiet(d time.Duration) {
	s.t.Helper()
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())
	s.clock.Step(d)
	s.Consistently(func() []int {
		return []int{len(s.seam.Calls()) - calls, len(s.traffic.seen()) - writes}
	}, "300ms").Should(Equal([]int{0, 0}), "calls to Seam, writes to the API server")
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

func (s *story) isReady(name string) bool {
	s.t.Helper()
	return meta.IsStatusConditionTrue(s.get(name).Status.Conditions, v1alpha1.ConditionReady)
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
