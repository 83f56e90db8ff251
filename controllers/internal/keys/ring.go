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
	QPS      float64       // admissions a second, each of which makes one to four calls; more than 0
	Burst    int           // admissions at once after a quiet time, at least 1
	InFlight int           // admitted at the same time, at least 1, so that one slow workspace never fills all workers
	MaxRest  time.Duration // the longest rest after answers 429 that do not say how long
}

// Ring holds one Key for each token, and for each workspace of a personal access token. It forgets a Key that nobody
// holds any more, so that neither renewed Secrets nor made-up workspace IDs fill the memory.
type Ring struct {
	settings
	api *seam.API

	mu   sync.Mutex
	keys map[keyID]weak.Pointer[Key]
}

// settings are the same for all keys of a ring.
type settings struct {
	limits    Limits
	clock     clock.PassiveClock
	throttled func(time.Duration)
}

// keyID tells keys apart. The workspace is empty for an API key, which has its own.
type keyID struct {
	token       seam.Token
	workspaceID string
}

// NewRing returns an empty ring. The function throttled is told, for a metric, how long objects have to wait for a
// limit or a rest; it must not call back.
func NewRing(api *seam.API, limits Limits, now clock.PassiveClock, throttled func(time.Duration)) *Ring {
	return &Ring{
		settings: settings{limits: limits, clock: now, throttled: throttled},
		api:      api,
		keys:     map[keyID]weak.Pointer[Key]{},
	}
}

// Key returns the one Key of a token, in a workspace when it is a personal access token. It lasts as long as somebody
// holds it: an object that comes again keeps it, or limits and workspace begin anew. The errors are those of
// seam.API.Client: a *seam.TokenError when the token cannot be used.
func (r *Ring) Key(token seam.Token, workspaceID string) (*Key, error) {
	if !token.IsPersonalAccessToken() {
		workspaceID = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := keyID{token, workspaceID}
	if k := r.keys[id].Value(); k != nil {
		return k, nil
	}
	client, err := r.api.Client(token, workspaceID)
	if err != nil {
		return nil, err
	}
	k := &Key{
		Client:      client,
		settings:    r.settings,
		limiter:     rate.NewLimiter(rate.Limit(r.limits.QPS), r.limits.Burst),
		workspaceID: workspaceID,
	}
	r.keys[id] = weak.Make(k)
	runtime.AddCleanup(k, r.forget, id)
	return k, nil
}

// forget removes the entry of a Key that was collected, unless another Key has taken its place meanwhile.
func (r *Ring) forget(id keyID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.keys[id].Value() == nil {
		delete(r.keys, id)
	}
}

// Len returns how many keys are held.
func (r *Ring) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.keys)
}
