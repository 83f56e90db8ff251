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
		if g.memory(o).gone {
			continue // the cache still shows what this process let go
		}
		if g.claims(o) {
			claimants = append(claimants, g.claimant(o))
		}
	}
	assignment.Rank(claimants)
	workspaceID := obj.Status.WorkspaceID
	if record := g.record(obj); record != nil {
		workspaceID = record.WorkspaceID
	}
	return assignment.Stand(claimants, string(obj.UID), workspaceID)
}

// claims reports whether an object claims its credential. One that only observes claims nothing, nor does one that is being
// deleted and has nothing to clean up, nor a suspended one without a record.
func (g *group) claims(obj *v1alpha1.CredentialAssignment) bool {
	finalizer, _ := marksOf(obj)
	switch {
	case obj.Spec.Mode == v1alpha1.ModeObserve:
		return false
	case !obj.DeletionTimestamp.IsZero():
		return finalizer
	default:
		return !obj.Spec.Suspend || g.record(obj) != nil
	}
}

// claimant returns what an object claims with.
func (g *group) claimant(obj *v1alpha1.CredentialAssignment) assignment.Claimant {
	finalizer, _ := marksOf(obj)
	live, reads := obj.DeletionTimestamp.IsZero(), obj.Status.Credential != nil
	fresh := obj.Status.ObservedGeneration < 0
	untold := fresh || !reads && isOutage(readyCondition(obj).Reason)
	proven := g.proven(obj)
	return assignment.Claimant{
		UID:         string(obj.UID),
		Created:     obj.CreationTimestamp.Time,
		Person:      personOf(obj),
		Recorded:    proven,
		Noted:       g.noted(obj),
		Reads:       reads || fresh && !g.memory(obj).tried,
		Leaving:     !live,
		Suspended:   obj.Spec.Suspend && live,
		Succeeds:    (reads || untold) && live && !obj.Spec.Suspend,
		Untold:      untold,
		Marked:      proven && g.record(obj).Person == personOf(obj) && (finalizer || g.retains(obj)),
		Ready:       isReadyNow(obj),
		Stalled:     stalledReason(obj),
		WorkspaceID: obj.Status.WorkspaceID,
	}
}

// noted reports whether the object carries a record that a process which was killed may have written before the first
// status that bears it out: nobody has told yet what its key reads. That can only be so when this process begins to lead.
func (g *group) noted(obj *v1alpha1.CredentialAssignment) bool {
	mem := g.memory(obj)
	carried, record := recordOf(obj)
	return !isTold(obj) && !mem.met && g.leads < g.SeamTimeout+g.MaxRetryDelay && record != nil && mem.inherited != nil && *mem.inherited == carried
}

// isTold reports whether status repeats a record of this very object.
func isTold(obj *v1alpha1.CredentialAssignment) bool {
	return obj.Status.AssignedTo != nil && obj.Status.AssignedTo.UID == obj.UID
}

// proven reports whether status, which users do not write, bears a record of the object out, or this process itself wrote
// the one that stands.
func (g *group) proven(obj *v1alpha1.CredentialAssignment) bool {
	last := g.memory(obj).last
	text, record := last.standing(obj)
	return record != nil && (isTold(obj) || last.ours && last.text == text)
}

// record returns the record that stands for an object: the one it carries or, when somebody stripped it, the one that
// this process remembers.
func (g *group) record(obj *v1alpha1.CredentialAssignment) *assignment.Record {
	_, record := g.memory(obj).last.standing(obj)
	return record
}

// memory returns what is remembered of an object: nothing, when it came only now.
func (g *group) memory(obj *v1alpha1.CredentialAssignment) *memory {
	if mem := g.memories[obj.UID]; mem != nil {
		return mem
	}
	return &memory{}
}

// claimText tells claims apart for the comparison of inputs.
func claimText(c assignment.Claim) string {
	switch {
	case c.Winner != nil:
		return fmt.Sprintf("after %s for %s %s leaving=%t suspended=%t ready=%t",
			c.Winner.UID, c.Winner.Person, c.Winner.Stalled, c.Winner.Leaving, c.Winner.Suspended, c.Winner.Ready)
	case c.Successor != nil:
		next := c.Successor
		return fmt.Sprintf("before %s for %s marked=%t ready=%t untold=%t", next.UID, next.Person, next.Marked, next.Ready, next.Untold)
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
