package status

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// stored is an object as it comes back from the API server.
func stored(t *testing.T, obj *v1alpha1.CredentialAssignment) *v1alpha1.CredentialAssignment {
	t.Helper()
	encoded, err := json.Marshal(obj)
	if err != nil {
		t.Fatalf("%+v cannot be stored: %v", obj.Status, err)
	}
	var back v1alpha1.CredentialAssignment
	if err := json.Unmarshal(encoded, &back); err != nil {
		t.Fatalf("%s cannot be read back: %v", encoded, err)
	}
	return &back
}

// Whatever status holds, the record has only what carries the object's own UID and names one person (or, of whom it
// assigned, nobody), and is itself read back as it was put.
func FuzzRecordReadBack(f *testing.F) {
	for _, status := range []string{
		``, `{}`, `null`, `{"assignedTo":null,"pendingWrites":[]}`,
		`{"assignedTo":{"uid":"uid-self","acsUserID":"` + alice + `","workspaceID":"` + home + `","since":"2030-05-01T12:00:00Z"}}`,
		`{"assignedTo":{"uid":"uid-self","since":null}}`,
		`{"assignedTo":{"uid":"uid-self","acsUserID":"` + alice + `","userIdentityID":"` + bob + `"}}`,
		`{"assignedTo":{"uid":"uid-of-the-backup","acsUserID":"` + alice + `"}}`,
		`{"pendingWrites":[{"uid":"uid-self","operation":"Assign","acsUserID":"` + alice + `","startedAt":"2030-05-01T12:00:00.5Z"},
			{"uid":"uid-self","operation":"Unassign","userIdentityID":"` + bob + `","startedAt":"2030-05-01T12:00:00+02:00"},
			{"uid":"uid-self","operation":"Assign","startedAt":null},{"uid":"UID-SELF","operation":"Assign","acsUserID":"` + bob + `"}]}`,
	} {
		f.Add([]byte(status))
	}
	f.Fuzz(func(t *testing.T, status []byte) {
		obj := object()
		if json.Unmarshal(status, &obj.Status) != nil {
			return // the API server stores no such status
		}
		own := 0
		for _, w := range obj.Status.PendingWrites {
			if w.UID == self {
				own++
			}
		}
		record := RecordOf(obj)
		if owner := obj.Status.AssignedTo; record.AssignedTo != nil && (owner == nil || owner.UID != self) || len(record.Pending) > own {
			t.Errorf("%s proves %+v", status, record)
		}
		persons := []assignment.Person{record.AssignedPerson()}
		for _, w := range record.Pending {
			persons = append(persons, w.Person)
			if w.Person.IsZero() {
				t.Errorf("%s has a write for nobody", status)
			}
		}
		for _, p := range persons {
			if p.ACSUserID != "" && p.UserIdentityID != "" {
				t.Errorf("%s names %+v as one person", status, p)
			}
		}
		first := object()
		PutRecord(first, record)
		second := stored(t, first)
		back := RecordOf(second)
		PutRecord(second, back)
		if !equality.Semantic.DeepEqual(first.Status, second.Status) || len(back.Pending) != len(record.Pending) {
			t.Errorf("%+v is put as\n%+v\nand read back as\n%+v", record, first.Status, second.Status)
		}
	})
}

