package status

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// RecordOf reads the record of an object from its status. What carries another object's UID, as after a restore from a
// backup, proves nothing and is left out, and so is what names two persons, and a write for nobody.
func RecordOf(obj *v1alpha1.CredentialAssignment) assignment.Record {
	var record assignment.Record
	if owner := obj.Status.AssignedTo; owner != nil && owner.UID == string(obj.UID) && (owner.ACSUserID == "" || owner.UserIdentityID == "") {
		record.AssignedTo = &assignment.AssignedTo{
			Person:      assignment.Person{ACSUserID: owner.ACSUserID, UserIdentityID: owner.UserIdentityID},
			WorkspaceID: owner.WorkspaceID,
		}
		if owner.Since != nil {
			record.AssignedTo.Since = owner.Since.Time
		}
	}
	for _, w := range obj.Status.PendingWrites {
		if w.UID == string(obj.UID) && (w.ACSUserID == "") != (w.UserIdentityID == "") {
			record.Pending = append(record.Pending, assignment.PendingWrite{
				Operation: w.Operation,
				Person:    assignment.Person{ACSUserID: w.ACSUserID, UserIdentityID: w.UserIdentityID},
				StartedAt: w.StartedAt.Time,
			})
		}
	}
	return record
}

// PutRecord writes the record of an object into its status.
func PutRecord(obj *v1alpha1.CredentialAssignment, record assignment.Record) {
	status := &obj.Status
	status.AssignedTo, status.PendingWrites = nil, nil
	if owner := record.AssignedTo; owner != nil {
		status.AssignedTo = &v1alpha1.AssignedTo{
			UID:            string(obj.UID),
			ACSUserID:      owner.Person.ACSUserID,
			UserIdentityID: owner.Person.UserIdentityID,
			WorkspaceID:    owner.WorkspaceID,
		}
		if !owner.Since.IsZero() {
			status.AssignedTo.Since = Time(owner.Since)
		}
	}
	for _, w := range record.Pending {
		status.PendingWrites = append(status.PendingWrites, v1alpha1.PendingWrite{
			UID:            string(obj.UID),
			Operation:      w.Operation,
			ACSUserID:      w.Person.ACSUserID,
			UserIdentityID: w.Person.UserIdentityID,
			StartedAt:      *Time(w.StartedAt),
		})
	}
}

// Time returns a time as the API server stores it: in whole seconds. More is lost in storage, and would differ from what is
// read back at every look.
func Time(t time.Time) *metav1.Time {
	return &metav1.Time{Time: t.Truncate(time.Second)}
}
