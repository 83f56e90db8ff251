package keys

import (
	"runtime"
	"sync"
	"time"
	"weak"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Limits bound what is asked of Seam with one API key.
type Limits struct {
	QPS   float64 // admissions a second, each of which makes one to four calls; more than 0
	Burst int     // admissions at once after a quiet time, at least 1
	// InFlight is how many may be admitted at the same time with all keys of one workspace together, at least 1, so that one
	// slow workspace never fills all workers.
	InFlight int
	MaxRest  time.Duration // the longest rest after answers 429 that do not say how long
}

// Ring holds one Key for each token, and for each workspace of a personal access token. It forgets a Key that nobody
// holds any more, so that neither renewed Secrets nor made-up workspace IDs fill the memory.
type Ring struct {
	*shared
	api *seam.API

	keysMu sync.Mutex
	keys   map[keyID]weak.Pointer[Key]
}

// Hooks are told what happens to keys; any may be nil. They are called without any lock held, and must not block.
type Hooks struct {
	Throttled func(time.Duration) // how long objects have to wait for a limit or a rest, for a metric
	Recovered func(*Key)          // a key works again that failed so often that it was hardly tried any more
}

// shared is the same for all keys of a ring.
type shared struct {
	limits Limits
	clock  clock.PassiveClock
	hooks  Hooks

	mu     sync.Mutex // guards all below, and what keys and turns say is guarded by it
	groups map[groupID]*group
	after  []func() // to be called once mu is free
}

// keyID tells keys apart. The workspace is empty for an API key, which has its own.
type keyID struct {
	token       seam.Token
	workspaceID string
}

// NewRing returns an empty ring.
func NewRing(api *seam.API, limits Limits, now clock.PassiveClock, hooks Hooks) *Ring {
	return &Ring{
		shared: &shared{limits: limits, clock: now, hooks: hooks, groups: map[groupID]*group{}},
		api:    api,
		keys:   map[keyID]weak.Pointer[Key]{},
	}
}

// Key returns the one Key of a token, in a workspace when it is a personal access token. It lasts as long as somebody
// holds it: an object that comes again keeps it, or limits and workspace begin anew. The errors are those of
// seam.API.Client: a *seam.TokenError when the token cannot be used.
func (r *Ring) Key(token seam.Token, workspaceID string) (*Key, error) {
	if !token.IsPersonalAccessToken() {
		workspaceID = ""
	}
	r.keysMu.Lock()
	defer r.keysMu.Unlock()
	id := keyID{token, workspaceID}
	if k := r.keys[id].Value(); k != nil {
		return k, nil
	}
	client, err := r.api.Client(token, workspaceID)
	if err != nil {
		return nil, err
	}
	k := &Key{
		Client:  client,
		shared:  r.shared,
		limiter: rate.NewLimiter(rate.Limit(r.limits.QPS), r.limits.Burst),
		share:   rate.NewLimiter(rate.Limit(r.limits.QPS/routineShare), 1),
		alone:   rate.NewLimiter(alonePerSecond, aloneAtOnce),
		named:   workspaceID,
	}
	r.keys[id] = weak.Make(k)
	runtime.AddCleanup(k, r.forget, id)
	return k, nil
}

// forget removes the entry of a Key that was collected, unless another Key has taken its place meanwhile.
func (r *Ring) forget(id keyID) {
	r.keysMu.Lock()
	defer r.keysMu.Unlock()
	if r.keys[id].Value() == nil {
		delete(r.keys, id)
	}
}

// Len returns how many keys are held.
func (r *Ring) Len() int {
	r.keysMu.Lock()
	defer r.keysMu.Unlock()
	return len(r.keys)
}

// unlock frees the mutex, and then calls who is to be told.
func (s *shared) unlock() {
	after := s.after
	s.after = nil
	s.mu.Unlock()
	for _, call := range after {
		call()
	}
}

func (s *shared) throttled(wait time.Duration) {
	if s.hooks.Throttled != nil && wait > 0 {
		s.after = append(s.after, func() { s.hooks.Throttled(wait) })
	}
}
