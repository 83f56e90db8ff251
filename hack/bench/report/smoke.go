package report

import (
	"errors"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
)

// Check is one thing that a smoke test holds against the page.
type Check struct {
	What     string
	Got      float64
	Bound    float64
	IsAtMost bool // else it is at least Bound
}

// IsPassed reports whether the bound holds. What was not measured passes nothing.
func (c Check) IsPassed() bool {
	if c.IsAtMost {
		return c.Got <= c.Bound
	}
	return c.Got >= c.Bound
}

// How far a smoke test may be from the page. It has fewer objects, so that what is shared among them weighs more, and a machine
// with other work: rates compared with the bare client's in the same run differ by half now and then, requests hardly at all.
const (
	rateRoom  = 0.4  // of the page's ratio to the bare client
	writeRoom = 0.02 // more writes per object: a conflict now and then
	readRoom  = 1.1  // as many reads and calls per object
	readsMore = 0.05 // and so many more per object
)

// Smoke compares a small scenario with the one on the page. At rest and after a restart nothing may be written, at rest nothing
// may be asked of Seam, and for each object there may be no request more than on the page.
func Smoke(got, page Scenario) []Check {
	atMost := func(what string, value, bound float64) Check { return Check{what, value, bound, true} }
	atLeast := func(what string, value, bound float64) Check { return Check{what, value, bound, false} }
	var checks []Check
	for _, name := range []string{Assign, Delete} {
		p, q := got.Phase(name), page.Phase(name)
		checks = append(checks,
			atLeast(name+": rate, compared with the bare client's", got.Ratio(name), rateRoom*page.Ratio(name)),
			atMost(name+": writes per object", p.PerObject(p.Writes()), q.PerObject(q.Writes())+writeRoom),
			atMost(name+": events per object", p.PerObject(p.Events()), q.PerObject(q.Events())+writeRoom),
			atMost(name+": reads per object", p.PerObject(p.Reads()), readRoom*q.PerObject(q.Reads())+readsMore),
			atMost(name+": calls to Seam per object", p.PerObject(p.AllSeamCalls()), readRoom*q.PerObject(q.AllSeamCalls())+readsMore),
		)
	}
	rest, restart, pageRestart := got.Phase(Rest), got.Phase(Restart), page.Phase(Restart)
	return append(checks,
		atMost("rest: writes", rest.PerRound(rest.Writes()), 0),
		atMost("rest: calls to Seam", rest.PerRound(rest.AllSeamCalls()), 0),
		atMost("restart: writes", restart.PerRound(restart.Writes()+restart.Events()), 0),
		atMost("restart: calls to Seam per object", restart.PerObject(restart.AllSeamCalls()),
			readRoom*pageRestart.PerObject(pageRestart.AllSeamCalls())+readsMore),
	)
}

// IsMaybeNoise reports whether rates failed and nothing else: what is counted is the same on every machine.
func IsMaybeNoise(checks []Check) bool {
	failed := false
	for _, c := range checks {
		if !c.IsPassed() && c.IsAtMost {
			return false
		}
		failed = failed || !c.IsPassed()
	}
	return failed
}

// PrintChecks writes what was held against the page, one line each.
func PrintChecks(out io.Writer, checks []Check) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range checks {
		verdict, relation := "ok", "at least"
		if !c.IsPassed() {
			verdict = "FAILED"
		}
		if c.IsAtMost {
			relation = "at most"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%.3f\t%s %.3f\n", verdict, c.What, c.Got, relation, c.Bound)
	}
	_ = w.Flush() // whoever reads it is gone
}

// Failed returns an error that names each check that failed; nil when none did.
func Failed(checks []Check) error {
	var failed []error
	for _, c := range checks {
		switch {
		case c.IsPassed():
		case math.IsNaN(c.Got) || math.IsNaN(c.Bound):
			failed = append(failed, fmt.Errorf("%s: not measured", c.What))
		case c.IsAtMost:
			failed = append(failed, fmt.Errorf("%s: %.3f, more than %.3f", c.What, c.Got, c.Bound))
		default:
			failed = append(failed, fmt.Errorf("%s: %.3f, less than %.3f", c.What, c.Got, c.Bound))
		}
	}
	return errors.Join(failed...)
}
