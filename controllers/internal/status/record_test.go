package status

import (
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

const (
	self  = "uid-self"
	alice = "33333333-3333-3333-3333-333333333333"
	bob   = "44444444-4444-4444-4444-444444444444"
	home  = "11111111-1111-1111-1111-111111111111"
)

var noon = time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)

// object is a CredentialAssignment that declares Alice.
func object() *v1alpha1.CredentialAssignment {
	return &v1alpha1.CredentialAssignment{
		ObjectMeta: metav1.ObjectMeta{Name: "alice-key", Namespace: "front-desk", UID: self, Generation: 3},
		Spec: v1alpha1.CredentialAssignmentSpec{
			ACSCredentialID: "66666666-6666-6666-6666-666666666666",
			ACSUserID:       alice,
			APIKeySecretRef: v1alpha1.SecretKeyRef{Name: "seam"},
		},
	}
}

func TestARecordIsReadBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	obj := object()
	want := assignment.Record{
		AssignedTo: &assignment.AssignedTo{Person: assignment.Person{ACSUserID: alice}, WorkspaceID: home, Since: noon},
		Pending: []assignment.PendingWrite{
			{Operation: v1alpha1.OperationUnassign, Person: assignment.Person{ACSUserID: alice}, StartedAt: noon},
			{Operation: v1alpha1.OperationAssign, Person: assignment.Person{UserIdentityID: bob}, StartedAt: noon.Add(time.Minute)},
		},
	}

	PutRecord(obj, want)

	if got := RecordOf(obj); !reflect.DeepEqual(got, want) {
		t.Errorf("read back %+v, want %+v", got, want)
	}
}

func TestOneWhoMakesRoomKeepsClaimAndWorkspace(t *testing.T) {
	t.Parallel()
	obj := object()

	PutRecord(obj, assignment.Record{AssignedTo: &assignment.AssignedTo{WorkspaceID: home}})

	got := RecordOf(obj)
	if got.IsEmpty() || !got.AssignedPerson().IsZero() || got.AssignedTo.WorkspaceID != home {
		t.Errorf("read back %+v", got)
	}
}

func TestWhatAnotherObjectRecordedProvesNothing(t *testing.T) {
	t.Parallel()
	obj := object()
	obj.Status.AssignedTo = &v1alpha1.AssignedTo{UID: "uid-of-the-backup", ACSUserID: alice, WorkspaceID: home}
	obj.Status.PendingWrites = []v1alpha1.PendingWrite{
		{UID: "uid-of-the-backup", Operation: v1alpha1.OperationAssign, ACSUserID: alice},
		{UID: self, Operation: v1alpha1.OperationAssign},                                          // nobody
		{UID: self, Operation: v1alpha1.OperationAssign, ACSUserID: alice, UserIdentityID: alice}, // two
	}

	if got := RecordOf(obj); !got.IsEmpty() {
		t.Errorf("it proves %+v", got)
	}
	obj.Status.AssignedTo = &v1alpha1.AssignedTo{UID: self, ACSUserID: alice, UserIdentityID: bob, WorkspaceID: home}
	if got := RecordOf(obj); !got.IsEmpty() {
		t.Errorf("of two persons it proves %+v", got)
	}
}
