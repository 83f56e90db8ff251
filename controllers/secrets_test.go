package controllers_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

func TestASecretThatComesLateIsFoundAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", withSecret("late"))
	o := s.reconciling("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
	s.Expect(message(o)).To(ContainSubstring("kubectl create secret generic late"))

	s.putSecret("late", apiKey)

	s.assigned("alice-mobile-key")
}

func TestASecretWithoutTheKeyIsNamed(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", func(o *object) { o.Spec.APIKeySecretRef.Key = "front-desk" })

	o := s.reconciling("alice-mobile-key", v1alpha1.ReasonSecretNotFound)

	s.Expect(message(o)).To(ContainSubstring(`"front-desk"`))
	s.Expect(message(o)).To(ContainSubstring("spec.apiKeySecretRef.key"))
}

func TestARotatedKeyIsTakenUpAtOnce(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.RevokeToken(apiKey)
	s.operate()
	s.declare("alice-mobile-key")
	s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)
	s.seam.AddAPIKey("seam_test2the_new_one", workspace)

	s.putSecret("seam", "seam_test2the_new_one")

	s.assigned("alice-mobile-key")
}

func TestATrailingNewlineInTheSecretDoesNotMatter(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.putSecret("seam", apiKey+"\r\n")
	s.operate()
	s.declare("alice-mobile-key")

	s.assigned("alice-mobile-key")
}

func TestATokenOfTheWrongKindIsNeverSent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ token, says string }{
		"a client session":                           {"seam_cst1abcdefgh", "client session"},
		"a publishable key":                          {"seam_pk1abcdefgh", "publishable key"},
		"a console session":                          {"eyJhbGciOi.abc.def", "seam_"},
		"something else":                             {"AKIAsomethingelse", "seam_"},
		"a personal access token without workspace":  {"seam_at1abcdefgh", "spec.workspaceID"},
		"a token with a header smuggled in after it": {"seam_test1\r\nX-Evil: 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			s.putSecret("seam", c.token)
			s.operate()
			s.declare("alice-mobile-key")

			o := s.stalled("alice-mobile-key", v1alpha1.ReasonUnauthorized)

			s.Expect(message(o)).To(ContainSubstring(c.says))
			s.Expect(message(o)).NotTo(ContainSubstring(c.token))
			s.Expect(s.seam.Calls()).To(BeEmpty())
		})
	}
}

func TestAPersonalAccessTokenWorksInItsWorkspace(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.AddPersonalAccessToken("seam_at1of_somebody", workspace)
	s.putSecret("seam", "seam_at1of_somebody")
	s.operate()
	s.declare("alice-mobile-key", inWorkspace(workspace))

	o := s.assigned("alice-mobile-key")

	s.Expect(o.Status.WorkspaceID).To(Equal(workspace))
}

func TestAKeyOfAnotherWorkspaceThanThePinIsRefused(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key", inWorkspace(nobody))

	o := s.stalled("alice-mobile-key", v1alpha1.ReasonWorkspaceMismatch)

	s.Expect(message(o)).To(ContainSubstring(workspace))
	s.Expect(s.wrote()).To(BeEmpty())
}

