package controllers_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/csaupgrade"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// In these stories the API server puts the finalizer on new objects, by the policy that config/components offers. It is built as a
// user does, and restricted to the namespace of the story by the patch on its page, so that other stories do without.

const (
	policyPage      = "../docs/finalizer-policy.md"
	finalizerPolicy = "finalizer-policy"
	retainPolicy    = "finalizer-policy-retain"
)

// withAdmissionPolicy is a beginning in which the policy of a component is in force.
func withAdmissionPolicy(component string) beginning {
	return func(s *story) { s.installPolicy(component, "") }
}

// installPolicy installs the policy in the namespaces of the story, for objects with a label when there is one, and waits until it
// is in force there.
func (s *story) installPolicy(component, shard string) {
	s.t.Helper()
	patches := strings.ReplaceAll(pageExample(s, policyPage, "namespaceSelector"), "front-desk, staff", s.namespace)
	if shard != "" {
		selecting := pageExample(s, policyPage, "objectSelector")
		patches += strings.ReplaceAll(strings.TrimPrefix(selecting, "patches:\n"), "one, two", shard)
	}
	for _, o := range s.overlay(component, patches) {
		if strings.HasPrefix(o.GetKind(), "MutatingAdmissionPolicy") {
			s.create(o)
			s.t.Cleanup(func() { must(client.IgnoreNotFound(s.api.Delete(context.Background(), o))) })
		}
	}
	probe := s.manifest("probe", map[string]any{"deletionPolicy": "Unassign"})
	probe.SetLabels(map[string]string{"shard": shard})
	s.Eventually(func(g Gomega) { // a young API server knows neither the policy nor the schema
		tried := probe.DeepCopy()
		g.Expect(s.api.Create(s.ctx, tried, client.DryRunAll)).To(Succeed())
		g.Expect(tried.GetFinalizers()).To(ConsistOf("acs.seam.co/unassign"))
	}).Should(Succeed())
}

// overlay builds config/default with a component and patches, and gives all of it names of the story's own.
func (s *story) overlay(component, patches string) []*unstructured.Unstructured {
	s.t.Helper()
	folder := s.t.TempDir()
	here, err := filepath.Abs("..")
	must(err)
	config, err := filepath.Rel(folder, filepath.Join(here, "config"))
	must(err)
	text := fmt.Sprintf("resources: [%s/default]\ncomponents: [%s/components/%s]\nnameSuffix: -%s\n%s", config, config, component, s.namespace, patches)
	must(os.WriteFile(filepath.Join(folder, "kustomization.yaml"), []byte(text), 0o600))
	var objects []*unstructured.Unstructured
	for _, document := range strings.Split(s.kubectl("", "kustomize", folder), "\n---\n") {
		o := &unstructured.Unstructured{}
		s.Expect(yaml.Unmarshal([]byte(document), &o.Object)).To(Succeed())
		objects = append(objects, o)
	}
	return objects
}

var fencedYAML = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// pageExample returns the one YAML example on a page that contains a text.
func pageExample(s *story, path, containing string) string {
	s.t.Helper()
	page, err := os.ReadFile(path)
	s.Expect(err).NotTo(HaveOccurred())
	var found []string
	for _, example := range fencedYAML.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(example[1], containing) {
			found = append(found, example[1])
		}
	}
	s.Expect(found).To(HaveLen(1), "examples with "+containing)
	return found[0]
}

func (s *story) finalizers(name string) []string {
	s.t.Helper()
	return s.get(name).Finalizers
}

func TestWithTheFinalizerPolicyANewAssignmentCostsTwoWrites(t *testing.T) {
	t.Parallel()
	s := newStory(t, withAdmissionPolicy(finalizerPolicy))
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	s.Expect(s.traffic.seen()).To(Equal([]string{
		"PATCH credentialassignments/alice-mobile-key/status", // the record
		"PATCH credentialassignments/alice-mobile-key/status", // the result
	}))
	s.Expect(o.Finalizers).To(Equal([]string{"acs.seam.co/unassign"}))
	s.Expect(o.Status.AssignedTo).To(HaveValue(HaveField("ACSUserID", alice)))
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + bob, "unassign " + bob}))
	s.Expect(s.holder()).To(Equal(user("")))
}

func TestTheFinalizerPolicySaysNothingToObjectsThatTakeNothingAway(t *testing.T) {
	t.Parallel()
	for component, cases := range map[string]map[string]struct {
		is    change
		hasIt bool
	}{
		finalizerPolicy: {
			"nothing said":       {func(*object) {}, true},
			"Unassign":           {withPolicy(v1alpha1.DeletionPolicyUnassign), true},
			"Retain":             {withPolicy(v1alpha1.DeletionPolicyRetain), false},
			"mode Assign":        {inMode(v1alpha1.ModeAssign), true},
			"mode Enforce":       {inMode(v1alpha1.ModeEnforce), true},
			"mode Observe":       {inMode(v1alpha1.ModeObserve), false},
			"suspended":          {suspended(true), false},
			"nobody's namespace": {func(o *object) { o.Namespace = "default" }, false},
		},
		retainPolicy: {
			"nothing said":     {func(*object) {}, false},
			"Unassign":         {withPolicy(v1alpha1.DeletionPolicyUnassign), true},
			"Retain":           {withPolicy(v1alpha1.DeletionPolicyRetain), false},
			"Unassign observe": {func(o *object) { withPolicy(v1alpha1.DeletionPolicyUnassign)(o); inMode(v1alpha1.ModeObserve)(o) }, false},
		},
	} {
		t.Run(component, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, withAdmissionPolicy(component))
			for name, c := range cases {
				o := s.declaration("probe", c.is)
				s.Expect(s.api.Create(s.ctx, o, client.DryRunAll)).To(Succeed())
				s.Expect(len(o.Finalizers) == 1).To(Equal(c.hasIt), "%s: %v", name, o.Finalizers)
			}
		})
	}
}

