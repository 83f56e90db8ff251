package controllers

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// report writes what an attempt came to into status, in one write, and only if it changes something.
func (a *attempt) report(ctx context.Context, d assignment.Decision) error {
	now := a.Clock.Now()
	if a.hasLooked(d) {
		a.state.own.lookedAt = now
	}
	before := a.reported()
	verdict := assignment.JudgeReport(a.in.Object, d, before, now)
	a.schedule(d, verdict, before)
	base := a.obj.DeepCopy()
	status.Apply(a.obj, a.outcome(ctx, d, verdict), now)
	if equality.Semantic.DeepEqual(base.Status, a.obj.Status) {
		a.reportedNow(verdict)
		return nil
	}
	if err := a.Client.Status().Patch(ctx, a.obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{})); err != nil {
		a.obj = base
		return fmt.Errorf("reporting on %s/%s: %w", base.Namespace, base.Name, err)
	}
	a.noteVersion()
	a.tellTransition(status.Ready(base), status.Ready(a.obj))
	a.reportedNow(verdict)
	return nil
}

// reported returns what status says so far.
func (a *attempt) reported() assignment.Reported {
	before := status.Reported(a.obj)
	before.Person, before.LookedAt, before.ResyncInterval = a.state.own.speaksOf, a.state.own.lookedAt, a.resyncInterval()
	if before.Person.IsZero() && a.showsDeclared() {
		before.Person = a.in.Object.Declared.Person
	}
	return before
}

// showsDeclared reports whether status, which another process wrote, shows the declared person as the holder.
func (a *attempt) showsDeclared() bool {
	p, shown := a.in.Object.Declared.Person, a.obj.Status
	return isReady(a.obj) && (p.ACSUserID != "" && p.ACSUserID == shown.ACSUserID ||
		p.UserIdentityID != "" && p.UserIdentityID == shown.UserIdentityID)
}

// reportedNow notes whom Ready speaks of.
func (a *attempt) reportedNow(v assignment.Verdict) {
	if !v.Keep {
		a.state.own.speaksOf = a.in.Object.Declared.Person
	}
	if !v.Keep && v.Progress != assignment.Reconciling {
		a.state.own.isWriteTold = false
	}
	if v.Reason == v1alpha1.ReasonAssigned {
		a.state.schedule.failures = 0
	}
}

// outcome gathers what status shows.
func (a *attempt) outcome(ctx context.Context, d assignment.Decision, v assignment.Verdict) status.Outcome {
	out := status.Outcome{
		Verdict:    v,
		Record:     d.Record,
		Looked:     a.hasLooked(d),
		AssignedAt: a.assigned,
		WayOut:     status.WayOut{Person: a.mayHold()},
	}
	if v.Reason == v1alpha1.ReasonSecretNotFound && a.in.Object.Deletion != nil {
		out.WayOut.NamespaceIsTerminating = a.isTerminating(ctx, a.obj.Namespace)
	}
	if !a.isSpare && a.seen.shown != nil && a.seen.Credential == assignment.Found && assignment.IsReadable(a.in) {
		out.Credential, out.WorkspaceID, out.Holder = a.seen.shown, a.seen.WorkspaceID, a.seen.Holder
		if out.Holder.UserIdentityID == "" {
			out.Holder.UserIdentityID = a.seen.People[assignment.Person{ACSUserID: out.Holder.ACSUserID}].UserIdentityID
		}
	}
	return out
}

// hasLooked reports whether Seam told what the decision says, and not an error.
func (a *attempt) hasLooked(d assignment.Decision) bool {
	return a.seen.Credential != assignment.NotRead && d.State != "" || a.written != nil && a.written.Acknowledged
}

// mayHold returns who may hold the credential because of the object.
func (a *attempt) mayHold() assignment.Person {
	record := a.in.Object.Record
	for _, w := range record.Pending {
		if w.Operation == v1alpha1.OperationAssign {
			return w.Person
		}
	}
	if owner := record.Owner(); !owner.IsZero() {
		return owner
	}
	return a.in.Object.Declared.Person
}