func TestNoSecretDataIsInTheCache(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.kubectl(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"applied"},"stringData":{"api-key":"`+apiKey+`"}}`, "apply", "-f", "-")
	var stored corev1.Secret
	s.Expect(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "applied"}, &stored)).To(Succeed())
	s.Expect(stored.Annotations).To(HaveKeyWithValue("kubectl.kubernetes.io/last-applied-configuration", ContainSubstring(apiKey)),
		"kubectl apply keeps the data in an annotation")
	s.assignToAlice(withSecret("applied"))

	cached := &metav1.PartialObjectMetadata{}
	cached.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	s.Expect(s.cache.Get(s.ctx, client.ObjectKeyFromObject(&stored), cached)).To(Succeed())

	s.Expect(cached.Annotations).To(BeEmpty())
	s.Expect(cached.ManagedFields).To(BeEmpty())
	text, err := json.Marshal(cached)
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(string(text)).NotTo(ContainSubstring(apiKey))
}

func TestNothingSecretLeavesTheOperator(t *testing.T) {
	t.Parallel()
	const pin, number, mail = "482915", "7733114466", "alice@example.com"
	s := newStory(t)
	s.seam.UpdateUser(alice, func(u *fakeseam.User) { u.EmailAddress, u.FullName = mail, "Alice Liddell" })
	s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) {
		c.Code, c.CardNumber, c.DisplayName, c.Warnings = pin, number, "PIN "+pin, []string{"code " + pin, "schedule_modified"}
	})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Times: 1, Status: 400, Type: "pin " + pin,
		Message: "the code " + pin + " of " + mail + " with key " + apiKey + " is taken"})
	s.operate()
	s.declare("alice-mobile-key")
	refused := s.stalled("alice-mobile-key", v1alpha1.ReasonInvalidRequest)
	s.edit("alice-mobile-key", requested("now"))
	ready := s.assigned("alice-mobile-key")
	s.Eventually(func() int { return len(s.events("alice-mobile-key")) }).Should(Equal(2))

	var events []string
	for _, o := range []*object{refused, ready} {
		text, err := json.Marshal(o)
		s.Expect(err).NotTo(HaveOccurred())
		events = append(events, string(text))
	}
	events = append(events, s.eventTexts()...)
	everything := strings.Join(events, "\n") + logged.String()
	for _, secret := range []string{apiKey, pin, number, mail, "Liddell"} {
		s.Expect(everything).NotTo(ContainSubstring(secret))
	}
	s.Expect(ready.Status.Credential.Warnings).To(ConsistOf("schedule_modified", "unknown"))
}

// kubectl runs the real kubectl in the story's namespace.
func (s *story) kubectl(stdin string, args ...string) string {
	s.t.Helper()
	out, err := s.tryKubectl(stdin, args...)
	s.Expect(err).NotTo(HaveOccurred(), out)
	return out
}

func (s *story) tryKubectl(stdin string, args ...string) (string, error) {
	s.t.Helper()
	cmd := exec.CommandContext(s.ctx, filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig())
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// kubeconfig writes one whose namespace is the story's.
func (s *story) kubeconfig() (path string) {
	s.t.Helper()
	path = filepath.Join(s.t.TempDir(), "kubeconfig")
	s.Expect(clientcmd.WriteToFile(clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"c": {Server: cluster.Host, CertificateAuthorityData: cluster.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"u": {ClientCertificateData: cluster.CertData, ClientKeyData: cluster.KeyData}},
		Contexts:       map[string]*clientcmdapi.Context{"x": {Cluster: "c", AuthInfo: "u", Namespace: s.namespace}},
		CurrentContext: "x",
	}, path)).To(Succeed())
	return path
}

func TestAMissingSecretTakesTheCredentialOffTheStatus(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t)

	s.deleteSecret("seam")

	o := s.reconciling("alice-mobile-key", v1alpha1.ReasonSecretNotFound)
	s.Expect(o.Status.Credential).To(BeNil(), "claims and hand-over go by it")
}

func TestTheWorkspaceIsAskedForOncePerKey(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	for _, name := range []string{"a", "b", "c"} {
		s.declare(name, forCredential(nobody[:35]+name))
		s.stalled(name, v1alpha1.ReasonCredentialNotFound)
	}
	asked := func() (times int) {
		for _, call := range s.seam.Calls() {
			if call.Operation == fakeseam.OpGetWorkspace {
				times++
			}
		}
		return times
	}
	s.Expect(asked()).To(Equal(1), "for three credentials that tell nothing")

	s.seam.AddAPIKey("seam_test2rotated", workspace)
	s.putSecret("seam", "seam_test2rotated")

	s.until(func() bool { return asked() == 2 })
}

func TestNothingSecretLeavesInWhatLooksLikeACode(t *testing.T) {
	t.Parallel()
	const pin = "482916"
	const key = "seam_test1key_of_the_back_door"
	s := newStory(t)
	s.seam.AddAPIKey(key, workspace)
	s.putSecret("seam", key)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Times: 1, Status: 400, Type: key})
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Times: 1, Status: 500, Type: "pin_" + pin + "_taken"})
	s.seam.UpdateCredential(theCredential, func(c *fakeseam.Credential) {
		c.AccessMethod = key
		c.Warnings = []string{key}
	})
	s.operate()
	s.declare("alice-mobile-key")
	s.until(s.says("alice-mobile-key", v1alpha1.ReasonInvalidRequest))
	s.Eventually(func() int { return len(s.events("alice-mobile-key")) }).Should(BeNumerically(">=", 1))
	text, _ := json.Marshal(s.get("alice-mobile-key"))
	for where, what := range map[string]string{"log": logged.String(), "object": string(text), "events": strings.Join(s.eventTexts(), "\n")} {
		for _, secret := range []string{key, pin} {
			if i := strings.Index(what, secret); i >= 0 {
				t.Errorf("%s holds %s: …%s…", where, secret, what[max(0, i-120):min(len(what), i+60)])
			}
		}
	}
}

// manyAssigned is a story with so many objects that read the same Secret.
func manyAssigned(t *testing.T, n int) *story {
	t.Helper()
	s := newStory(t)
	s.operate()
	names := s.declareMany("key", n)
	s.until(func() bool { return all(s.areReady(names)) })
	return s
}

func (s *story) areReady(names []string) (conditions []condition) {
	for _, name := range names {
		conditions = append(conditions, s.isReady(name))
	}
	return conditions
}

func TestASecretThatManyObjectsNameIsReadOnceWhenItChanges(t *testing.T) {
	t.Parallel()
	s := manyAssigned(t, 20)
	s.seam.RevokeToken(apiKey)
	s.seam.AddAPIKey("seam_test2the_new_one", workspace)
	calls, reads := len(s.seam.Calls()), s.traffic.secretReads()
	s.Expect(reads).To(BeNumerically("<=", 2), "when they were new")

	s.putSecret("seam", "seam_test2the_new_one")
	s.until(func() bool { return len(s.seam.Calls()) >= calls+20 })

	s.Expect(s.traffic.secretReads()-reads).To(BeNumerically("<=", 2), "each version once, and once more where two looks cross")
}

func TestALabelOnASecretIsNoReasonToAskSeam(t *testing.T) {
	t.Parallel()
	s := manyAssigned(t, 20)
	s.rests()
	reads := s.traffic.secretReads()

	s.idleWhile(func() {
		var secret corev1.Secret
		s.Expect(s.api.Get(s.ctx, client.ObjectKey{Namespace: s.namespace, Name: "seam"}, &secret)).To(Succeed())
		secret.Labels = map[string]string{"team": "front-desk"}
		s.Expect(s.api.Update(s.ctx, &secret)).To(Succeed())
		s.Eventually(s.traffic.secretReads).Should(BeNumerically(">", reads))
	})

	s.Expect(s.traffic.secretReads() - reads).To(BeNumerically("<=", 2))
}
