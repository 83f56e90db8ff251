package controllers

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// maxReadAge is how old the read before a write may be.
const maxReadAge = 10 * time.Second

// write records the decided change and then asks Seam for it, in that order: no record, no call.
func (p *pass) write(ctx context.Context, d assignment.Decision) error {
	if p.lookIsOld() {
		return nil
	}
	if err := p.mayCall(); err != nil {
		return err
	}
	if p.situation.Declared.Deleting() {
		if err := p.sameRivals(ctx); err != nil {
			return err
		}
	}
	because, record := p.cause(), p.newRecord(d)
	if wait := p.mem.last.patience(record); wait > 0 {
		return &notYet{wait: wait}
	}
	if until := p.group.lostUntil(); record.At.Before(until) {
		return &othersLost{until: until}
	}
	p.mem.last.expire(record.At) // the record is about to be replaced
	if err := p.putMarks(ctx, d.Finalizer, &record); err != nil {
		return err
	}
	if p.lookIsOld() { // writing the record took long
		p.pending(nil)
		return nil
	}
	p.pending(&assignment.Pending{Until: record.At.Add(p.SeamTimeout), Lost: true})
	result, err := p.send(ctx, record)
	return p.learn(d, because, result, err)
}

// lookIsOld reports whether the credential was read too long ago to act on, and has it read again.
func (p *pass) lookIsOld() bool {
	if p.Clock.Since(p.readAt) < maxReadAge {
		return false
	}
	p.situation.Seen.Credential = assignment.NotRead
	return true
}

// sameRivals looks rivals up again before a deleted object takes the credential away: a renamed manifest may have come.
func (p *pass) sameRivals(ctx context.Context) error {
	now, err := p.rivals(ctx, Credential(p.obj.Spec.ACSCredentialID))
	if err != nil {
		return err
	}
	now.memories, now.leads = p.group.memories, p.group.leads
	if claimText(now.claim(p.obj)) != claimText(p.claim) {
		return &notYet{wait: conflictDelay}
	}
	return nil
}

// send asks Seam for the recorded change. The call ends, whatever happens, when the record says that it has ended.
func (p *pass) send(ctx context.Context, record assignment.Record) (seam.WriteResult, error) {
	ctx, cancel := context.WithTimeout(ctx, p.SeamTimeout-p.Clock.Since(record.At))
	defer cancel()
	if p.mayCall() != nil {
		cancel() // nothing goes out any more, and the client says so
	}
	request := seam.Assignment{
		CredentialID:   p.obj.Spec.ACSCredentialID,
		ACSUserID:      record.ACSUserID,
		UserIdentityID: record.UserIdentityID,
	}
	if record.Write == assignment.WriteUnassign {
		return p.key.UnassignCredential(ctx, request)
	}
	return p.key.AssignCredential(ctx, request)
}

// learn takes over what the answer to a write says.
func (p *pass) learn(d assignment.Decision, because cause, result seam.WriteResult, err error) error {
	p.sent = true
	switch class := seam.ClassOf(err); {
	case err == nil:
		p.acknowledged(d, because, result)
		return nil
	case class == seam.OutcomeUnknown:
		return err
	case class == seam.NotFound || class == seam.Invalid || class == seam.Unauthorized:
		p.pending(nil)
		p.refuse(d, err)
		p.situation.Seen.Credential = assignment.NotRead
		return nil
	default: // nothing went out, or Seam said to come later
		p.pending(nil)
		return err
	}
}

// acknowledged takes over a change that Seam accepted. What is left to see is that reads show it.
func (p *pass) acknowledged(d assignment.Decision, because cause, result seam.WriteResult) {
	p.key.worked()
	p.pending(&assignment.Pending{Until: p.mem.last.pending.Until})
	p.mem.refused = nil
	record := p.situation.Marks.Record
	p.mem.last.acceptedBy(p.SeamTimeout, p.MaxRetryDelay)
	writes.WithLabelValues(string(record.Write), string(because)).Inc()
	p.changed, p.mem.last.cause = because.event(d.Step), because
	p.tellWrite(d, result.RequestID)
	p.situation.Seen.Credential = assignment.NotRead
	if result.Credential != nil && !p.situation.Declared.Deleting() && readable(*result.Credential) {
		p.readAt, p.situation.Now = p.Clock.Now(), p.Clock.Now()
		p.see(*result.Credential)
	}
}

