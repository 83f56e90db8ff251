package controllers

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// kind is what a reason on Ready goes with.
type kind int

const (
	settled     kind = iota // neither Reconciling nor Stalled
	reconciling             // the operator goes on by itself
	stalled                 // somebody must change something first
)

// kind tells whose move it is. While an object is being deleted, whatever a person must mend is stalled.
func (p *pass) kind(reason string) kind {
	switch reason {
	case v1alpha1.ReasonAssigned, v1alpha1.ReasonSuspended:
		return settled
	case v1alpha1.ReasonAssigning, v1alpha1.ReasonUnassigning, v1alpha1.ReasonRateLimited,
		v1alpha1.ReasonSeamUnavailable, v1alpha1.ReasonOutcomeUnknown:
		return reconciling
	case v1alpha1.ReasonSecretNotFound:
		if p.obj.DeletionTimestamp.IsZero() {
			return reconciling
		}
		return stalled
	default:
		return stalled
	}
}

// report writes the outcome into status, in one write, and only if it changes something.
func (p *pass) report(ctx context.Context, out outcome) error {
	if out.reason == "" || p.outage(out) {
		return nil
	}
	base := p.obj.DeepCopy()
	p.describe(out)
	if equality.Semantic.DeepEqual(base.Status, p.obj.Status) {
		p.mem.person = personOf(p.obj)
		return nil
	}
	if err := p.Client.Status().Patch(ctx, p.obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		*p.obj = *base // rivals judge it by what it really shows
		return fmt.Errorf("reporting on %s/%s: %w", p.obj.Namespace, p.obj.Name, err)
	}
	p.mem.wrote, p.mem.person = p.obj.ResourceVersion, personOf(p.obj)
	p.tellTransition(readyCondition(base), readyCondition(p.obj))
	return nil
}

// outage reports whether the outcome only says that Seam is down, and what was last seen may still stand: it does so
// until two resync intervals have passed without a look.
func (p *pass) outage(out outcome) bool {
	if !isOutage(out.reason) || p.sent {
		return false
	}
	ready := readyCondition(p.obj)
	if p.situation.Declared.Deleting() || ready.ObservedGeneration != p.obj.Generation || p.kind(ready.Reason) == reconciling {
		return false
	}
	return p.Clock.Now().Before(p.outageEnds())
}

// isOutage reports whether a reason only says that Seam could not be asked.
func isOutage(reason string) bool {
	return reason == v1alpha1.ReasonSeamUnavailable || reason == v1alpha1.ReasonRateLimited
}

// outageEnds returns when what was last seen does not stand any more.
func (p *pass) outageEnds() time.Time { return p.mem.lastLook.Add(2 * p.resyncInterval()) }

// describe puts the outcome into the object's status.
func (p *pass) describe(out outcome) {
	if out.reason == v1alpha1.ReasonSuspended {
		p.describeSuspended(out)
		return
	}
	status := &p.obj.Status
	status.ObservedGeneration = p.obj.Generation
	if at := requestedAt(p.obj); at != "" && (out.looked || p.kind(out.reason) == stalled) {
		status.LastHandledReconcileAt = at
	}
	p.describeCredential(out)
	if p.mem.assigned != nil {
		status.LastAssignedTime = p.mem.assigned
	}
	p.setCondition(v1alpha1.ConditionReady, p.readyStatus(out.reason), out.reason, p.advise(out))
	if out.looked || status.Credential == nil {
		p.describeProvider(out)
	}
	p.setKind(p.kind(out.reason), out)
}

// describeCredential shows who holds the credential, and what else Seam tells of it, while the present key reads it.
// What was seen before an outage stays.
func (p *pass) describeCredential(out outcome) {
	status := &p.obj.Status
	seen := p.situation.Seen
	if p.situation.Readable() {
		status.WorkspaceID = seen.WorkspaceID
	}
	p.describeRecord()
	switch {
	case p.kind(out.reason) == reconciling && !out.looked && out.reason != v1alpha1.ReasonSecretNotFound:
		return
	case seen.Credential != assignment.Found || p.shown == nil:
		status.ACSUserID, status.UserIdentityID, status.Credential = "", "", nil
		return
	}
	status.ACSUserID = seen.Holder.ACSUserID
	status.UserIdentityID = seen.Holder.UserIdentityID
	if user := (assignment.Person{ACSUserID: seen.Holder.ACSUserID}); status.UserIdentityID == "" {
		status.UserIdentityID = seen.People[user].UserIdentityID
	}
	status.Credential = credentialStatus(*p.shown)
}

// describeRecord lets status repeat the record, once the key was seen to read the credential for it. A key that belongs to
// another workspace ends that, unless the object only named another one; so does mode Observe.
func (p *pass) describeRecord() {
	status, record := &p.obj.Status, p.situation.Marks.Record
	switch {
	case record == nil || p.obj.Spec.Mode == v1alpha1.ModeObserve:
		status.AssignedTo = nil
	case p.situation.Displaced() && !p.named:
		status.AssignedTo = nil
		p.mem.last.disown()
	case isTold(p.obj) || p.situation.Readable() && (p.claim.Winner == nil || p.mem.last.ours):
		status.AssignedTo = p.told(*record)
	default:
		status.AssignedTo = nil
	}
}

