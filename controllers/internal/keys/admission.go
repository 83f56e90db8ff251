package keys

import (
	"math/rand/v2"
	"time"
)

const (
	shortestRetry = 100 * time.Millisecond // before asking again for what no queue hands out in order
	longestRetry  = 15 * time.Second
	// inLineRetry is for those that are called when their turn comes: it only mends what nobody has thought of.
	inLineRetry = time.Minute
	// routineShare is the part of the rate, one of so many, that routine looks get whatever the urgent ones take, once they have
	// waited for routinePatience.
	routineShare    = 10
	routinePatience = 10 * time.Second
)

// Admit lets an object use the key, which ends with Leave, or returns a *BusyError or a *FailingError. Urgent ones get the
// limiter's tokens in the order in which they asked. The others get a token while more than half of the burst is left, or
// of a small share of their own, and never the last place in flight, so that nothing urgent waits for them.
func (k *Key) Admit(t *Turn, isUrgent bool) error {
	k.mu.Lock()
	defer k.unlock()
	now := k.clock.Now()
	if err := k.breaker.refusal(now, k.inFlight); err != nil {
		t.reset()
		return err
	}
	if becameUrgent := isUrgent && !t.hasToken; becameUrgent || t.key != k {
		t.reset()
		if !now.Before(k.restUntil) {
			k.join(t, isUrgent, now)
		}
	}
	t.setUrgent(isUrgent)
	if err := k.refusal(t, now); err != nil {
		return err
	}
	if !t.hasToken {
		k.limiter.ReserveN(now, 1)
	}
	t.reset()
	k.enter(now)
	return nil
}

// Leave ends what Admit began.
func (k *Key) Leave() {
	k.mu.Lock()
	defer k.unlock()
	k.leave()
}

// join gives the object a place in the queue. It takes a token from the limiter for an urgent one only.
func (k *Key) join(t *Turn, isUrgent bool, now time.Time) {
	wait := k.untilSpare(now)
	if isUrgent {
		wait = k.limiter.ReserveN(now, 1).DelayFrom(now)
	}
	k.throttled(wait)
	t.key, t.due, t.hasToken = k, now.Add(wait), isUrgent
}

// refusal returns a *BusyError while the object has to wait.
func (k *Key) refusal(t *Turn, now time.Time) error {
	switch {
	case now.Before(k.restUntil):
		t.leaveLine()
		return &BusyError{Wait: k.restUntil.Sub(now), Resting: true}
	case t.key != k:
		return nil
	case now.Before(t.due):
		return &BusyError{Wait: t.due.Sub(now)}
	case !t.hasToken && !k.spares(t, now):
		return &BusyError{Wait: max(k.untilSpare(now), k.retryDelay(t, now))}
	case !k.hasPlace(t, now):
		return &BusyError{Wait: k.untilPlace(t, now)}
	default:
		return nil
	}
}

// spares reports whether the limits let an object in that has no token of its own, now or when it asked before.
func (k *Key) spares(t *Turn, now time.Time) bool {
	t.isSpared = t.isSpared || k.untilSpare(now) <= 0 || now.Sub(t.due) >= routinePatience && k.share.AllowN(now, 1)
	return t.isSpared
}

// untilSpare returns how long it takes until more than half of the burst is left, rounded up so that it is so then.
func (k *Key) untilSpare(now time.Time) time.Duration {
	missing := float64(k.limits.Burst/2+1) - k.limiter.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing/float64(k.limiter.Limit())*1000+1) * time.Millisecond
}

// retryDelay returns as long a delay as the object has waited since its turn came: so each is twice the last, nothing
// needs to be counted, and many that wait do not ask all the time.
func (k *Key) retryDelay(t *Turn, now time.Time) time.Duration {
	since := t.due
	if since.Before(k.restUntil) {
		since = k.restUntil
	}
	return jitter(min(max(now.Sub(since), shortestRetry), longestRetry))
}

// jitter spreads a delay by ±10%, so that objects do not come together.
func jitter(delay time.Duration) time.Duration {
	return time.Duration(float64(delay) * (0.9 + 0.2*rand.Float64()))
}
