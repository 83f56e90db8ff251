package controllers

import (
	"fmt"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// claim finds how an object stands among all objects of its credential, by what they say and what their status shows.
func (g *group) claim(obj *v1alpha1.CredentialAssignment) assignment.Claim {
	var claimants []assignment.Claimant
	for _, o := range g.objects {
		if mem := g.memories[o.UID]; mem != nil && mem.gone {
			continue // the cache still shows what this process let go
		}
		if c, claims := g.claimant(o); claims {
			claimants = append(claimants, c)
		}
	}
	assignment.Rank(claimants)
	workspaceID := obj.Status.WorkspaceID
	if record := g.record(obj); record != nil {
		workspaceID = record.WorkspaceID
	}
	return assignment.Stand(claimants, string(obj.UID), workspaceID)
}

// claimant returns what an object claims with. One that only observes claims nothing, nor does one that is being
// deleted and has nothing to clean up, nor a suspended one without a record.
func (g *group) claimant(obj *v1alpha1.CredentialAssignment) (assignment.Claimant, bool) {
	record := g.record(obj)
	finalizer, _ := marksOf(obj)
	deleting := !obj.DeletionTimestamp.IsZero()
	if obj.Spec.Mode == v1alpha1.ModeObserve || deleting && !finalizer || obj.Spec.Suspend && record == nil && !deleting {
		return assignment.Claimant{}, false
	}
	unhandled := obj.Status.ObservedGeneration < 0
	reads := obj.Status.Credential != nil || unhandled
	return assignment.Claimant{
		UID:         string(obj.UID),
		Created:     obj.CreationTimestamp.Time,
		Person:      personOf(obj),
		Recorded:    record != nil && g.proven(obj, *record),
		Reads:       reads,
		Leaving:     deleting,
		Suspended:   obj.Spec.Suspend && !deleting,
		Succeeds:    reads && !deleting && !obj.Spec.Suspend,
		Unhandled:   unhandled,
		Marked:      record != nil && record.Person == personOf(obj) && (finalizer || g.retains(obj)),
		Ready:       isReadyNow(obj),
		Stalled:     stalledReason(obj),
		WorkspaceID: obj.Status.WorkspaceID,
	}, true
}

// proven reports whether status, which users do not write, bears the record out: the object's key read the credential in
// the recorded workspace, and did not turn out to be of another one since. Where status knows no workspace yet, this
// process knows whether it wrote the record. Nobody can tell of an object that was not handled yet; it is handled first.
func (g *group) proven(obj *v1alpha1.CredentialAssignment, record assignment.Record) bool {
	mem := g.memories[obj.UID]
	if obj.Status.ObservedGeneration < 0 || obj.Status.WorkspaceID == "" && mem != nil && mem.last.ours && mem.last.text == record.String() {
		return true
	}
	return record.WorkspaceID != "" && obj.Status.WorkspaceID == record.WorkspaceID
}

// record returns the record that stands for an object: the one it carries or, when somebody stripped it, the one that
// this process remembers. Of an object that came only now nothing is remembered.
func (g *group) record(obj *v1alpha1.CredentialAssignment) *assignment.Record {
	mem := g.memories[obj.UID]
	if mem == nil {
		mem = &memory{}
	}
	_, record := mem.last.standing(obj)
	return record
}

// claimText tells claims apart for the comparison of inputs.
func claimText(c assignment.Claim) string {
	switch {
	case c.Winner != nil:
		return fmt.Sprintf("after %s for %s %s leaving=%t suspended=%t", c.Winner.UID, c.Winner.Person, c.Winner.Stalled, c.Winner.Leaving, c.Winner.Suspended)
	case c.Successor != nil:
		next := c.Successor
		return fmt.Sprintf("before %s for %s marked=%t ready=%t unhandled=%t", next.UID, next.Person, next.Marked, next.Ready, next.Unhandled)
	default:
		return ""
	}
}

func personOf(obj *v1alpha1.CredentialAssignment) assignment.Person {
	return assignment.Person{ACSUserID: obj.Spec.ACSUserID, UserIdentityID: obj.Spec.UserIdentityID}
}

// recordOf returns the object's record annotation and what it proves; nil when it proves nothing.
func recordOf(obj *v1alpha1.CredentialAssignment) (text string, record *assignment.Record) {
	text, annotated := obj.Annotations[v1alpha1.AnnotationAssignedTo]
	if !annotated {
		return "", nil
	}
	return text, assignment.ParseRecord(text, string(obj.UID))
}
