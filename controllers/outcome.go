package controllers

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// conclude ends a pass as the plan says.
func (p *pass) conclude(d assignment.Decision) outcome {
	out := outcome{reason: d.Reason, message: d.Message, looked: p.situation.Seen.Credential != assignment.NotRead}
	if d.Step == assignment.Wait && d.Reason == v1alpha1.ReasonAssigning && isReadyNow(p.obj) && p.mem.last.unseen.times == 0 {
		out.reason = "" // Seam showed it, and shows it no more: that is a read that lags
	}
	if d.Step == assignment.Wait && d.Successor != "" && p.mem.waitsSince.IsZero() {
		p.mem.waitsSince = p.situation.Now
	}
	if out.looked {
		p.mem.lastLook = p.Clock.Now()
		if d.Step == assignment.Rest { // what a read shows that may lag tells nothing of late writes
			p.mem.last.looked(p.readAt, p.SeamTimeout)
		}
	}
	out.next = p.nextLook(d)
	if out.looked {
		out.next = earlier(out.next, p.mem.last.lateLook(p.Clock.Now(), p.SeamTimeout))
	}
	return out
}

// again ends a pass that made its one change at Seam and has another one to make.
func (p *pass) again(d assignment.Decision) outcome {
	out := outcome{reason: v1alpha1.ReasonAssigning, looked: true, next: p.Clock.Now()}
	if d.Step == assignment.Unassign {
		out.reason = v1alpha1.ReasonUnassigning
	}
	out.message = fmt.Sprintf("on the way to %s", p.situation.Declared.Person)
	return out
}

// explain ends a pass that an error stopped. An error of Kubernetes is returned as it is.
func (p *pass) explain(ctx context.Context, err error) (outcome, error) {
	var turn *notYet
	var lost *othersLost
	switch {
	case p.mayCall() != nil && !seam.IsOutcomeUnknown(err):
		return p.interrupted(), nil
	case errors.As(err, &turn):
		return p.waiting(turn), nil
	case errors.Is(err, errInterrupted):
		return outcome{next: p.Clock.Now()}, nil
	case errors.Is(err, errGaveWay):
		return outcome{next: p.retryAfter(v1alpha1.ReasonSeamUnavailable)}, nil
	case errors.As(err, &lost):
		return outcome{
			reason:  v1alpha1.ReasonOutcomeUnknown,
			message: "the answer to a change of this credential was lost: nothing is sent until it can no longer be under way",
			next:    lost.until,
		}, nil
	}
	reason, message := p.blame(err)
	if reason == "" {
		return outcome{}, err
	}
	if reason == v1alpha1.ReasonSecretNotFound && p.situation.Declared.Deleting() {
		p.orphaned = p.isTerminating(ctx, p.obj.Namespace)
	}
	ctrl.LoggerFrom(ctx).Info("not done", "object", p.obj.Namespace+"/"+p.obj.Name, "reason", reason, "error", err.Error())
	out := outcome{reason: reason, message: message, next: p.retryAfter(reason)}
	if isOutage(reason) {
		p.mem.waitsSince = time.Time{} // it waits for its successor with Seam in sight
	}
	if p.outage(out) {
		out.next = earlier(out.next, p.outageEnds())
	}
	if _, told := seam.RetryAfter(err); told || seam.IsRateLimited(err) {
		p.key.rest(err)
		out.next = later(out.next, p.key.resting())
	}
	return out, nil
}

// interrupted ends a pass when the operator stops: what was changed is told, anything else is left to the next process.
func (p *pass) interrupted() outcome {
	again := p.Clock.Now().Add(p.MinRetryDelay) // a lease that was late may be renewed after all
	if p.changed == "" {
		return outcome{next: again}
	}
	out := outcome{reason: v1alpha1.ReasonAssigning, message: "Seam has accepted the change; the operator stopped before it saw it", next: again}
	if p.situation.Marks.Record.Write == assignment.WriteUnassign {
		out.reason = v1alpha1.ReasonUnassigning
	}
	return out
}

// waiting ends a pass before its turn. That is told only of an object about whose declaration nothing is known yet.
func (p *pass) waiting(turn *notYet) outcome {
	out := outcome{next: p.Clock.Now().Add(turn.wait)}
	if turn.resting && p.obj.Status.ObservedGeneration != p.obj.Generation {
		out.reason, out.message = v1alpha1.ReasonRateLimited, rateLimited
	}
	return out
}