func TestWithThePolicyObjectsThatTakeNothingAwayAreHandledAsWithout(t *testing.T) {
	t.Parallel()
	s := newStory(t, withAdmissionPolicy(finalizerPolicy))
	s.operate()
	s.declare("retained", withPolicy(v1alpha1.DeletionPolicyRetain))
	s.assigned("retained")
	s.Expect(s.writes(0)).To(Equal([]string{"status", "status"}))

	s.declare("observed", inMode(v1alpha1.ModeObserve), forCredential(s.another()))
	s.turnsStalled("observed", v1alpha1.ReasonDrifted)
	s.declare("later", suspended(true), forCredential(s.another()))
	s.saysSuspended("later")

	for _, name := range []string{"retained", "observed", "later"} {
		s.Expect(s.finalizers(name)).To(BeEmpty(), name)
	}
	s.edit("later", suspended(false))
	s.assigned("later")
	s.recorded("later")
}

func TestTheRetainComponentTellsTheOperatorToo(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for component, want := range map[string]bool{finalizerPolicy: false, retainPolicy: true} {
		text := ""
		for _, o := range s.overlay(component, "") {
			if o.GetKind() == "Deployment" {
				text += manifestOf(s, o)
			}
		}
		s.Expect(strings.Contains(text, "- --default-deletion-policy=Retain")).To(Equal(want), text)
	}
}

func TestTheFinalizerPolicyHoldsForWhatItsBindingSelects(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.installPolicy(finalizerPolicy, "one")

	s.declare("selected", func(o *object) { o.Labels = map[string]string{"shard": "one"} })
	s.declare("of-another-shard", func(o *object) { o.Labels = map[string]string{"shard": "two"} })
	s.declare("of-no-shard")

	s.Expect(s.finalizers("selected")).To(ConsistOf("acs.seam.co/unassign"))
	s.Expect(s.finalizers("of-another-shard")).To(BeEmpty())
	s.Expect(s.finalizers("of-no-shard")).To(BeEmpty())
}

func TestTheFinalizerPolicyKeepsOtherFinalizers(t *testing.T) {
	t.Parallel()
	s := newStory(t, withAdmissionPolicy(finalizerPolicy))
	for name, finalizers := range map[string][]string{
		"another":         {"example.com/keep"},
		"two":             {"example.com/keep", "example.com/too"},
		"its-own-already": {"acs.seam.co/unassign"},
	} {
		s.declare(name, func(o *object) { o.Finalizers = finalizers })
		want := sets.New(finalizers...).Insert("acs.seam.co/unassign")
		s.Expect(s.finalizers(name)).To(ConsistOf(want.UnsortedList()), name)
	}
}

func TestTheFinalizerPolicyRefusesNothingAndHidesNoRefusal(t *testing.T) {
	t.Parallel()
	with, without := newStory(t, withAdmissionPolicy(finalizerPolicy)), newStory(t)
	for name, spec := range map[string]any{
		"no spec":           nil,
		"a text":            "alice",
		"an empty one":      map[string]any{},
		"a bad mode":        map[string]any{"mode": "Force"},
		"a mode of numbers": map[string]any{"mode": int64(7)},
		"suspend no boolean": map[string]any{
			"acsCredentialID": theCredential, "acsUserID": alice, "apiKeySecretRef": map[string]any{"name": "seam"}, "suspend": "yes",
		},
	} {
		said := func(s *story) string {
			u := s.manifest("refused", nil)
			if u.Object["spec"] = spec; spec == nil {
				delete(u.Object, "spec")
			}
			err := s.api.Create(s.ctx, u)
			s.Expect(err).To(HaveOccurred(), name)
			return err.Error()
		}
		with.Expect(said(with)).To(Equal(said(without)), name)
	}
}

// applies are the ways in which people and their tools apply a manifest.
var applies = map[string][]string{
	"kubectl":              {"apply", "-f", "-"},
	"kubectl, server-side": {"apply", "--server-side", "-f", "-"},
	"Flux":                 {"apply", "--server-side", "--force-conflicts", "--field-manager=kustomize-controller", "-f", "-"},
	"Argo CD":              {"apply", "--field-manager=argocd-controller", "-f", "-"},
	"Argo CD, server-side": {"apply", "--server-side", "--force-conflicts", "--field-manager=argocd-controller", "-f", "-"},
	"Helm":                 {"apply", "--server-side", "--field-manager=helm", "-f", "-"},
}

