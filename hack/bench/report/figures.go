package report

import (
	"fmt"
	"math"
)

// Figure is one thing that the project promises, and what came of it.
type Figure struct {
	ID     string // by which the template of the page explains it
	What   string
	Bound  string
	Result string
	State  State
	// Short says how far a missed figure is from its bound.
	Short string
}

// State tells whether a figure is reached.
type State string

// What can be said of a figure.
const (
	Reached     State = "yes"
	Missed      State = "no"
	NotMeasured State = "not measured"
)

const (
	// inFlight is how many calls of one key may be under way, with --concurrency 32: a quarter of it.
	inFlight = 8

	megabyte = 1e6
)

// loaded are the phases in which the operator has as many objects as the scenario.
var loaded = []string{Assign, Rest, Restart, Resync, Drift, Delete}

// Figures compares results with what is promised.
func Figures(r *Results) []Figure {
	small, slow, large, huge := r.Find(2_000, 0), r.Find(2_000, 100), r.Find(10_000, 0), r.Find(100_000, 0)
	created, varied := small.Phase(Assign), small.Phase(Variant)
	resync, restart, hugeStart := large.Phase(Resync), large.Phase(Restart), huge.Phase(Restart)
	return []Figure{
		atLeast(0.75, small.Ratio(Assign), Figure{ID: "assign", What: "new assignments, 2,000 at once, without latency", Bound: "0.75 of the bare client's rate"}, "%.2f"),
		atLeast(0.6, small.Ratio(Delete), Figure{ID: "delete", What: "deletions, 2,000 at once, after the grace", Bound: "0.6 of the bare client's rate"}, "%.2f"),
		throughASlowSeam(slow),
		atMost(1, large.Phase(Beside).P99Seconds/measured(large.Phase(Beside)), Figure{ID: "beside", What: "from creation to Ready, 50 new objects a second beside 10,000 being resynced, 99 of 100", Bound: "under 1 s"}, "%.2f s"),
		atMost(3, created.PerObject(created.Writes()), Figure{ID: "writes", What: "writes to the API server per new assignment", Bound: "at most 3.00"}, "%.2f"),
		atMost(2, varied.PerObject(varied.Writes()), Figure{ID: "retain", What: "the same, with deletionPolicy Retain", Bound: "at most 2.00"}, "%.2f"),
		atMost(1, created.PerObject(created.Events()), Figure{ID: "events", What: "events per new assignment", Bound: "at most 1.00"}, "%.2f"),
		atMost(0.01, created.PerObject(created.SecretReads()), Figure{ID: "secrets", What: "reads of Secrets per new assignment", Bound: "at most 0.01"}, "%.3f"),
		atMost(1.02, created.PerObject(created.AllSeamCalls()), Figure{ID: "calls", What: "calls to Seam per new assignment, 2,000 at once, half of them by identity", Bound: "at most 1.02"}, "%.2f"),
		atMost(1.1, varied.PerObject(varied.AllSeamCalls()), Figure{ID: "void", What: "the same, when Seam answers a change with nothing", Bound: "at most 1.1"}, "%.2f"),
		atMost(0, large.Phase(Rest).PerRound(large.Phase(Rest).Writes()), Figure{ID: "rest-writes", What: "writes at rest, 10,000 objects", Bound: "0"}, "%.0f"),
		atMost(0, large.Phase(Rest).PerRound(large.Phase(Rest).AllSeamCalls()), Figure{ID: "rest-calls", What: "calls to Seam at rest, between resyncs", Bound: "0"}, "%.0f"),
		atMost(25, resync.PerRound(resync.AllSeamCalls()), Figure{ID: "resync-calls", What: "calls to Seam for one resync of 10,000 objects", Bound: "at most 25"}, "%.0f"),
		atMost(0, resync.PerRound(resync.Writes()), Figure{ID: "resync-writes", What: "writes of such a resync", Bound: "0"}, "%.0f"),
		atMost(10, restart.Seconds/measured(restart), Figure{ID: "restart", What: "a restart with 10,000 Ready objects, until all is caught up", Bound: "under 10 s"}, "%.1f s"),
		atMost(25, restart.PerRound(restart.AllSeamCalls()), Figure{ID: "restart-calls", What: "calls to Seam of such a restart", Bound: "at most 25"}, "%.0f"),
		atMost(0, restart.PerRound(restart.Writes()), Figure{ID: "restart-writes", What: "writes of such a restart", Bound: "0"}, "%.0f"),
		atMost(120, large.Peak(loaded...)/megabyte, Figure{ID: "memory", What: "peak memory with 10,000 objects", Bound: "under 120 MB"}, "%.0f MB"),
		atMost(1.2, small.Phase(Assign).Rate()/large.Phase(Assign).Rate(), Figure{ID: "growth-time", What: "time per new assignment, 10,000 objects against 2,000", Bound: "at most 1.2 times"}, "%.2f times"),
		atMost(1.2, large.bytesPerObject()/small.bytesPerObject(), Figure{ID: "growth-memory", What: "memory per object, 10,000 objects against 2,000", Bound: "at most 1.2 times"}, "%.2f times"),
		atMost(700, huge.Peak(loaded...)/megabyte, Figure{ID: "huge", What: "peak memory with 100,000 Ready objects, which start, rest and are resynced", Bound: "under 700 MB"},
			"%.0f MB"+startedIn(hugeStart)),
	}
}