// Whatever a look came to, the same outcome changes nothing the second time, also of what the API server stores; of
// Reconciling and Stalled at most one is there, and Ready speaks of the generation that was looked at.
func FuzzSameOutcomeTwice(f *testing.F) {
	f.Add(uint16(0), "Assigned", "Seam shows it", "2026-01-02T03:04:05.678Z", "being_deleted", int64(0))
	f.Add(uint16(0xffff), "HeldByOther", "é", "0001-01-01T00:00:00Z", "", int64(1e18))
	f.Add(uint16(0x00f3), "SeamUnavailable", "down", "9999-12-31T23:59:59-12:00", "b a b", int64(-1e18))
	f.Add(uint16(0x0082), "Assigned", "Seam shows it", "", "", int64(999_999_999))
	f.Add(uint16(0x0f0c), "SecretNotFound", "none", "0000-01-01T00:00:00Z", "unknown", int64(999_999_999))
	f.Fuzz(func(t *testing.T, bits uint16, reason, message, date, codes string, moment int64) {
		if !utf8.ValidString(reason + message + date + codes) {
			t.Skip() // all that is said here was JSON or is the operator's own
		}
		is := func(bit int) bool { return bits>>bit&1 == 1 }
		choose := func(bit int, yes bool) *bool {
			if is(bit) {
				return &yes
			}
			return nil
		}
		now := noon.Add(time.Duration(moment))
		out := Outcome{
			Verdict: assignment.Verdict{Ready: assignment.ReadyFalse, Reason: reason, Message: message, Keep: is(0)},
			Looked:  is(1), WorkspaceID: home, Holder: assignment.Holder{ACSUserID: alice},
		}
		switch {
		case is(2):
			out.Verdict.Progress = assignment.Stalled
		case is(3):
			out.Verdict.Progress = assignment.Reconciling
		default:
			out.Verdict.Ready = assignment.ReadyTrue
		}
		if is(4) {
			out.Credential = &seam.Credential{
				ACSSystemID: strings.ToUpper(home), AccessMethod: "card", StartsAt: date, EndsAt: noon.Format(time.RFC3339), Warnings: strings.Fields(codes),
				Errors: strings.Fields(codes), IsIssued: choose(5, is(6)), SyncedWithProvider: choose(6, is(5)),
			}
		}
		if is(7) {
			out.Record.AssignedTo = &assignment.AssignedTo{Person: assignment.Person{UserIdentityID: bob}, WorkspaceID: home, Since: now}
			out.Record.Pending = []assignment.PendingWrite{{Operation: v1alpha1.OperationAssign, Person: assignment.Person{ACSUserID: alice}, StartedAt: now}}
			out.AssignedAt = now
		}
		obj := object()
		obj.Spec.Suspend = is(8)
		if is(9) {
			obj.Finalizers, obj.DeletionTimestamp = []string{v1alpha1.Finalizer}, Time(noon)
		}
		obj.Annotations = map[string]string{v1alpha1.AnnotationRequestedAt: date}
		if is(10) {
			applied(obj, stalled(v1alpha1.ReasonUnauthorized))
		}

		Apply(obj, out, now)

		again := stored(t, obj)
		kept := again.DeepCopy()
		Apply(again, out, now.Add(time.Hour))
		if !equality.Semantic.DeepEqual(again.Status, kept.Status) {
			t.Errorf("the same outcome makes\n%+v\nof\n%+v", again.Status, kept.Status)
		}
		isReconciling := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionReconciling) != nil
		isStalled := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionStalled) != nil
		if isReconciling && isStalled {
			t.Errorf("it is reconciling and stalled: %+v", obj.Status.Conditions)
		}
		if !out.Verdict.Keep && (obj.Status.ObservedGeneration != obj.Generation || Ready(obj).ObservedGeneration != obj.Generation) {
			t.Errorf("status speaks of generation %d, Ready of %d", obj.Status.ObservedGeneration, Ready(obj).ObservedGeneration)
		}
	})
}

// A date is left out, or it is the second in which the moment lies, in a form that the CRD takes and that does not change
// when it is stored.
func FuzzDate(f *testing.F) {
	for _, text := range []string{
		"2026-01-02T03:04:05.678Z", "2026-01-02T05:04:05+02:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.5Z", "0001-01-01T00:00:01Z",
		"9999-12-31T23:59:59-12:00", "0000-12-31T23:59:59Z", "1969-12-31T23:59:59.999Z", "2016-12-31T23:59:60Z", "2026-01-02T03:04:05,5Z", "2026-1-2T3:4:5Z", "tomorrow", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := date(text)
		moment, err := time.Parse(time.RFC3339Nano, text)
		if got == nil {
			if err == nil && moment.UTC().Year() > 1 && moment.UTC().Year() <= 9999 {
				t.Errorf("%q is left out", text)
			}
			return
		}
		if err != nil || moment.Sub(got.Time) < 0 || moment.Sub(got.Time) >= time.Second {
			t.Errorf("%q reads as %s", text, got)
		}
		obj := object()
		obj.Status.Credential = &v1alpha1.CredentialStatus{StartsAt: got}
		back := stored(t, obj).Status.Credential.StartsAt
		if back == nil || !back.Equal(got) || !back.Equal(date(back.UTC().Format(time.RFC3339))) {
			t.Errorf("%q is stored as %v and read back as %v", text, got, back)
		}
		encoded, _ := json.Marshal(got)
		if form := `"` + metav1.Now().UTC().Format("2006-01-02T15:04:05Z") + `"`; len(encoded) != len(form) {
			t.Errorf("%q is stored as %s", text, encoded)
		}
	})
}
