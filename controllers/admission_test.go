package controllers_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// manifest is a valid object as a person writes it, with fields of spec replaced; nil takes a field out.
func (s *story) manifest(name string, spec map[string]any) *unstructured.Unstructured {
	all := map[string]any{
		"acsCredentialID": theCredential,
		"acsUserID":       alice,
		"apiKeySecretRef": map[string]any{"name": "seam"},
	}
	for field, value := range spec {
		if all[field] = value; value == nil {
			delete(all, field)
		}
	}
	u := &unstructured.Unstructured{Object: map[string]any{"spec": all}}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("CredentialAssignment"))
	u.SetName(name)
	u.SetNamespace(s.namespace)
	return u
}

func TestBadInputIsRefusedWithTheFieldAndWhatToWrite(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for name, c := range map[string]struct {
		spec map[string]any
		says []string
	}{
		"no credential":         {map[string]any{"acsCredentialID": nil}, []string{"spec.acsCredentialID", "Required"}},
		"credential no UUID":    {map[string]any{"acsCredentialID": "card 7"}, []string{"spec.acsCredentialID", "UUID in lower case, such as 66666666-"}},
		"credential upper case": {map[string]any{"acsCredentialID": "ABCDEF00-0000-0000-0000-000000000000"}, []string{"spec.acsCredentialID", "lower case"}},
		"credential empty":      {map[string]any{"acsCredentialID": ""}, []string{"spec.acsCredentialID", "lower case"}},
		"credential newline":    {map[string]any{"acsCredentialID": theCredential + "\n"}, []string{"spec.acsCredentialID", "lower case"}},
		"user no UUID":          {map[string]any{"acsUserID": "alice"}, []string{"spec.acsUserID", "such as 33333333-"}},
		"user empty":            {map[string]any{"acsUserID": ""}, []string{"spec.acsUserID", "such as 33333333-"}},
		"identity no UUID":      {map[string]any{"acsUserID": nil, "userIdentityID": "alice"}, []string{"spec.userIdentityID", "lower case"}},
		"nobody":                {map[string]any{"acsUserID": nil}, []string{"spec", "set exactly one of acsUserID and userIdentityID"}},
		"two people":            {map[string]any{"userIdentityID": aliceIdentity}, []string{"spec", "set exactly one of acsUserID and userIdentityID"}},
		"no secret":             {map[string]any{"apiKeySecretRef": nil}, []string{"spec.apiKeySecretRef", "Required"}},
		"secret without name":   {map[string]any{"apiKeySecretRef": map[string]any{}}, []string{"spec.apiKeySecretRef.name", "Required"}},
		"secret empty name":     {map[string]any{"apiKeySecretRef": map[string]any{"name": ""}}, []string{"spec.apiKeySecretRef.name", "such as seam"}},
		"secret bad name":       {map[string]any{"apiKeySecretRef": map[string]any{"name": "Seam Key"}}, []string{"spec.apiKeySecretRef.name", "such as seam"}},
		"secret bad key":        {map[string]any{"apiKeySecretRef": map[string]any{"name": "seam", "key": "a/b"}}, []string{"spec.apiKeySecretRef.key", "such as api-key"}},
		"workspace no UUID":     {map[string]any{"workspaceID": "front desk"}, []string{"spec.workspaceID", "lower case"}},
		"unknown mode":          {map[string]any{"mode": "Force"}, []string{"spec.mode", `"Assign", "Enforce", "Observe"`}},
		"unknown policy":        {map[string]any{"deletionPolicy": "Delete"}, []string{"spec.deletionPolicy", `"Unassign", "Retain"`}},
		"a day":                 {map[string]any{"resyncInterval": "1d"}, []string{"spec.resyncInterval", "such as 90m or 1h30m"}},
		"too often":             {map[string]any{"resyncInterval": "59s"}, []string{"spec.resyncInterval", "at least 1m"}},
		"negative":              {map[string]any{"resyncInterval": "-1h"}, []string{"spec.resyncInterval", "at least 1m"}},
		"no duration":           {map[string]any{"resyncInterval": ""}, []string{"spec.resyncInterval", "at least 1m"}},
		"longer than time":      {map[string]any{"resyncInterval": "9999999999h"}, []string{"spec.resyncInterval", "at least 1m"}},
		"a number":              {map[string]any{"resyncInterval": int64(3600)}, []string{"spec.resyncInterval", "string"}},
		"suspend no boolean":    {map[string]any{"suspend": "yes"}, []string{"spec.suspend", "boolean"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := s.api.Create(s.ctx, s.manifest("refused", c.spec))
			g := NewWithT(t)
			g.Expect(err).To(HaveOccurred())
			for _, said := range c.says {
				g.Expect(err.Error()).To(ContainSubstring(said))
			}
			g.Expect(err.Error()).NotTo(ContainSubstring("evaluation error"))
		})
	}
}

