package keys

import (
	"container/list"
	"fmt"
	"time"
)

// Turn is the place of one object in the queue for a key. The zero value does not wait. Who waits keeps its Turn and
// holds no worker meanwhile.
type Turn struct {
	// Wake is called when the object may come sooner than it was told; nil when nobody is to be woken. It must not block.
	Wake func()

	key      *Key          // whose queue; nil when the object does not wait
	due      time.Time     // when the limits let it come
	hasToken bool          // the limiter's token is its own; else it takes one when it is admitted
	isSpared bool          // it needs no token of its own any more: enough were left, or it is one of the small share
	isUrgent bool          // as it was told last
	group    *group        // where it waits for a place in flight; nil when it does not
	place    *list.Element // in that group's line; nil once it was called
}

// Waits reports whether the object is in the queue for k.
func (t *Turn) Waits(k *Key) bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return t.key == k
}

// IsCalled reports whether a place is kept for the object: it may come now.
func (t *Turn) IsCalled() bool {
	if t.key == nil {
		return false
	}
	t.key.mu.Lock()
	defer t.key.mu.Unlock()
	return t.group != nil && t.place == nil
}

// Quit gives the place up, as an object does that is no more.
func (t *Turn) Quit() {
	if t.key == nil {
		return
	}
	t.key.mu.Lock()
	defer t.key.mu.Unlock()
	t.reset()
}

// reset makes a turn that does not wait. The caller holds the mutex.
func (t *Turn) reset() {
	t.leaveLine()
	*t = Turn{Wake: t.Wake}
}

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

// FailingError says that Seam was not asked, because the last calls with this key all failed.
type FailingError struct {
	// Err is how the last one failed.
	Err error
	// Until is when the next try may be made.
	Until time.Time
}

// Error says what the last call came to.
func (e *FailingError) Error() string {
	return fmt.Sprintf("not asked, since the last calls with this API key failed: %s", e.Err)
}

// Unwrap returns how the last call failed.
func (e *FailingError) Unwrap() error { return e.Err }
