package status

import (
	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// Shown is what the status of an object tells people, its rivals and the operator of the last look, as far as the next look
// goes by it or can mend it. Two of them can be compared.
type Shown struct {
	conditions  [4]shown
	workspaceID string
	assignedIn  string // the workspace of assignedTo
	holder      assignment.Holder
	isReadable  bool
}

// shown is what one condition tells.
type shown struct {
	status, reason string
	generation     int64
}

// ShownBy returns what an object's status tells.
func ShownBy(obj *v1alpha1.CredentialAssignment) Shown {
	s := Shown{
		workspaceID: obj.Status.WorkspaceID,
		holder:      assignment.Holder{ACSUserID: obj.Status.ACSUserID, UserIdentityID: obj.Status.UserIdentityID},
		isReadable:  obj.Status.Credential != nil,
	}
	if to := obj.Status.AssignedTo; to != nil {
		s.assignedIn = to.WorkspaceID
	}
	for i, name := range [...]string{
		v1alpha1.ConditionReady, v1alpha1.ConditionProviderSynced, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled,
	} {
		c := condition(obj, name)
		s.conditions[i] = shown{string(c.Status), c.Reason, c.ObservedGeneration}
	}
	return s
}