// told repeats a record for status: the object's own person, if it has one.
func (p *pass) told(record assignment.Record) *v1alpha1.AssignedTo {
	told := &v1alpha1.AssignedTo{UID: p.obj.UID, At: *timeOf(record.At)}
	if now := p.Clock.Now(); record.At.After(now) { // a clock was wrong, or somebody's hand
		told.At = *timeOf(now)
		if isTold(p.obj) {
			told.At = p.obj.Status.AssignedTo.At
		}
	}
	if owner, owns := record.Owner(); owns {
		told.ACSUserID, told.UserIdentityID = owner.ACSUserID, owner.UserIdentityID
	}
	return told
}

// describeSuspended leaves Ready as it was while the declaration that it speaks of is unchanged.
func (p *pass) describeSuspended(out outcome) {
	if p.obj.Status.ObservedGeneration == p.obj.Generation && readyCondition(p.obj).Type != "" {
		p.setKind(settled, out)
		return
	}
	p.obj.Status.ObservedGeneration = p.obj.Generation
	if readyCondition(p.obj).Type == "" || !p.speaksOf(personOf(p.obj)) {
		p.setCondition(v1alpha1.ConditionReady, metav1.ConditionUnknown, out.reason, out.message)
		p.describeProvider(out)
	}
	p.setKind(settled, out)
}

// speaksOf reports whether Ready speaks of the person: this process saw it declared, or status shows it as holder, and
// nothing was done since that Ready does not know of.
func (p *pass) speaksOf(person assignment.Person) bool {
	if record := p.situation.Marks.Record; record != nil && (record.Write != assignment.WriteAssign || record.Person != person) {
		return false
	}
	if p.mem.person != (assignment.Person{}) {
		return p.mem.person == person
	}
	status := p.obj.Status
	return isReady(p.obj) && (person.ACSUserID != "" && person.ACSUserID == status.ACSUserID ||
		person.UserIdentityID != "" && person.UserIdentityID == status.UserIdentityID)
}

// readyStatus returns Ready's status for a reason. Of an object that was Ready, an outage makes it Unknown.
func (p *pass) readyStatus(reason string) metav1.ConditionStatus {
	switch reason {
	case v1alpha1.ReasonAssigned:
		return metav1.ConditionTrue
	case v1alpha1.ReasonSuspended:
		return metav1.ConditionUnknown
	case v1alpha1.ReasonSeamUnavailable, v1alpha1.ReasonRateLimited:
		if before := readyCondition(p.obj); before.Status == metav1.ConditionTrue || before.Status == metav1.ConditionUnknown {
			return metav1.ConditionUnknown
		}
	}
	return metav1.ConditionFalse
}

// advise returns the message of an outcome; for a deleted object that is stuck, with the way out.
func (p *pass) advise(out outcome) string {
	if p.obj.DeletionTimestamp.IsZero() || p.kind(out.reason) != stalled {
		return out.message
	}
	person := personOf(p.obj)
	if record := p.situation.Marks.Record; record != nil {
		person = record.Person
	}
	abandon := fmt.Sprintf("kubectl annotate credassign %s --namespace %s %s=true", p.obj.Name, p.obj.Namespace, v1alpha1.AnnotationAbandon)
	if p.orphaned {
		return fmt.Sprintf("no API key is left, and none can be put into a namespace that is being deleted: unassign %s from credential %s at Seam "+
			"by hand, then %s", person, p.obj.Spec.ACSCredentialID, abandon)
	}
	problem := out.message
	if out.reason == v1alpha1.ReasonSecretNotFound {
		name, _ := secretRef(p.obj)
		problem = fmt.Sprintf("no API key in Secret %q: restore it", name)
	}
	return fmt.Sprintf("%s; until then this object stays, because %s may hold the credential. To give up, unassign that person at Seam and %s",
		problem, person, abandon)
}

// setKind makes Reconciling and Stalled say whose move it is; neither is present while it is nobody's.
func (p *pass) setKind(k kind, out outcome) {
	conditions := &p.obj.Status.Conditions
	for _, t := range []struct {
		kind kind
		name string
	}{{reconciling, v1alpha1.ConditionReconciling}, {stalled, v1alpha1.ConditionStalled}} {
		if k == t.kind {
			p.setCondition(t.name, metav1.ConditionTrue, out.reason, p.advise(out))
		} else {
			meta.RemoveStatusCondition(conditions, t.name)
		}
	}
}

func (p *pass) setCondition(name string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&p.obj.Status.Conditions, metav1.Condition{
		Type:               name,
		Status:             status,
		ObservedGeneration: p.obj.Generation,
		LastTransitionTime: *timeOf(p.Clock.Now()),
		Reason:             reason,
		Message:            capped(message),
	})
}

// longest is the longest message that a condition or an event carries, in characters.
const longest = 512

func capped(message string) string {
	if runes := []rune(message); len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return message
}

// readyCondition returns the object's Ready condition; empty when it has none.
func readyCondition(obj *v1alpha1.CredentialAssignment) metav1.Condition {
	if ready := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{}
}

// stalledReason returns why the object is stalled; empty when it is not.
func stalledReason(obj *v1alpha1.CredentialAssignment) string {
	if c := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionStalled); c != nil {
		return c.Reason
	}
	return ""
}

func isReady(obj *v1alpha1.CredentialAssignment) bool {
	return readyCondition(obj).Status == metav1.ConditionTrue
}

// isReadyNow reports whether the object is Ready, and Ready speaks of the declaration as it is.
func isReadyNow(obj *v1alpha1.CredentialAssignment) bool {
	return isReady(obj) && readyCondition(obj).ObservedGeneration == obj.Generation
}

// timeOf returns a time as the API server stores it: in whole seconds.
func timeOf(t time.Time) *metav1.Time {
	return &metav1.Time{Time: t.Truncate(time.Second)}
}
