package report

import (
	"math"
	"slices"
	"time"
)

// Percentile returns the time that so many of a hundred do not exceed, by the nearest rank: one that was measured. There has
// to be at least one.
func Percentile(times []time.Duration, percent float64) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// SetTimes takes over how long each object took.
func (p *Phase) SetTimes(times []time.Duration) {
	p.MedianSeconds = Percentile(times, 50).Seconds()
	p.P99Seconds = Percentile(times, 99).Seconds()
}