func TestWhatIsAcceptedDecodes(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for i, interval := range []string{"1m", "90m", "1h30m", "1h30m0s", "60s", "0.5h", "99999h", "1h0m0.5s"} {
		u := s.manifest("accepted-"+string(rune('a'+i)), map[string]any{"resyncInterval": interval})
		s.Expect(s.api.Create(s.ctx, u)).To(Succeed(), interval)
		s.Expect(s.get(u.GetName()).Spec.ResyncInterval.Duration).To(BeNumerically(">=", 60e9))
	}
}

func TestTheCredentialCannotBeChanged(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("alice-mobile-key")
	o := s.get("alice-mobile-key")
	o.Spec.ACSCredentialID = nobody

	err := s.api.Update(s.ctx, o)

	s.Expect(err).To(MatchError(And(ContainSubstring("spec.acsCredentialID"), ContainSubstring("cannot be changed: delete this CredentialAssignment"))))
}

func TestANewObjectLooksUnhandledUntilItIsHandled(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("alice-mobile-key")

	s.Expect(s.get("alice-mobile-key").Status.ObservedGeneration).To(Equal(int64(-1)))
}

func TestNoFieldIsDefaultedInSpec(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	u := s.manifest("bare", nil)
	s.Expect(s.api.Create(s.ctx, u)).To(Succeed())

	s.Expect(u.Object["spec"]).To(Equal(s.manifest("bare", nil).Object["spec"]))
}

func TestObjectsAreFoundByWhatTheyName(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("for-alice")
	s.declare("for-bob", forUser(bob))
	s.declare("for-identity", forIdentity(aliceIdentity))
	for selector, want := range map[string][]string{
		"spec.acsCredentialID=" + theCredential: {"for-alice", "for-bob", "for-identity"},
		"spec.acsUserID=" + bob:                 {"for-bob"},
		"spec.userIdentityID=" + aliceIdentity:  {"for-identity"},
	} {
		var list v1alpha1.CredentialAssignmentList
		s.Expect(s.api.List(s.ctx, &list, client.InNamespace(s.namespace),
			client.MatchingFieldsSelector{Selector: fields.ParseSelectorOrDie(selector)})).To(Succeed())
		var names []string
		for _, o := range list.Items {
			names = append(names, o.Name)
		}
		s.Expect(names).To(ConsistOf(want), selector)
	}
}

func TestKubectlShowsWhatAPersonLooksFor(t *testing.T) {
	t.Parallel()
	s := assignedToAlice(t, inMode(v1alpha1.ModeEnforce))

	columns := func(table string) []string {
		return strings.Fields(strings.ReplaceAll(strings.SplitN(table, "\n", 2)[0], "ACS USER", "ACS_USER"))
	}
	s.Expect(columns(s.kubectl("", "get", "credassign"))).To(Equal([]string{"NAME", "READY", "REASON", "CREDENTIAL", "ACS_USER", "AGE"}))
	wide := s.kubectl("", "get", "seam", "-o", "wide")
	s.Expect(columns(wide)).To(Equal([]string{"NAME", "READY", "REASON", "CREDENTIAL", "ACS_USER", "IDENTITY", "MODE", "PROVIDER", "SUSPENDED", "MESSAGE", "AGE"}))
	s.Expect(wide).To(And(ContainSubstring("True"), ContainSubstring("Assigned"), ContainSubstring(alice), ContainSubstring("Enforce"), ContainSubstring("Synced")))
	explained := s.kubectl("", "explain", "credentialassignment.spec")
	s.Expect(explained).To(And(ContainSubstring("acsCredentialID"), ContainSubstring("-required-"), ContainSubstring("kubectl create secret generic seam")))
}

func TestTheOperatorOwnsWhatItWritesUnderItsOwnName(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	s.declare("alice-mobile-key")

	o := s.assigned("alice-mobile-key")

	owners := map[string]bool{}
	for _, entry := range o.ManagedFields {
		if entry.Subresource == "status" || strings.Contains(entry.FieldsV1.GetRawString(), "f:finalizers") {
			owners[entry.Manager] = true
		}
	}
	s.Expect(owners).To(Equal(map[string]bool{"seam-operator": true}))
}
