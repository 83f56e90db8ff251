package keys

import (
	"math/rand/v2"
	"time"
)

const (
	shortestRetry = 100 * time.Millisecond // before asking again for what no queue hands out in order
	longestRetry  = 5 * time.Second
)

// Admit lets an object use the key, which ends with Leave, or returns a *BusyError. Urgent ones get the
// limiter's tokens in the order in which they asked. The others only look: they get a token while more than half of the burst
// is left, and never the last place in flight, so that nothing urgent waits for them.
func (k *Key) Admit(t *Turn, isUrgent bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	if becameUrgent := isUrgent && !t.hasToken; becameUrgent || !t.Waits(k) {
		*t = Turn{}
		if !now.Before(k.restUntil) {
			*t = k.join(isUrgent, now)
		}
	}
	t.isUrgent = isUrgent
	if err := k.refusal(t, now); err != nil {
		return err
	}
	if !t.hasToken {
		k.limiter.AllowN(now, 1)
	}
	*t = Turn{}
	k.inFlight++
	return nil
}

// Leave ends what Admit began.
func (k *Key) Leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inFlight--
}

// join returns a place in the queue. It takes a token from the limiter for an urgent object only.
func (k *Key) join(isUrgent bool, now time.Time) Turn {
	wait := k.untilSpare(now)
	if isUrgent {
		wait = k.limiter.ReserveN(now, 1).DelayFrom(now)
	}
	k.throttled(wait)
	return Turn{key: k, due: now.Add(wait), hasToken: isUrgent}
}

// refusal returns a *BusyError while the object has to wait.
func (k *Key) refusal(t *Turn, now time.Time) error {
	switch {
	case now.Before(k.restUntil):
		return &BusyError{Wait: k.restUntil.Sub(now), Resting: true}
	case !t.Waits(k):
		return nil
	case now.Before(t.due):
		return &BusyError{Wait: t.due.Sub(now)}
	case !t.hasToken && k.untilSpare(now) > 0:
		return &BusyError{Wait: max(k.untilSpare(now), k.retryDelay(t, now))}
	case k.inFlight >= k.places(t.isUrgent):
		return &BusyError{Wait: k.retryDelay(t, now)}
	default:
		return nil
	}
}

// untilSpare returns how long it takes until more than half of the burst is left, rounded up so that it is so then.
func (k *Key) untilSpare(now time.Time) time.Duration {
	missing := float64(k.limits.Burst/2+1) - k.limiter.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing/k.limits.QPS*1000+1) * time.Millisecond
}

// places returns how many may be in flight for an object to be admitted beside them.
func (k *Key) places(isUrgent bool) int {
	if isUrgent {
		return k.limits.InFlight
	}
	return max(k.limits.InFlight-1, 1)
}

// retryDelay returns as long a delay as the object has waited since its turn came: so each is twice the last, nothing
// needs to be counted, and many that wait do not ask all the time. ±10%, so that they do not come together.
func (k *Key) retryDelay(t *Turn, now time.Time) time.Duration {
	since := t.due
	if since.Before(k.restUntil) {
		since = k.restUntil
	}
	delay := min(max(now.Sub(since), shortestRetry), longestRetry)
	return time.Duration(float64(delay) * (0.9 + 0.2*rand.Float64()))
}