// schedule decides when the object is due again. A time that was set before, such as that of a busy key, stands.
func (a *attempt) schedule(d assignment.Decision, v assignment.Verdict, before assignment.Reported) {
	if d.State == assignment.SuccessorExpected && a.state.own.waitsSince.IsZero() {
		a.state.own.waitsSince = a.in.Now
		a.credential.hurry(assignment.Awaited(a.in), a.in.Now)
	}
	if a.next.IsZero() {
		a.next = a.usualNext(d)
	}
	if v.Keep && assignment.IsOutage(d.Reason) {
		a.next = earlier(a.next, before.OutageShowsAt())
	}
	if !d.Record.IsEmpty() {
		a.next = earlier(a.next, a.firstSettled(d.Record))
	}
}

// firstSettled returns when the first pending write of a record can come about no more; zero when there is none.
func (a *attempt) firstSettled(r assignment.Record) (first time.Time) {
	for _, w := range r.Pending {
		if ends := w.SentAt.Add(2 * a.SeamTimeout); ends.After(a.in.Now) {
			first = earlier(first, ends)
		}
	}
	return first
}

// usualNext returns when an object is due again after a look that ended as decided.
func (a *attempt) usualNext(d assignment.Decision) time.Time {
	s, now := &a.state.schedule, a.Clock.Now()
	switch {
	case d.Reason == "", d.State == assignment.IsSuspended:
		return d.Until
	case d.Reason != v1alpha1.ReasonAssigned:
		return earlier(a.retryAt(d.Reason), d.Until)
	}
	next := earlier(now.Add(jitter(a.resyncInterval())), d.Until)
	if a.isProviderPending() {
		return earlier(next, now.Add(s.poll()))
	}
	s.polls = 0
	return next
}

// isProviderPending reports whether the access system is worth another look soon.
func (a *attempt) isProviderPending() bool {
	c := a.seen.shown
	return c != nil && len(c.Errors) == 0 && c.SyncedWithProvider != nil && !*c.SyncedWithProvider
}

// retryAt returns when to try again: a stalled object after the longest delay, or its resync when that is sooner; anything
// else after a delay that doubles.
func (a *attempt) retryAt(reason string) time.Time {
	now := a.Clock.Now()
	if assignment.ProgressOf(reason, a.in.Object.Deletion != nil) == assignment.Stalled {
		return now.Add(jitter(min(a.MaxRetryDelay, a.resyncInterval())))
	}
	return now.Add(a.state.schedule.retry(a.MinRetryDelay, a.MaxRetryDelay))
}

func (a *attempt) resyncInterval() time.Duration {
	if own := a.obj.Spec.ResyncInterval; own != nil {
		return own.Duration
	}
	return a.ResyncInterval
}

const rateLimited = "Seam limits how often this API key may ask: all objects with this key wait for it"

// reasonOf classifies an error, once and for all, by what should happen next. The message is stable: no counters, times or
// request IDs. An empty reason means that the error is not about Seam or its key.
func (a *attempt) reasonOf(err error) (reason, message string) {
	var missing *secretError
	name, _ := secretRef(a.obj)
	switch {
	case errors.As(err, &missing):
		return v1alpha1.ReasonSecretNotFound, missing.message
	case seam.IsTokenError(err):
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Secret %q: %s", name, err)
	}
	switch seam.ClassOf(err) {
	case seam.Unauthorized:
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Seam refuses the API key of Secret %q%s: put a valid key for the credential's workspace there", name, answerText(err))
	case seam.RateLimited:
		return v1alpha1.ReasonRateLimited, rateLimited
	case seam.Invalid, seam.NotFound:
		return v1alpha1.ReasonInvalidRequest, fmt.Sprintf("Seam refuses the request%s: correct spec; it is sent again when something changes, or at the next resync", answerText(err))
	case seam.OutcomeUnknown:
		return v1alpha1.ReasonOutcomeUnknown, "the answer to a change at Seam was lost: Seam is read before anything else is done"
	case seam.Unavailable:
		return v1alpha1.ReasonSeamUnavailable, "Seam cannot be reached or gives no readable answer; the operator retries"
	default:
		return "", ""
	}
}

// answerText says what Seam answered: the HTTP status and, when it is a plain code, Seam's error type.
func answerText(err error) string {
	var answer *seam.Error
	if !errors.As(err, &answer) || answer.Status == 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf(" (%d %s", answer.Status, answer.Type), " ") + ")"
}
