package controllers

import (
	"math/rand/v2"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// schedule is when an object is looked at.
type schedule struct {
	// trigger is what the last look went by, zero before the first one; wanted is what the next one will go by.
	trigger, wanted trigger

	next  time.Time // when the next look is due; zero for never
	ended time.Time // when the last look ended
	// latest is how late a resync may be; zero when the next look is none.
	latest time.Time
	// isAwaited says that a deleted object waits for this one to take over: its look is not bounded by number.
	isAwaited bool
	failures  int // looks in a row that ended unfinished
	polls     int // looks in a row that found the access system not synced
}

// pace is how often an object is looked at.
type pace struct {
	shortest, longest time.Duration // between looks that end unfinished: doubling from the one to the other
	resync            time.Duration // between looks at what is settled
}

// paceOf returns how often an object is looked at.
func (o *Options) paceOf(obj *v1alpha1.CredentialAssignment) pace {
	p := pace{shortest: o.MinRetryDelay, longest: o.MaxRetryDelay, resync: o.ResyncInterval}
	if own := obj.Spec.ResyncInterval; own != nil {
		p.resync = own.Duration
	}
	return p
}

// due returns from when on the object is due; zero for never. What the object with the claim says makes another one due at
// most every minDelay, unless either is being deleted.
func (s *schedule) due(now time.Time, minDelay time.Duration) time.Time {
	t := s.wanted
	switch {
	case t == s.trigger:
		return s.next
	case s.trigger != trigger{} && t.isByOthers(s.trigger) && t.claim.winner != "" && !t.claim.isDeleting && !t.deleting:
		return assignment.Earlier(s.next, later(now, s.ended.Add(minDelay)))
	default:
		return now
	}
}

// isBySecret reports whether a look that is due comes only because the Secret is another version.
func (s *schedule) isBySecret(now time.Time) bool {
	t := s.wanted
	t.secret = s.trigger.secret
	return t == s.trigger && s.wanted != s.trigger && s.next.After(now) && !s.isAwaited
}

// patience returns how much later than now a look may be, so that it shares with others what it costs: as late as the jitter
// of its resync lets it be, when it comes only because its time has.
func (s *schedule) patience(now time.Time) time.Duration {
	if s.wanted != s.trigger || s.isAwaited {
		return 0
	}
	return max(s.latest.Sub(now), 0)
}

// begin takes over what a look goes by. What somebody declared or asked for anew begins with short delays again.
func (s *schedule) begin() (isAskedAnew bool) {
	isAskedAnew = s.wanted.isAskedAnew(s.trigger)
	if isAskedAnew {
		s.failures, s.polls = 0, 0
	}
	s.trigger, s.next, s.latest, s.isAwaited = s.wanted, time.Time{}, time.Time{}, false
	return isAskedAnew
}

// after returns when an object is due again after a look that ended as decided; zero when only what the decision itself waits
// for makes it so.
func (s *schedule) after(d assignment.Decision, progress assignment.Progress, isProviderPending bool, p pace, now time.Time) time.Time {
	switch {
	case d.Reason == "", d.State == assignment.IsSuspended:
		return time.Time{}
	case d.Reason != v1alpha1.ReasonAssigned:
		return s.retryAt(progress, p, now)
	case isProviderPending:
		return assignment.Earlier(now.Add(jitter(p.resync)), now.Add(s.poll()))
	default:
		s.polls = 0
		s.latest = now.Add(p.resync + p.resync/10)
		return now.Add(jitter(p.resync))
	}
}

// retryAt returns when to try again: what waits for a person after the longest delay, or its resync when that is sooner;
// anything else after a delay that doubles.
func (s *schedule) retryAt(progress assignment.Progress, p pace, now time.Time) time.Time {
	if progress == assignment.Stalled {
		return now.Add(jitter(min(p.longest, p.resync)))
	}
	return now.Add(s.retry(p.shortest, p.longest))
}

// retry returns a delay that doubles with each look that ended unfinished.
func (s *schedule) retry(shortest, longest time.Duration) time.Duration {
	delay := doubled(shortest, s.failures, longest)
	s.failures++
	return jitter(delay)
}

const (
	firstPoll = 5 * time.Second
	lastPoll  = 5 * time.Minute
)

// poll returns how long to wait before asking again whether the access system is synced: 5 s, growing to 5 min.
func (s *schedule) poll() time.Duration {
	delay := doubled(firstPoll, s.polls, lastPoll)
	s.polls++
	return jitter(delay)
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

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
