package leader

import "time"

// reading is what both clocks show at one moment: the monotonic one stands still while a machine sleeps, the wall clock
// may be set.
type reading struct {
	monotonic time.Time
	wall      time.Time // without a monotonic reading, which Sub would prefer
}

func readClocks() reading {
	now := time.Now()
	return reading{monotonic: now, wall: now.Round(0)}
}

// within reports whether, by either clock, less than the duration went by since the earlier reading.
func (r reading) within(d time.Duration, earlier reading) bool {
	return r.monotonic.Sub(earlier.monotonic) < d && r.wall.Sub(earlier.wall) < d
}
