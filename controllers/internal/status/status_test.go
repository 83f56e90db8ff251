package status

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

func ready() Outcome {
	return Outcome{
		Verdict:     assignment.Verdict{Ready: assignment.ReadyTrue, Reason: v1alpha1.ReasonAssigned, Message: "Seam shows it"},
		Looked:      true,
		Credential:  &seam.Credential{AccessMethod: "card"},
		WorkspaceID: home,
		Holder:      assignment.Holder{ACSUserID: alice},
	}
}

func stalled(reason string) Outcome {
	return Outcome{
		Verdict: assignment.Verdict{Ready: assignment.ReadyFalse, Reason: reason, Message: "mend it", Progress: assignment.Stalled},
		WayOut:  WayOut{Person: assignment.Person{ACSUserID: alice}},
	}
}

func outage() Outcome {
	return Outcome{Verdict: assignment.Verdict{
		Ready: assignment.ReadyFalse, Reason: v1alpha1.ReasonSeamUnavailable, Message: "down", Progress: assignment.Reconciling,
	}}
}

func applied(obj *v1alpha1.CredentialAssignment, outcomes ...Outcome) *v1alpha1.CredentialAssignment {
	for _, out := range outcomes {
		Apply(obj, out, noon)
	}
	return obj
}

func TestConditionsSayWhoseMoveItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcomes             []Outcome
		reconciling, stalled string
	}{
		"ready":                 {[]Outcome{ready()}, "", ""},
		"an outage":             {[]Outcome{outage()}, v1alpha1.ReasonSeamUnavailable, ""},
		"stalled":               {[]Outcome{stalled(v1alpha1.ReasonUnauthorized)}, "", v1alpha1.ReasonUnauthorized},
		"stalled, then ready":   {[]Outcome{stalled(v1alpha1.ReasonUnauthorized), ready()}, "", ""},
		"stalled, then outage":  {[]Outcome{stalled(v1alpha1.ReasonUnauthorized), outage()}, v1alpha1.ReasonSeamUnavailable, ""},
		"an outage, then ready": {[]Outcome{outage(), ready()}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			obj := applied(object(), c.outcomes...)
			got := [2]string{condition(obj, v1alpha1.ConditionReconciling).Reason, condition(obj, v1alpha1.ConditionStalled).Reason}
			if got != [2]string{c.reconciling, c.stalled} {
				t.Errorf("Reconciling and Stalled are %q", got)
			}
			if obj.Status.ObservedGeneration != 3 || Ready(obj).ObservedGeneration != 3 {
				t.Errorf("observed %d, Ready %d", obj.Status.ObservedGeneration, Ready(obj).ObservedGeneration)
			}
		})
	}
}

func TestWhatWasSeenStaysInAnOutageOnly(t *testing.T) {
	t.Parallel()
	if obj := applied(object(), ready(), outage()); obj.Status.Credential == nil || obj.Status.ACSUserID != alice {
		t.Errorf("an outage took off what was seen: %+v", obj.Status)
	}
	if obj := applied(object(), ready(), stalled(v1alpha1.ReasonUnauthorized)); obj.Status.Credential != nil || obj.Status.ACSUserID != "" {
		t.Errorf("a refused key left what was seen: %+v", obj.Status)
	}
}

func TestTheWorkspaceStaysWhileThereIsSomethingToCleanUp(t *testing.T) {
	t.Parallel()
	elsewhere := ready()
	elsewhere.WorkspaceID = "11111111-1111-1111-1111-000000000002"
	if obj := applied(object(), ready(), elsewhere); obj.Status.WorkspaceID != elsewhere.WorkspaceID {
		t.Errorf("without record or finalizer it stays %s", obj.Status.WorkspaceID)
	}
	obj := object()
	obj.Finalizers = []string{v1alpha1.Finalizer}
	if applied(obj, ready(), elsewhere); obj.Status.WorkspaceID != home {
		t.Errorf("with the finalizer it became %s", obj.Status.WorkspaceID)
	}
}

func TestARequestIsAnsweredByALookOrByWhatAPersonHasToMend(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		outcome Outcome
		want    string
	}{
		"a look":       {ready(), "now"},
		"an outage":    {outage(), ""},
		"a person has": {stalled(v1alpha1.ReasonUnauthorized), "now"},
	} {
		obj := object()
		obj.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: "now", v1alpha1.AnnotationFluxRequestedAt: "flux"}
		if applied(obj, c.outcome); obj.Status.LastHandledReconcileAt != c.want {
			t.Errorf("%s: answered %q, want %q", name, obj.Status.LastHandledReconcileAt, c.want)
		}
	}
}

func TestASuspendedObjectShowsWhatItShowed(t *testing.T) {
	t.Parallel()
	obj := applied(object(), ready())
	obj.Spec.Suspend, obj.Generation = true, 4

	applied(obj, Outcome{Verdict: assignment.Verdict{Keep: true}})

	if Ready(obj).Status != metav1.ConditionTrue || Ready(obj).ObservedGeneration != 3 || obj.Status.ObservedGeneration != 4 {
		t.Errorf("Ready is %+v, observed %d", Ready(obj), obj.Status.ObservedGeneration)
	}
}

func TestAKeptVerdictChangesTheRecordOnly(t *testing.T) {
	t.Parallel()
	obj := applied(object(), ready())
	before := Ready(obj)
	obj.Generation = 4

	applied(obj, Outcome{Verdict: assignment.Verdict{Keep: true}, Record: assignment.Record{AssignedTo: &assignment.AssignedTo{WorkspaceID: home}}})

	if obj.Status.AssignedTo == nil || Ready(obj) != before || obj.Status.ObservedGeneration != 3 {
		t.Errorf("status is %+v", obj.Status)
	}
}

