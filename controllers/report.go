package controllers

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// report writes what an attempt came to into status, in one write, and only if it changes something.
func (a *attempt) report(ctx context.Context, d assignment.Decision) error {
	now, own := a.Clock.Now(), &a.state.own
	hasLooked := a.session.seen.Credential != assignment.NotRead && d.State != "" || a.result.written != nil && a.result.written.Acknowledged
	if hasLooked {
		own.lookedAt = now
	}
	before := a.reported()
	v := assignment.JudgeReport(a.in.Object, d, before, now)
	a.setNext(d, v, before, now)
	obj := a.obj.DeepCopy()
	status.Apply(obj, a.outcome(ctx, d, v, hasLooked), now)
	if !equality.Semantic.DeepEqual(a.obj.Status, obj.Status) {
		ready := status.Ready(a.obj)
		if err := a.Client.Status().Patch(ctx, obj, a.ifUnchanged()); err != nil {
			return fmt.Errorf("reporting on %s/%s: %w", obj.Namespace, obj.Name, err)
		}
		a.stored(obj)
		a.emit(ctx, a.eventForTransition(ready, status.Ready(obj)))
	}
	if !v.Keep {
		own.speaksOf = a.in.Object.Declared.Person
		own.isWriteReported = own.isWriteReported && v.Progress == assignment.Reconciling
	}
	if v.Reason == v1alpha1.ReasonAssigned {
		a.state.schedule.failures = 0
	}
	return nil
}

// reported returns what status says so far.
func (a *attempt) reported() assignment.Reported {
	before := status.Reported(a.obj)
	before.Person, before.LookedAt, before.ResyncInterval = a.state.own.speaksOf, a.state.own.lookedAt, a.pace().resync
	if before.Person.IsZero() && status.ShowsAssigned(a.obj) {
		before.Person = a.in.Object.Declared.Person // another process wrote it
	}
	return before
}

// outcome gathers what status shows.
func (a *attempt) outcome(ctx context.Context, d assignment.Decision, v assignment.Verdict, hasLooked bool) status.Outcome {
	out := status.Outcome{
		Verdict:    v,
		Record:     d.Record,
		Looked:     hasLooked,
		AssignedAt: a.result.assignedAt,
		WayOut:     status.WayOut{Person: a.in.Object.MayHold()},
	}
	if v.Reason == v1alpha1.ReasonSecretNotFound && a.in.Object.Deletion != nil {
		out.WayOut.NamespaceIsTerminating = a.isTerminating(ctx, a.obj.Namespace)
	}
	if seen := a.session.seen; d.IsReadable && !a.session.isSpare {
		out.Credential, out.WorkspaceID, out.Holder = seen.shown, seen.WorkspaceID, seen.Holder
		linked := seen.People[assignment.Person{ACSUserID: out.Holder.ACSUserID}].UserIdentityID
		out.Holder.UserIdentityID = cmp.Or(out.Holder.UserIdentityID, linked)
	}
	return out
}

// setNext decides when the object is due again. A time that was set before, such as that of a busy key, stands.
func (a *attempt) setNext(d assignment.Decision, v assignment.Verdict, before assignment.Reported, now time.Time) {
	if deletion := a.in.Object.Deletion; len(d.Awaited) > 0 && deletion.WaitsSince.IsZero() {
		deletion.WaitsSince = a.in.Now
		a.credential.hurry(d.Awaited, a.in.Now)
	}
	next := a.result.next
	if next.IsZero() {
		next = a.state.schedule.after(d, a.progressOf(d.Reason), a.isProviderPending(), a.pace(), now)
	}
	if v.Keep && assignment.IsOutage(d.Reason) {
		next = earlier(next, before.OutageShowsAt())
	}
	a.result.next = earlier(next, d.Until)
}

// isProviderPending reports whether the access system is worth another look soon.
func (a *attempt) isProviderPending() bool {
	c := a.session.seen.shown
	return c != nil && len(c.Errors) == 0 && c.SyncedWithProvider != nil && !*c.SyncedWithProvider
}

func (a *attempt) progressOf(reason string) assignment.Progress {
	return assignment.ProgressOf(reason, a.in.Object.Deletion != nil)
}

// pace returns how often the object is looked at.
func (a *attempt) pace() pace {
	p := pace{shortest: a.MinRetryDelay, longest: a.MaxRetryDelay, resync: a.ResyncInterval}
	if own := a.obj.Spec.ResyncInterval; own != nil {
		p.resync = own.Duration
	}
	return p
}
