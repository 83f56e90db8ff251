package status

import (
	"fmt"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// WayOut is what a message needs to tell a person how to let a deleted object go.
type WayOut struct {
	// Person is who may hold the credential because of the object.
	Person assignment.Person
	// NamespaceIsTerminating says that no Secret can be made any more.
	NamespaceIsTerminating bool
}

// Message returns the message of an outcome; for a deleted object that waits for a person, with the way out. What a person
// has to type is never cut off.
func Message(obj *v1alpha1.CredentialAssignment, out Outcome) string {
	v := out.Verdict
	if obj.DeletionTimestamp.IsZero() || v.Progress != assignment.Stalled {
		return v.Message
	}
	// Whole commands, with the namespace: people paste them.
	abandon := fmt.Sprintf("kubectl annotate credassign %s --namespace %s %s=true", obj.Name, obj.Namespace, v1alpha1.AnnotationAbandon)
	if v.Reason == v1alpha1.ReasonSecretNotFound && out.WayOut.NamespaceIsTerminating {
		return fmt.Sprintf("no API key is left, and none can be put into a namespace that is being deleted: unassign %s from credential %s at Seam "+
			"by hand, then %s", out.WayOut.Person, obj.Spec.ACSCredentialID, abandon)
	}
	problem := v.Message
	if v.Reason == v1alpha1.ReasonSecretNotFound {
		problem = fmt.Sprintf("no API key in Secret %q: restore it", obj.Spec.APIKeySecretRef.Name)
	}
	return fmt.Sprintf("%s; until then this object stays, because %s may hold the credential. To give up, unassign that person at Seam and %s",
		problem, out.WayOut.Person, abandon)
}