// refuse remembers a refused write, so that it is not sent again before something that it depends on changes.
func (p *pass) refuse(d assignment.Decision, err error) {
	reason, message := p.blame(err)
	if seam.IsNotFound(err) {
		reason = v1alpha1.ReasonAssigneeNotFound
		message = fmt.Sprintf("Seam has no %s in this workspace: correct spec", d.Person)
		if d.Step == assignment.Unassign {
			message = fmt.Sprintf("Seam shows %s as the holder and says that there is nobody of that ID to unassign", d.Person)
		}
	}
	if d.Step == assignment.Assign && p.situation.Seen.Holder.Free() {
		message += "; nobody holds the credential now"
	}
	p.mem.refused = &assignment.Refusal{
		Write:   p.situation.Marks.Record.Write,
		Person:  d.Person,
		Holder:  p.situation.Seen.Holder,
		Reason:  reason,
		Message: message,
	}
	p.mem.expires = p.Clock.Now().Add(p.resyncInterval())
	p.situation.Refused = p.mem.refused
}

func (p *pass) pending(pending *assignment.Pending) {
	p.mem.last.pending, p.situation.Pending = pending, pending
}

func (p *pass) newRecord(d assignment.Decision) assignment.Record {
	record := assignment.Record{
		UID:         string(p.obj.UID),
		WorkspaceID: p.situation.Seen.WorkspaceID,
		Person:      d.Person,
		Write:       assignment.WriteAssign,
		At:          p.Clock.Now(),
	}
	if d.Step == assignment.Unassign {
		record.Write, record.Owned = assignment.WriteUnassign, d.Owned
	}
	return record
}

// mark puts or takes off marks that go with no call to Seam.
func (p *pass) mark(ctx context.Context, d assignment.Decision) error {
	switch {
	case d.Step == assignment.Unmark:
		if err := p.patchMarks(ctx, false, ""); err != nil {
			return err
		}
		p.mem.last.expire(p.Clock.Now())
		p.pending(nil)
		p.mem.last.forget()
		return nil
	case d.Person == assignment.Person{}:
		text, _ := p.mem.last.standing(p.obj)
		return p.patchMarks(ctx, d.Finalizer, text)
	default:
		record := p.newRecord(d)
		record.Found = true
		p.mem.last.expire(record.At) // the record is about to be replaced
		if err := p.putMarks(ctx, d.Finalizer, &record); err != nil {
			return err
		}
		p.pending(nil)
		return nil
	}
}

// putMarks writes a new record, which this process itself will settle.
func (p *pass) putMarks(ctx context.Context, finalizer bool, record *assignment.Record) error {
	if err := p.patchMarks(ctx, finalizer, record.String()); err != nil {
		return err
	}
	p.mem.last.wrote(record)
	return nil
}

// patchMarks writes finalizer and record, provided that the object is still the one that the decision went by.
func (p *pass) patchMarks(ctx context.Context, finalizer bool, record string) error {
	base := p.obj.DeepCopy()
	if finalizer {
		controllerutil.AddFinalizer(p.obj, v1alpha1.Finalizer)
	} else {
		controllerutil.RemoveFinalizer(p.obj, v1alpha1.Finalizer)
	}
	if record == "" {
		delete(p.obj.Annotations, v1alpha1.AnnotationAssignedTo)
	} else {
		if p.obj.Annotations == nil {
			p.obj.Annotations = map[string]string{}
		}
		p.obj.Annotations[v1alpha1.AnnotationAssignedTo] = record
	}
	if err := p.Client.Patch(ctx, p.obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		*p.obj = *base // rivals judge it by what it really carries
		return fmt.Errorf("marking %s/%s: %w", p.obj.Namespace, p.obj.Name, err)
	}
	p.mem.wrote = p.obj.ResourceVersion
	marks := &p.situation.Marks
	marks.Finalizer, marks.Annotated = marksOf(p.obj)
	_, marks.Record = recordOf(p.obj) // what was just written stands
	marks.Overwritten = false
	return nil
}

// finish lets a deleted object go.
func (p *pass) finish(ctx context.Context, d assignment.Decision) (outcome, error) {
	if d.Reason == assignment.HandedOver {
		if err := p.stands(ctx, d.Successor); err != nil {
			return p.explain(ctx, err)
		}
	}
	_, text := p.marks()
	if err := p.patchMarks(ctx, false, text); client.IgnoreNotFound(err) != nil {
		return outcome{}, err
	}
	p.mem.gone = true
	p.tellFinish(d)
	return outcome{}, nil
}

// stands asks the API server itself whether the object that takes over is still there with its finalizer: one that was
// deleted at the moment it marked itself may be gone all the same.
func (p *pass) stands(ctx context.Context, uid string) error {
	for _, o := range p.group.objects {
		if string(o.UID) != uid {
			continue
		}
		var live v1alpha1.CredentialAssignment
		err := p.Live.Get(ctx, client.ObjectKeyFromObject(o), &live)
		if client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("looking at the successor of %s/%s: %w", p.obj.Namespace, p.obj.Name, err)
		}
		if finalizer, _ := marksOf(&live); err == nil && live.UID == o.UID && live.DeletionTimestamp.IsZero() && (finalizer || p.retains(&live)) {
			return nil
		}
	}
	return &notYet{wait: conflictDelay}
}
