package keys

import (
	"fmt"
	"time"
)

// Turn is the place of one object in the queue for a key. The zero value does not wait. Who waits keeps its Turn and
// holds no worker meanwhile; it is not safe for concurrent use.
type Turn struct {
	key      *Key      // whose queue; nil when the object does not wait
	due      time.Time // when it may come
	hasToken bool      // the limiter's token is its own; else it takes one when it is admitted
	isUrgent bool      // as it was told last
}

// Waits reports whether the object is in the queue for k.
func (t *Turn) Waits(k *Key) bool { return k != nil && t.key == k }

// BusyError says that an object has to wait before it may use a key.
type BusyError struct {
	// Wait is how long to wait before asking again.
	Wait time.Duration
	// Resting tells that Seam itself asked for it, by a 429 or a Retry-After. Otherwise it is for the limits set here.
	Resting bool
}

// Error says why and how long.
func (e *BusyError) Error() string {
	if e.Resting {
		return fmt.Sprintf("Seam limits how often this API key may ask: it rests for %s", e.Wait)
	}
	return fmt.Sprintf("this API key is used as much as its limits allow: the next try is in %s", e.Wait)
}
