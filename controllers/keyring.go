package controllers

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Limits bound what the operator asks of Seam with one API key.
type Limits struct {
	QPS      float64 // passes a second, each of which makes one to four calls
	Burst    int
	InFlight int           // passes under way at the same time, so that one slow workspace never fills all workers
	MaxRest  time.Duration // the longest rest after answers 429
}

const (
	firstRest    = time.Second            // after a 429 that does not say how long
	crowdedDelay = 100 * time.Millisecond // before a pass asks again for a place among those under way; it doubles
	crowdedLimit = 5 * time.Second
)

// keyring holds what is shared by all objects that use the same API key.
type keyring struct {
	api    *seam.API
	limits Limits
	clock  clock.PassiveClock

	mu   sync.Mutex
	keys map[keyID]*key
}

// keyID tells keys apart: a personal access token counts once for each workspace.
type keyID struct {
	token       seam.Token
	workspaceID string
}

func newKeyring(api *seam.API, limits Limits, now clock.PassiveClock) *keyring {
	return &keyring{api: api, limits: limits, clock: now, keys: map[keyID]*key{}}
}

// key returns the shared state of a token, in a workspace when it is a personal access token.
func (r *keyring) key(token seam.Token, workspaceID string) (*key, error) {
	if !token.IsPersonalAccessToken() {
		workspaceID = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := keyID{token, workspaceID}
	if k := r.keys[id]; k != nil {
		return k, nil
	}
	client, err := r.api.Client(token, workspaceID)
	if err != nil {
		return nil, err
	}
	k := &key{
		Client:      client,
		limits:      r.limits,
		clock:       r.clock,
		limiter:     rate.NewLimiter(rate.Limit(r.limits.QPS), r.limits.Burst),
		named:       workspaceID != "",
		workspaceID: workspaceID,
	}
	r.keys[id] = k
	return k, nil
}

// key is one API key: its client, its place in time, and the workspace that it belongs to.
type key struct {
	*seam.Client
	limits  Limits
	clock   clock.PassiveClock
	limiter *rate.Limiter
	named   bool // a personal access token: the workspace is the one that objects name

	asking      singleflight.Group // guards workspaceID
	workspaceID string

	mu        sync.Mutex
	inFlight  int
	restUntil time.Time
	rested    time.Duration // the last rest that this operator chose itself
}

// turn is the place of one object in the queue for a key.
type turn struct {
	key    *key // nil when the object does not wait
	at     time.Time
	secret string // the version of the Secret that named the key
	asked  int    // how often it came in vain, because too many were under way
}

// admit lets a pass begin, or returns how long it has to wait, and whether that is because Seam answered 429. A pass
// that waits holds no worker; one that was admitted ends with leave.
func (k *key) admit(t *turn) (wait time.Duration, resting bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.clock.Now(); t.key != k && !now.Before(k.restUntil) {
		*t = turn{key: k, at: now.Add(k.limiter.ReserveN(now, 1).DelayFrom(now))}
		throttledSeconds.Add(t.at.Sub(now).Seconds())
	}
	if wait, resting = k.wait(t); wait > 0 {
		return wait, resting
	}
	*t = turn{}
	k.inFlight++
	return 0, false
}

// peek returns what admit would, and admits nothing.
func (k *key) peek(t *turn) (wait time.Duration, resting bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.wait(t)
}

// wait returns how long a turn has to wait as things are.
func (k *key) wait(t *turn) (wait time.Duration, resting bool) {
	now := k.clock.Now()
	switch {
	case now.Before(k.restUntil):
		return k.restUntil.Sub(now), true
	case now.Before(t.at):
		return t.at.Sub(now), false
	case k.inFlight >= k.limits.InFlight:
		t.asked++
		return jitter(doubled(crowdedDelay, t.asked-1, crowdedLimit)), false
	default:
		return 0, false
	}
}

// leave ends an admitted pass.
func (k *key) leave() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inFlight--
}

// rest keeps every object of this key away from Seam after a 429: as long as Seam says, else 1 s, doubling.
func (k *key) rest(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	pause, told := seam.RetryAfter(err)
	if !told && k.clock.Now().Before(k.restUntil) {
		return // it was under way when another one began the rest
	}
	if !told {
		k.rested = min(max(2*k.rested, firstRest), k.limits.MaxRest)
		pause = k.rested
	}
	throttledSeconds.Add(pause.Seconds())
	if until := k.clock.Now().Add(pause); until.After(k.restUntil) {
		k.restUntil = until
	}
}

// worked notes that Seam answered a call of this key.
func (k *key) worked() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rested = 0
}

// errAskerLeft says that whoever asked for the workspace gave up.
var errAskerLeft = errors.New("the question was given up")

// workspace returns the workspace that the key belongs to, asked for once in a key's life. Who waits for another's
// question asks anew when that one gives up.
func (k *key) workspace(ctx context.Context) (string, error) {
	for {
		answer := k.asking.DoChan("", func() (any, error) {
			if k.workspaceID != "" {
				return k.workspaceID, nil
			}
			w, err := k.GetWorkspace(ctx)
			switch {
			case err == nil:
				k.workspaceID = w.WorkspaceID
			case ctx.Err() != nil:
				err = errAskerLeft
			}
			return w.WorkspaceID, err
		})
		select {
		case got := <-answer:
			if !errors.Is(got.Err, errAskerLeft) {
				return got.Val.(string), got.Err
			}
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return "", &seam.Error{Operation: seam.OpGetWorkspace, Unsent: true, Err: err}
		}
	}
}

// resting returns until when the key rests.
func (k *key) resting() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.restUntil
}
