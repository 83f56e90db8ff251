package controllers

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// trigger is what a look at an object depends on, apart from Seam: another one makes the object due.
type trigger struct {
	generation int64
	observed   int64 // status.observedGeneration: somebody may have wiped status
	requested  [2]string
	deleting   bool
	abandoned  bool
	finalizer  bool
	pending    int
	owner      assignment.Person
	secret     string
	claim      claimTrigger
}

// claimTrigger is what a look depends on of the other objects.
type claimTrigger struct {
	winner        string
	person        assignment.Person
	isDeleting    bool
	isSuspended   bool
	stalled       string
	winsByReading bool
	tookOver      string // who has taken over from this object since it was deleted
	otherWrites   int    // with the claim: the writes of other objects that ended
}

func triggerOf(obj *v1alpha1.CredentialAssignment, record assignment.Record, secret string, claim claimTrigger) trigger {
	return trigger{
		generation: obj.Generation,
		observed:   obj.Status.ObservedGeneration,
		requested:  [2]string{obj.Annotations[v1alpha1.AnnotationRequestedAt], obj.Annotations[v1alpha1.AnnotationFluxRequestedAt]},
		deleting:   !obj.DeletionTimestamp.IsZero(),
		abandoned:  obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
		finalizer:  status.HasFinalizer(obj),
		pending:    len(record.Pending),
		owner:      record.Owner(),
		secret:     secret,
		claim:      claim,
	}
}

func (c *credentialState) claimTriggerOf(claim assignment.Claim, o *objectState, hasClaim bool, successors []int) claimTrigger {
	t := claimTrigger{winsByReading: claim.WinsByReading, tookOver: o.successor(c.peers, successors)}
	if hasClaim {
		t.otherWrites = c.writes - o.ownWrites
	}
	if w := claim.Winner; w != nil {
		t.winner, t.person = w.UID, w.Declared.Person
		t.isDeleting, t.isSuspended, t.stalled = w.Deleting, w.Declared.Suspended, w.Seen.Stalled
	}
	return t
}

// isByOthers reports whether nothing changed but what other objects say.
func (t trigger) isByOthers(before trigger) bool {
	t.claim = before.claim
	return t == before
}

// schedule is when an object is looked at.
type schedule struct {
	// trigger is what the last look went by; zero before the first one.
	trigger   trigger
	next      time.Time // when the next look is due; zero for never
	ended     time.Time // when the last look ended
	isAwaited bool      // a deleted object waits for it
	failures  int       // looks in a row that ended unfinished
	polls     int       // looks in a row that found the access system not synced
}

// due returns from when on the object is due; zero for never. What the object with the claim says makes another one due at
// most every minDelay, unless either is being deleted.
func (s *schedule) due(t trigger, now time.Time, minDelay time.Duration) time.Time {
	switch {
	case t == s.trigger:
		return s.next
	case s.trigger != trigger{} && t.isByOthers(s.trigger) && t.claim.winner != "" && !t.claim.isDeleting && !t.deleting:
		return earlier(s.next, later(now, s.ended.Add(minDelay)))
	default:
		return now
	}
}

// begin takes over what a look goes by. What somebody declared or asked for anew begins with short delays again.
func (s *schedule) begin(t trigger) (isNew bool) {
	isNew = t.generation != s.trigger.generation || t.secret != s.trigger.secret || t.requested != s.trigger.requested || t.deleting != s.trigger.deleting
	if isNew {
		s.failures, s.polls = 0, 0
	}
	s.trigger, s.next, s.isAwaited = t, time.Time{}, false
	return isNew
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

// sends is what this process knows of the writes that it sent for an object.
type sends struct {
	assignment.Sends
	refusedUntil time.Time // when the refused write is tried again
	times        int       // how often the last write was sent and not shown since
}

// at returns what still counts at a time.
func (s *sends) at(now time.Time) assignment.Sends {
	if s.Refused != nil && !now.Before(s.refusedUntil) {
		s.Refused = nil
	}
	return s.Sends
}

// sent notes a write whose effect does not show yet: the time before it is sent again doubles.
func (s *sends) sent(w assignment.PendingWrite, timeout, longest time.Duration) {
	if s.Last == nil || s.Last.Operation != w.Operation || s.Last.Person != w.Person {
		s.times = 0
	}
	s.Last = &w
	s.NotBefore = w.SentAt.Add(doubled(timeout, s.times, max(longest, timeout)))
	s.times++
}

// settle forgets the last write once a read has shown its effect: it left the record before its time was over.
func (s *sends) settle(r assignment.Record, now time.Time, timeout time.Duration) {
	if last := s.Last; last != nil && !slices.ContainsFunc(r.Pending, last.Same) && now.Before(last.SentAt.Add(2*timeout)) {
		s.Last = nil
	}
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

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
