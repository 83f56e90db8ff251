package keys

import (
	"runtime"
	"time"

	"golang.org/x/time/rate"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

const (
	// firstRest follows a 429 that does not say how long.
	firstRest = time.Second
	// lowestRate is the part of the rate, one of so many, below which no 429 brings it.
	lowestRate = 16
	// rateSteps is how many answers bring the rate back from nothing to what is allowed.
	rateSteps = 50
)

// Rest keeps every object of this key away from Seam, after a 429 or any answer with Retry-After: as long as Seam says,
// else 1 s, doubling up to Limits.MaxRest with each rest until Worked, and the rate is half of what it was.
func (k *Key) Rest(err error) {
	k.mu.Lock()
	defer k.unlock()
	now := k.clock.Now()
	pause, isSaid := seam.RetryAfter(err)
	if !isSaid {
		if now.Before(k.restUntil) {
			return // its call was under way when another one's answer began the rest
		}
		k.lastRest = min(max(2*k.lastRest, firstRest), k.limits.MaxRest)
		pause = k.lastRest
		k.limiter.SetLimitAt(now, max(k.limiter.Limit()/2, rate.Limit(k.limits.QPS/lowestRate)))
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

// raiseRate lets the rate rise again after 429s, step by step.
func (k *Key) raiseRate(now time.Time) {
	if allowed := rate.Limit(k.limits.QPS); k.limiter.Limit() < allowed {
		k.limiter.SetLimitAt(now, min(k.limiter.Limit()+allowed/rateSteps, allowed))
	}
}

// RestsUntil returns until when the key rests: a time that has passed when it does not.
func (k *Key) RestsUntil() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.restUntil
}
