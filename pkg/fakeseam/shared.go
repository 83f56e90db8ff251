package fakeseam

import (
	"sync"
	"time"
)

// shared is what all parts of a server have in common: one lock, one clock and one
// source of IDs.
//
// There is one rule for the lock. Who comes from outside enters: each exported
// method, and each step of a call (arrive, run, hold, postpone, leave). What runs
// inside calls unexported methods only, none of which enters. Nobody waits inside.
//
// To enter is also to let time pass: late writes that are due by the clock have
// landed then. Nothing else changes because somebody looks.
type shared struct {
	mu      sync.Mutex
	clock   func() time.Time
	ids     idSource
	landDue func()
}

// enter locks the server and returns the function that unlocks it.
func (s *shared) enter() (leave func()) {
	s.mu.Lock()
	s.landDue()
	return s.mu.Unlock
}
