package status

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

const elsewhere = "11111111-1111-1111-1111-000000000002"

// edit changes an object in a table.
type edit = func(*v1alpha1.CredentialAssignment)

func edited(obj *v1alpha1.CredentialAssignment, edits ...edit) *v1alpha1.CredentialAssignment {
	for _, change := range edits {
		change(obj)
	}
	return obj
}

func pinnedTo(workspaceID string) edit {
	return func(o *v1alpha1.CredentialAssignment) { o.Spec.WorkspaceID = workspaceID }
}

func handledIn(workspaceID string) edit {
	return func(o *v1alpha1.CredentialAssignment) { o.Status.WorkspaceID = workspaceID }
}

func assignedIn(workspaceID string) edit {
	return func(o *v1alpha1.CredentialAssignment) {
		o.Status.AssignedTo = &v1alpha1.AssignedTo{UID: self, ACSUserID: alice, WorkspaceID: workspaceID}
	}
}

func TestWhatAStatusTellsItsRivals(t *testing.T) {
	t.Parallel()
	mismatch := stalled(v1alpha1.ReasonWorkspaceMismatch)
	for name, c := range map[string]struct {
		obj  *v1alpha1.CredentialAssignment
		want assignment.PeerStatus
	}{
		"nothing yet":                        {object(), assignment.PeerStatus{}},
		"its key reads the credential":       {applied(object(), ready()), assignment.PeerStatus{ReadsIn: home}},
		"it read it before an outage":        {applied(object(), ready(), outage()), assignment.PeerStatus{ReadsIn: home}},
		"an outage before anything was read": {applied(object(), outage()), assignment.PeerStatus{Unreached: true}},
		"a refused key":                      {applied(object(), stalled(v1alpha1.ReasonUnauthorized)), assignment.PeerStatus{Stalled: v1alpha1.ReasonUnauthorized}},
		"a key of another workspace": {
			edited(applied(object(), mismatch), handledIn(home)),
			assignment.PeerStatus{OtherWorkspace: true, Stalled: v1alpha1.ReasonWorkspaceMismatch},
		},
		"the same, pinned to where it was": {
			edited(applied(object(), mismatch), handledIn(home), pinnedTo(home)),
			assignment.PeerStatus{OtherWorkspace: true, Stalled: v1alpha1.ReasonWorkspaceMismatch},
		},
		"a pin to another workspace than it was in": {
			edited(applied(object(), mismatch), handledIn(home), pinnedTo(elsewhere)),
			assignment.PeerStatus{Stalled: v1alpha1.ReasonWorkspaceMismatch},
		},
		"the record says where, before status does": {
			edited(applied(object(), mismatch), handledIn(elsewhere), assignedIn(home), pinnedTo(elsewhere)),
			assignment.PeerStatus{Stalled: v1alpha1.ReasonWorkspaceMismatch},
		},
		"a record without a workspace says nothing": {
			edited(applied(object(), mismatch), handledIn(home), assignedIn(""), pinnedTo(home)),
			assignment.PeerStatus{OtherWorkspace: true, Stalled: v1alpha1.ReasonWorkspaceMismatch},
		},
		"a forged mismatch beside a credential that is read": {
			edited(applied(object(), ready()), func(o *v1alpha1.CredentialAssignment) {
				o.Status.Conditions[0].Reason = v1alpha1.ReasonWorkspaceMismatch
			}),
			assignment.PeerStatus{ReadsIn: home},
		},
	} {
		if got := Peer(c.obj); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestWhatStatusSaysSoFar(t *testing.T) {
	t.Parallel()
	if got := Reported(object()); got.Ready != "" || got.Reason != "" || got.IsCurrent {
		t.Errorf("of an object that is new: %+v", got)
	}
	obj := applied(object(), ready())
	if got := Reported(obj); got.Ready != assignment.ReadyTrue || got.Reason != v1alpha1.ReasonAssigned || !got.IsCurrent {
		t.Errorf("of one that is Ready: %+v", got)
	}
	obj.Generation++
	if got := Reported(obj); got.IsCurrent {
		t.Errorf("of one that was edited since: %+v", got)
	}
}

func TestWhoseStatusShowsTheDeclaredPerson(t *testing.T) {
	t.Parallel()
	const identity = "55555555-5555-5555-5555-555555555555"
	shows := func(acsUserID, identityID string) *v1alpha1.CredentialAssignment {
		obj := applied(object(), ready())
		obj.Spec.ACSUserID, obj.Spec.UserIdentityID = "", ""
		obj.Status.ACSUserID, obj.Status.UserIdentityID = acsUserID, identityID
		return obj
	}
	declares := func(acsUserID, identityID string) edit {
		return func(o *v1alpha1.CredentialAssignment) {
			o.Spec.ACSUserID, o.Spec.UserIdentityID = acsUserID, identityID
		}
	}
	for name, c := range map[string]struct {
		obj  *v1alpha1.CredentialAssignment
		want bool
	}{
		"the ACS user":            {edited(shows(alice, ""), declares(alice, "")), true},
		"another one":             {edited(shows(self, ""), declares(alice, "")), false},
		"the user identity":       {edited(shows(alice, identity), declares("", identity)), true},
		"another identity":        {edited(shows(alice, self), declares("", identity)), false},
		"nobody, and no identity": {edited(shows("", ""), declares(alice, "")), false},
		"an ACS user only, where an identity is declared": {edited(shows(alice, ""), declares("", identity)), false},
		"the ACS user, but it is not Ready": {edited(shows(alice, ""), declares(alice, ""), func(o *v1alpha1.CredentialAssignment) {
			o.Status.Conditions[0].Status = metav1.ConditionFalse
		}), false},
	} {
		if got := ShowsAssigned(c.obj); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestWhatIsShownIsToldApart(t *testing.T) {
	t.Parallel()
	base := func() *v1alpha1.CredentialAssignment { return edited(applied(object(), ready()), assignedIn(home)) }
	same := base()
	same.Status.LastHandledReconcileAt = "later" // nobody goes by it
	if ShownBy(base()) != ShownBy(same) {
		t.Error("what nobody goes by counts")
	}
	if got := ShownBy(object()); got.isReadable || got.assignedIn != "" {
		t.Errorf("an empty status shows %+v", got)
	}
	for name, change := range map[string]edit{
		"a condition":           func(o *v1alpha1.CredentialAssignment) { o.Status.Conditions = o.Status.Conditions[:1] },
		"the holder":            func(o *v1alpha1.CredentialAssignment) { o.Status.ACSUserID = self },
		"the workspace":         handledIn(elsewhere),
		"that of the record":    assignedIn(elsewhere),
		"no record any more":    func(o *v1alpha1.CredentialAssignment) { o.Status.AssignedTo = nil },
		"nothing that is read":  func(o *v1alpha1.CredentialAssignment) { o.Status.Credential = nil },
		"an older generation":   func(o *v1alpha1.CredentialAssignment) { o.Status.Conditions[0].ObservedGeneration-- },
		"Ready that was forged": func(o *v1alpha1.CredentialAssignment) { o.Status.Conditions[0].Status = metav1.ConditionFalse },
	} {
		if ShownBy(edited(base(), change)) == ShownBy(base()) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestTheWayOutIsForDeletedObjectsThatWaitForAPerson(t *testing.T) {
	t.Parallel()
	deleted := func(o *v1alpha1.CredentialAssignment) { o.DeletionTimestamp = Time(noon) }
	for name, c := range map[string]struct {
		obj     *v1alpha1.CredentialAssignment
		outcome Outcome
		want    string
	}{
		"alive and stalled":        {object(), stalled(v1alpha1.ReasonUnauthorized), "mend it"},
		"deleted, and it goes on":  {edited(object(), deleted), outage(), "down"},
		"alive, without a problem": {object(), shows(seam.Credential{}), "Seam shows it"},
	} {
		if got := Message(c.obj, c.outcome); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
