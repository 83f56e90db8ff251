package keys

import (
	"runtime"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// firstRest follows a 429 that does not say how long.
const firstRest = time.Second

// Rest keeps every object of this key away from Seam, after a 429 or any answer with Retry-After: as long as Seam says,
// else 1 s, doubling up to Limits.MaxRest with each rest until Worked.
func (k *Key) Rest(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock.Now()
	pause, isSaid := seam.RetryAfter(err)
	if !isSaid {
		if now.Before(k.restUntil) {
			return // its call was under way when another one's answer began the rest
		}
		k.lastRest = min(max(2*k.lastRest, firstRest), k.limits.MaxRest)
		pause = k.lastRest
	}
	k.restFor(pause, now)
}

func (k *Key) restFor(pause time.Duration, now time.Time) {
	until := now.Add(pause)
	if !until.After(k.restUntil) {
		return
	}
	k.throttled(min(pause, until.Sub(k.restUntil)))
	k.restUntil = until
	// Nobody may hold the key between two visits, and a key that is forgotten does not rest. Real time will do.
	time.AfterFunc(pause, func() { runtime.KeepAlive(k) })
}

// RestsUntil returns until when the key rests: a time that has passed when it does not.
func (k *Key) RestsUntil() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.restUntil
}

// Worked notes that Seam answered a call of this key: the next rest begins small again.
func (k *Key) Worked() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lastRest = 0
}