func TestLaterAppliesLeaveTheFinalizerOfThePolicy(t *testing.T) {
	t.Parallel()
	for tool, apply := range applies {
		t.Run(tool, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, withAdmissionPolicy(finalizerPolicy)) // no operator: what is there is the policy's
			for _, changes := range []map[string]any{nil, nil, {"resyncInterval": "90m"}, {"mode": "Enforce"}, nil} {
				s.kubectl(manifestOf(s, s.manifest("alice-mobile-key", changes)), apply...)

				s.Expect(s.finalizers("alice-mobile-key")).To(ConsistOf("acs.seam.co/unassign"), "%v", changes)
			}
		})
	}
}

func TestAToolThatTakesAnObjectOverLeavesTheFinalizerOfThePolicy(t *testing.T) {
	t.Parallel()
	for name, tools := range map[string][]string{
		"kubectl, then server-side": {"kubectl", "kubectl, server-side"}, // which claims first what kubectl owned
		"kubectl, then Flux":        {"kubectl", "Flux"},
		"kubectl, then Argo CD":     {"kubectl", "Argo CD"},
		"Argo CD, then server-side": {"Argo CD", "Argo CD, server-side"},
		"Flux, then Helm":           {"Flux", "Helm"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, withAdmissionPolicy(finalizerPolicy)) // no operator: what is there is the policy's
			manifest := manifestOf(s, s.manifest("alice-mobile-key", nil))
			s.kubectl(manifest, applies[tools[0]]...)
			s.Expect(s.finalizerOwners("alice-mobile-key")).To(BeEmpty(), "whoever owned it would take it off with the next apply")
			s.claimFields("alice-mobile-key", tools[1])

			for range 2 {
				s.kubectl(manifest, applies[tools[1]]...)

				s.Expect(s.finalizers("alice-mobile-key")).To(ConsistOf("acs.seam.co/unassign"))
			}
		})
	}
}

// finalizerOwners returns the field managers that own finalizers of the object.
func (s *story) finalizerOwners(name string) (owners []string) {
	s.t.Helper()
	for _, entry := range s.get(name).ManagedFields {
		if strings.Contains(entry.FieldsV1.GetRawString(), "f:finalizers") {
			owners = append(owners, entry.Manager)
		}
	}
	return owners
}

// claimFields gives a tool the fields that others own by updates, as Flux and Argo CD do before they apply what kubectl made.
func (s *story) claimFields(name, tool string) {
	s.t.Helper()
	manager := map[string]string{"Flux": "kustomize-controller", "Argo CD, server-side": "argocd-controller"}[tool]
	if manager == "" {
		return
	}
	o := s.get(name)
	others := sets.New[string]()
	for _, entry := range o.ManagedFields {
		others.Insert(entry.Manager)
	}
	s.Expect(csaupgrade.UpgradeManagedFields(o, others, manager)).To(Succeed())
	s.Expect(s.api.Update(s.ctx, o)).To(Succeed())
}

func TestAnObjectOfThePolicyThatWasNeverHandledNamesTheWayOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		is     change
		reason string
	}{
		"no Secret":          {withSecret("missing"), v1alpha1.ReasonSecretNotFound},
		"a revoked key":      {withSecret("revoked"), v1alpha1.ReasonUnauthorized},
		"a wrong credential": {forCredential(nobody), v1alpha1.ReasonCredentialNotFound},
		"a wrong workspace":  {inWorkspace(nobody), v1alpha1.ReasonWorkspaceMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, withAdmissionPolicy(finalizerPolicy))
			s.putSecret("revoked", "seam_test2revoked")
			s.declare("alice-mobile-key", c.is)
			s.delete("alice-mobile-key")
			s.get("alice-mobile-key") // it waits for the operator
			s.operate()

			s.until(s.says("alice-mobile-key", c.reason))
			o := s.stalled("alice-mobile-key", c.reason)
			s.Expect(message(o)).To(ContainSubstring("kubectl annotate credassign alice-mobile-key --namespace %s acs.seam.co/abandon=true", s.namespace))
			s.passes(s.options.MaxRetryDelay)
			s.stalled("alice-mobile-key", c.reason)

			s.edit("alice-mobile-key", annotated(v1alpha1.AnnotationAbandon, "true"))
			s.gone("alice-mobile-key")
			s.Expect(s.wrote()).To(BeEmpty())
		})
	}
}

func TestAnObjectOfThePolicyThatWasNeverHandledTakesItsPersonAway(t *testing.T) {
	t.Parallel()
	for name, holder := range map[string]string{"the declared person": alice, "somebody else": carol, "nobody": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t, withAdmissionPolicy(finalizerPolicy), heldBy(holder))
			s.declare("alice-mobile-key")
			s.delete("alice-mobile-key")
			s.operate()

			s.gone("alice-mobile-key")

			want := holder
			if holder == alice {
				want = ""
			}
			s.Expect(s.holder()).To(Equal(user(want)))
		})
	}
}
