package controllers

import (
	"context"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// report writes what an attempt came to into status, in one write, and only if it changes something.
func (a *attempt) report(ctx context.Context, d assignment.Decision) error {
	now, own, isDeleting := a.Clock.Now(), &a.state.own, a.in.Object.Deletion != nil
	out := outcomeOf(d, a.in.Object, &a.session, &a.result)
	if out.Looked {
		own.lookedAt = now
	}
	before := own.reported(a.obj, a.in.Object.Declared.Person, a.paceOf(a.obj).resync)
	out.Verdict = assignment.JudgeReport(a.in.Object, d, before, now)
	if out.Verdict.Reason == v1alpha1.ReasonSecretNotFound && isDeleting {
		out.WayOut.NamespaceIsTerminating = a.isTerminating(ctx, a.obj.Namespace)
	}
	if deletion := a.in.Object.Deletion; len(d.Awaited) > 0 && deletion.WaitsSince.IsZero() {
		deletion.WaitsSince = a.in.Now
		a.credential.hurry(d.Awaited, a.in.Now)
	}
	a.setNext(d, out.Verdict, before, now)
	// A conflict here ends the attempt without a word: whoever changed the object woke it, and what was done at Seam is recorded.
	ready := status.Ready(a.obj)
	if err := a.putOutcome(ctx, out, now); err != nil {
		return err
	}
	// A write had its event when Seam accepted it, which stands for the change of the reason as well.
	if after := status.Ready(a.obj); after.Reason != v1alpha1.ReasonAssigned || !own.isWriteReported {
		progress := assignment.ProgressOf(after.Reason, isDeleting)
		a.emit(ctx, a.obj, eventForTransition(ready, after, progress, !out.AssignedAt.IsZero()))
	}
	own.hasReported(out.Verdict, a.in.Object.Declared.Person)
	// Only an end that is as declared, or something asked anew, lets the next trouble begin with short delays: one reason after
	// another would else keep them short for ever.
	if out.Verdict.Reason == v1alpha1.ReasonAssigned {
		a.state.schedule.failures = 0
	}
	return nil
}

// reported returns what status says so far of an object that declares a person.
func (o *ownState) reported(obj *v1alpha1.CredentialAssignment, declared assignment.Person, resync time.Duration) assignment.Reported {
	before := status.Reported(obj)
	before.Person, before.LookedAt, before.ResyncInterval = o.speaksOf, o.lookedAt, resync
	if before.Person.IsZero() && status.ShowsAssigned(obj) {
		before.Person = declared // another process wrote it
	}
	return before
}

// hasReported notes what status says now.
func (o *ownState) hasReported(v assignment.Verdict, declared assignment.Person) {
	if !v.Keep {
		o.speaksOf = declared
		o.isWriteReported = o.isWriteReported && v.Progress == assignment.Reconciling
	}
}

// outcomeOf gathers what status shows, but for the verdict.
func outcomeOf(d assignment.Decision, o assignment.Object, at *session, r *result) status.Outcome {
	out := status.Outcome{
		Record:     d.Record,
		Looked:     at.seen.Credential != assignment.NotRead && !d.IsInterrupted || r.written != nil && r.written.Acknowledged,
		AssignedAt: r.assignedAt,
		WayOut:     status.WayOut{Person: o.MayHold()},
	}
	if d.IsReadable && !at.isSpare {
		out.Credential, out.WorkspaceID, out.Holder = at.seen.shown, at.seen.WorkspaceID, at.seen.holder()
	}
	return out
}

// setNext decides when the object is due again. A time that was set before, such as that of a busy key, stands.
func (a *attempt) setNext(d assignment.Decision, v assignment.Verdict, before assignment.Reported, now time.Time) {
	// The decision's own time (a deadline, the end of a grace) always counts: a retry that comes later would miss it.
	next := a.result.next
	if next.IsZero() {
		next = a.state.schedule.after(d, assignment.ProgressOf(d.Reason, a.in.Object.Deletion != nil), a.session.seen.isProviderPending(), a.paceOf(a.obj), now)
	}
	if v.Keep && assignment.IsOutage(d.Reason) {
		next = assignment.Earlier(next, before.OutageShowsAt())
	}
	a.result.next = assignment.Earlier(next, d.Until)
}