func TestADeletedObjectThatWaitsForAPersonNamesTheWayOut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 250)
	abandon := "kubectl annotate credassign " + long + " --namespace front-desk acs.seam.co/abandon=true"
	for name, c := range map[string]struct {
		outcome     Outcome
		terminating bool
		says        []string
	}{
		"a refused key":              {stalled(v1alpha1.ReasonUnauthorized), false, []string{"mend it; until then", alice, abandon}},
		"no Secret":                  {stalled(v1alpha1.ReasonSecretNotFound), false, []string{`Secret "seam": restore it`, alice, abandon}},
		"nor a namespace to make it": {stalled(v1alpha1.ReasonSecretNotFound), true, []string{"unassign ACS user " + alice + " from credential 66666666", abandon}},
	} {
		obj := object()
		obj.Name, obj.DeletionTimestamp = long, Time(noon)
		c.outcome.WayOut.NamespaceIsTerminating = c.terminating
		message := Ready(applied(obj, c.outcome)).Message
		for _, said := range c.says {
			if !strings.Contains(message, said) {
				t.Errorf("%s: %q does not say %q", name, message, said)
			}
		}
	}
}

func TestAMismatchTellsOfTheKeyUnlessSpecPinsAnotherWorkspace(t *testing.T) {
	t.Parallel()
	for pin, want := range map[string]bool{"": true, home: true, "11111111-1111-1111-1111-000000000002": false} {
		obj := applied(object(), ready(), stalled(v1alpha1.ReasonWorkspaceMismatch))
		obj.Status.AssignedTo = &v1alpha1.AssignedTo{UID: self, ACSUserID: alice, WorkspaceID: home}
		obj.Spec.WorkspaceID = pin
		if got := Peer(obj).OtherWorkspace; got != want {
			t.Errorf("pinned to %q: %t", pin, got)
		}
	}
}

func TestDatesThatCannotBeStoredAreLeftOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-01-02T03:04:05.678Z":  "2026-01-02T03:04:05Z",
		"2026-01-02T05:04:05+02:00": "2026-01-02T03:04:05Z",
		"9999-12-31T23:59:59Z":      "9999-12-31T23:59:59Z",
		"0001-01-01T00:00:00Z":      "", // reads as unset, and would be written at every look
		"0001-01-01T00:00:00.5Z":    "",
		"0001-06-01T00:00:00Z":      "0001-06-01T00:00:00Z",
		"9999-12-31T23:59:59-12:00": "", // the year 10000 in UTC
		"0000-12-31T23:59:59Z":      "",
		"tomorrow":                  "",
		"":                          "",
	} {
		got := ""
		if d := date(text); d != nil {
			got = d.UTC().Format("2006-01-02T15:04:05Z07:00")
		}
		if got != want {
			t.Errorf("%s is shown as %q, want %q", text, got, want)
		}
	}
}

func TestWhatTheAccessSystemHas(t *testing.T) {
	t.Parallel()
	synced, pending := true, false
	for name, c := range map[string]struct {
		outcome Outcome
		want    string
	}{
		"it has the assignment":         {shows(seam.Credential{SyncedWithProvider: &synced}), "True Synced"},
		"not yet":                       {shows(seam.Credential{SyncedWithProvider: &pending}), "False Pending"},
		"Seam does not say":             {shows(seam.Credential{}), "Unknown NotReported"},
		"Seam reports errors":           {shows(seam.Credential{SyncedWithProvider: &synced, Errors: []string{"failed"}}), "False ProviderError"},
		"nothing was read":              {Outcome{Verdict: ready().Verdict, Looked: true}, "Unknown NotReported"},
		"somebody else holds it":        {heldByOther(seam.Credential{SyncedWithProvider: &synced}), "Unknown NotReported"},
		"before the first look, down":   {outage(), "Unknown NotReported"},
		"before it, refused by the key": {stalled(v1alpha1.ReasonUnauthorized), "Unknown NotReported"},
	} {
		got := condition(applied(object(), c.outcome), v1alpha1.ConditionProviderSynced)
		if string(got.Status)+" "+got.Reason != c.want {
			t.Errorf("%s: %s %s, want %s", name, got.Status, got.Reason, c.want)
		}
	}
}

// shows is the outcome of a look at a credential that the declared person holds.
func shows(c seam.Credential) Outcome {
	out := ready()
	out.Credential = &c
	return out
}

func heldByOther(c seam.Credential) Outcome {
	out := shows(c)
	out.Verdict = stalled(v1alpha1.ReasonHeldByOther).Verdict
	return out
}

func TestWhatTheAccessSystemHasStaysInAnOutageOnly(t *testing.T) {
	t.Parallel()
	synced := true
	has := shows(seam.Credential{SyncedWithProvider: &synced})
	for name, c := range map[string]struct {
		then Outcome
		want string
	}{
		"an outage":     {outage(), "Synced"},
		"a refused key": {stalled(v1alpha1.ReasonUnauthorized), "NotReported"},
		"another look":  {heldByOther(seam.Credential{SyncedWithProvider: &synced}), "NotReported"},
	} {
		if got := condition(applied(object(), has, c.then), v1alpha1.ConditionProviderSynced).Reason; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
