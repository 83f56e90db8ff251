package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// The names of phases, in the order in which they are measured.
const (
	Assign  = "assign"
	Restart = "restart"
	Rest    = "rest"
	Resync  = "resync"
	Drift   = "drift"
	Beside  = "new beside a resync"
	Delete  = "delete"
	Variant = "assign: Retain, void answers"
)

// FloorOf names what a bare client needs for a phase.
func FloorOf(name string) string { return name + ", bare client" }

// Phase is what was measured of one thing that happens to so many objects.
type Phase struct {
	Name    string  `json:"name"`
	Objects int     `json:"objects"` // to which it happened
	Seconds float64 `json:"seconds"`
	// Rounds is how often it happened to each in that time; 0 means once.
	Rounds int `json:"rounds,omitempty"`
	// MedianSeconds and P99Seconds are from the creation of an object to Ready, or to its healing.
	MedianSeconds float64 `json:"medianSeconds,omitempty"`
	P99Seconds    float64 `json:"p99Seconds,omitempty"`
	// Requests are those to the API server without watches and leases, such as "PATCH credentialassignments/status".
	Requests Counts `json:"requests"`
	// SeamCalls are by operation, such as "get_credential".
	SeamCalls  Counts  `json:"seamCalls"`
	PeakBytes  int64   `json:"peakBytes,omitempty"` // since the operator's process began
	CPUSeconds float64 `json:"cpuSeconds,omitempty"`
}

// Rate returns how many objects a second it was; NaN when it was not measured.
func (p Phase) Rate() float64 { return float64(p.Objects*p.times()) / p.Seconds }

// times is how often it happened to each object.
func (p Phase) times() int { return max(p.Rounds, 1) }

// PerObject returns how many requests or calls there were for each object; NaN when it was not measured.
func (p Phase) PerObject(count int64) float64 { return float64(count) / float64(p.Objects*p.times()) }

// PerRound returns how many requests or calls there were each time that it happened to all; NaN when it was not measured.
func (p Phase) PerRound(count int64) float64 {
	if p.Name == "" {
		return math.NaN()
	}
	return float64(count) / float64(p.times())
}

// Writes counts what changes something at the API server, but for events.
func (p Phase) Writes() int64 {
	return p.Requests.that(func(kind string) bool { return isWrite(kind) && !isOf(kind, "events") })
}

// Events counts what was told as an event.
func (p Phase) Events() int64 {
	return p.Requests.that(func(kind string) bool { return isWrite(kind) && isOf(kind, "events") })
}

// SecretReads counts reads of Secrets.
func (p Phase) SecretReads() int64 {
	return p.Requests.that(func(kind string) bool { return !isWrite(kind) && isOf(kind, "secrets") })
}

// Reads counts what only asks the API server.
func (p Phase) Reads() int64 {
	return p.Requests.that(func(kind string) bool { return !isWrite(kind) })
}

// AllSeamCalls counts the calls to Seam.
func (p Phase) AllSeamCalls() int64 { return p.SeamCalls.that(func(string) bool { return true }) }

// String tells a phase in one line.
func (p Phase) String() string {
	line := fmt.Sprintf("%s: %s objects in %.1f s", p.Name, thousands(p.Objects), p.Seconds)
	if p.P99Seconds > 0 {
		line += fmt.Sprintf(", 99 of 100 in %s", secondsCell(p.P99Seconds))
	}
	return fmt.Sprintf("%s; requests: %s; calls to Seam: %s", line, p.countsCell(p.Requests, nil), p.countsCell(p.SeamCalls, p.isOfResync))
}

// isWrite reports whether a kind of request, such as "PATCH secrets", may change something.
func isWrite(kind string) bool {
	verb, _, _ := strings.Cut(kind, " ")
	return !slices.Contains([]string{"GET", "LIST", "WATCH", "CONNECT"}, verb)
}

func isOf(kind, resource string) bool {
	_, of, _ := strings.Cut(kind, " ")
	return of == resource
}

// Counts are numbers of requests or calls by kind.
type Counts map[string]int64

// Since returns what came on top of an earlier count.
func (c Counts) Since(before Counts) Counts {
	more := Counts{}
	for _, counted := range []Counts{c, before} {
		for kind := range counted {
			if n := c[kind] - before[kind]; n != 0 {
				more[kind] = n
			}
		}
	}
	return more
}

// Plus returns the sum of two counts.
func (c Counts) Plus(other Counts) Counts {
	sum := Counts{}
	for _, counted := range []Counts{c, other} {
		for kind, n := range counted {
			sum[kind] += n
		}
	}
	return sum
}

// kinds returns what was counted, the most frequent first.
func (c Counts) kinds() []string {
	return slices.SortedFunc(maps.Keys(c), func(a, b string) int {
		if c[a] != c[b] {
			return int(c[b] - c[a])
		}
		return strings.Compare(a, b)
	})
}

func (c Counts) that(wanted func(kind string) bool) (sum int64) {
	for kind, n := range c {
		if wanted(kind) {
			sum += n
		}
	}
	return sum
}
