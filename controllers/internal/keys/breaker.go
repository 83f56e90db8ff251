package keys

import (
	"context"
	"errors"
	"time"
)

const (
	opensAfter   = 5 // failed calls in a row
	firstProbe   = time.Second
	longestProbe = 30 * time.Second
)

// breaker keeps all objects of a key from asking what the last ones were not told: after some failures in a row one of them
// tries at a time, and the others go by what it was told. When Seam answers, all go on.
type breaker struct {
	failures  int
	isHanging bool // the last call ran into its deadline
	last      error
	probeAt   time.Time // from when on the next one may try
	delay     time.Duration
}

func (b *breaker) isOpen() bool { return b.failures >= opensAfter }

// refusal returns a *FailingError unless the object may try.
func (b *breaker) refusal(now time.Time, inFlight int) error {
	switch {
	case !b.isOpen():
		return nil
	case now.Before(b.probeAt):
		return &FailingError{Err: b.last, Until: b.probeAt}
	case inFlight > 0:
		return &FailingError{Err: b.last, Until: now.Add(firstProbe)}
	default:
		return nil
	}
}

// Failed notes a call that failed for what Seam or the key is to blame for: no answer, one of 5xx, or a key that is refused.
func (k *Key) Failed(err error) {
	k.mu.Lock()
	defer k.unlock()
	b, now := &k.breaker, k.clock.Now()
	b.failures++
	b.last = err
	k.regroup(func() { b.isHanging = errors.Is(err, context.DeadlineExceeded) })
	if b.isOpen() && !now.Before(b.probeAt) { // else it was under way when another one failed
		b.delay = min(max(2*b.delay, firstProbe), longestProbe)
		b.probeAt = now.Add(jitter(b.delay))
	}
}

// IsFailing reports whether objects with this key go by what others were told.
func (k *Key) IsFailing() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.breaker.isOpen()
}

// Worked notes that Seam answered a call of this key: the next rest begins small again, the rate rises to what it was, and
// those that were kept from asking go on.
func (k *Key) Worked() {
	k.mu.Lock()
	defer k.unlock()
	k.lastRest = 0
	k.raiseRate(k.clock.Now())
	wasOpen := k.breaker.isOpen()
	k.regroup(func() { k.breaker = breaker{} })
	k.advance(k.groupID(), k.clock.Now())
	if wasOpen && k.hooks.Recovered != nil {
		k.after = append(k.after, func() { k.hooks.Recovered(k) })
	}
}