const rateLimited = "Seam limits how often this API key may ask: all objects with this key wait for it"

// blame classifies an error, once and for all, by what should happen next. The message is stable: no counters, times
// or request IDs. An empty reason means that the error is not about Seam or its key.
func (p *pass) blame(err error) (reason, message string) {
	var missing *secretError
	name, _ := secretRef(p.obj)
	switch {
	case errors.As(err, &missing):
		return v1alpha1.ReasonSecretNotFound, missing.message
	case seam.IsTokenError(err):
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Secret %q: %s", name, err)
	}
	switch seam.ClassOf(err) {
	case seam.Unauthorized:
		return v1alpha1.ReasonUnauthorized, fmt.Sprintf("Seam refuses the API key of Secret %q%s: put a valid key for the credential's workspace there", name, told(err))
	case seam.RateLimited:
		return v1alpha1.ReasonRateLimited, rateLimited
	case seam.Invalid, seam.NotFound:
		return v1alpha1.ReasonInvalidRequest, fmt.Sprintf("Seam refuses the request%s: correct spec; it is sent again when something changes, or at the next resync", told(err))
	case seam.OutcomeUnknown:
		return v1alpha1.ReasonOutcomeUnknown, "the answer to a change at Seam was lost: Seam is looked at before anything else is done"
	case seam.Unavailable:
		return v1alpha1.ReasonSeamUnavailable, "Seam cannot be reached or gives no readable answer; it is asked again without your doing"
	default:
		return "", ""
	}
}

// told says what Seam answered: the HTTP status and, when it is a plain code, Seam's error type.
func told(err error) string {
	var answer *seam.Error
	if !errors.As(err, &answer) || answer.Status == 0 {
		return ""
	}
	return strings.TrimSuffix(fmt.Sprintf(" (%d %s", answer.Status, answer.SafeType()), " ") + ")"
}

// nextLook returns when to look at Seam again after a pass that ended as the plan says.
func (p *pass) nextLook(d assignment.Decision) time.Time {
	now := p.Clock.Now()
	switch {
	case d.Reason == "" || d.Reason == v1alpha1.ReasonSuspended:
		return time.Time{}
	case d.Step == assignment.Wait && p.situation.Seen.Credential == assignment.NotRead:
		return d.Until
	case d.Step == assignment.Wait:
		return earlier(p.retryAfter(d.Reason), d.Until)
	case d.Reason != v1alpha1.ReasonAssigned:
		return p.retryAfter(d.Reason)
	}
	next := now.Add(jitter(p.resyncInterval()))
	if p.providerPending() {
		next = earlier(next, now.Add(jitter(p.poll())))
	} else {
		p.mem.polls = 0
	}
	return next
}

// retryAfter returns when to try again: a stalled object after the longest delay, or its resync when that is sooner;
// anything else after a delay that doubles.
func (p *pass) retryAfter(reason string) time.Time {
	if p.kind(reason) == stalled {
		return p.Clock.Now().Add(jitter(min(p.MaxRetryDelay, p.resyncInterval())))
	}
	delay := doubled(p.MinRetryDelay, p.mem.failures, p.MaxRetryDelay)
	p.mem.failures++
	return p.Clock.Now().Add(jitter(delay))
}

const (
	firstPoll = 5 * time.Second
	lastPoll  = 5 * time.Minute
)

// poll returns how long to wait before asking again whether the access system is synced: 5 s, growing to 5 min.
func (p *pass) poll() time.Duration {
	delay := doubled(firstPoll, p.mem.polls, lastPoll)
	p.mem.polls++
	return delay
}

func (p *pass) resyncInterval() time.Duration {
	if own := p.obj.Spec.ResyncInterval; own != nil {
		return own.Duration
	}
	return p.ResyncInterval
}

// doubled returns the delay doubled so many times, at most the longest.
func doubled(delay time.Duration, times int, longest time.Duration) time.Duration {
	for ; times > 0 && delay < longest; times-- {
		delay *= 2
	}
	return min(delay, longest)
}

// jitter spreads a delay by ±10%, so that objects that began together do not stay together.
func jitter(delay time.Duration) time.Duration {
	return time.Duration(float64(delay) * (0.9 + 0.2*rand.Float64()))
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