// throughASlowSeam compares with the bare client, or with what the calls that may be under way at once allow if that is less.
func throughASlowSeam(s Scenario) Figure {
	half := s.Phase(FloorOf(Assign)).Rate() / 2
	allowed := inFlight / (float64(s.Milliseconds) / 1000)
	f := Figure{
		ID: "latency", What: "new assignments a second, 2,000 at once, each call to Seam taking 100 ms",
		Bound: fmt.Sprintf("half of the bare client's (%.0f), or what %d calls at a time with one key allow if that is less (%.0f): here %.0f",
			half, inFlight, allowed, min(half, allowed)),
	}
	if math.IsNaN(half) {
		f.Bound = fmt.Sprintf("half of the bare client's, or what %d calls at a time with one key allow if that is less", inFlight)
	}
	return atLeast(min(half, allowed), s.Phase(Assign).Rate(), f, "%.0f")
}

// bytesPerObject returns what the objects of a scenario take on top of what the operator needs without any.
func (s Scenario) bytesPerObject() float64 {
	return (float64(s.Phase(Assign).PeakBytes) - float64(s.IdleBytes)) / float64(s.Objects)
}

func startedIn(restart Phase) string {
	if restart.Name == "" {
		return ""
	}
	return fmt.Sprintf(", all caught up %.0f s after the start", restart.Seconds)
}

// measured is 1, or NaN for a phase that was not measured.
func measured(p Phase) float64 {
	if p.Name == "" {
		return math.NaN()
	}
	return 1
}

func atLeast(bound, value float64, f Figure, format string) Figure {
	f = f.judged(value, value >= bound, format)
	if f.State == Missed {
		f.Short = fmt.Sprintf("%.0f %% of it", 100*value/bound)
	}
	return f
}

// slack is less than the figures that are shown can tell: one conflict among thousands of writes breaks no promise.
const slack = 0.001

func atMost(bound, value float64, f Figure, format string) Figure {
	f = f.judged(value, value <= bound*(1+slack), format)
	switch {
	case f.State != Missed:
	case bound == 0:
		f.Short = fmt.Sprintf("%.0f instead of none", value)
	default:
		f.Short = fmt.Sprintf("%.1f times as much", value/bound)
	}
	return f
}

// judged says what came of a figure. NaN is no result.
func (f Figure) judged(value float64, isReached bool, format string) Figure {
	switch {
	case math.IsNaN(value):
		f.Result, f.State = "–", NotMeasured
	case isReached:
		f.Result, f.State = fmt.Sprintf(format, value), Reached
	default:
		f.Result, f.State = fmt.Sprintf(format, value), Missed
	}
	return f
}
