package report

import (
	"fmt"
	"math"
	"strings"
)

// columns are those of the table of a scenario.
var columns = []string{
	"what", "objects", "seconds", "per second", "of the bare client", "median", "99 of 100", "API-server requests per object", "Seam calls per object", "peak memory", "CPU",
}

// Table returns a scenario as a Markdown table.
func (s Scenario) Table() string {
	var out strings.Builder
	line := func(cells []string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	line(columns)
	line(strings.Split(strings.TrimSuffix(strings.Repeat("---,", len(columns)), ","), ","))
	for _, p := range s.Phases {
		line([]string{
			p.Name, thousands(p.Objects), fmt.Sprintf("%.1f", p.Seconds), p.rateCell(), cell("%.2f", s.Ratio(p.Name)),
			secondsCell(p.MedianSeconds), secondsCell(p.P99Seconds), p.countsCell(p.Requests, nil), p.countsCell(p.SeamCalls, p.isOfResync),
			p.memoryCell(), p.cpuCell(),
		})
	}
	return out.String()
}

func cell(format string, value float64) string {
	if math.IsNaN(value) {
		return ""
	}
	return fmt.Sprintf(format, value)
}

// rateCell leaves out what no rate says anything about.
func (p Phase) rateCell() string {
	if p.Name == Rest || p.Name == Resync || p.Name == Drift || p.Name == Beside {
		return ""
	}
	return fmt.Sprintf("%.0f", p.Rate())
}

func secondsCell(seconds float64) string {
	switch {
	case seconds == 0:
		return ""
	case seconds < 1:
		return fmt.Sprintf("%.0f ms", 1000*seconds)
	default:
		return fmt.Sprintf("%.1f s", seconds)
	}
}

// isOfResync reports whether calls to Seam are mostly those of a resync that goes on meanwhile.
func (p Phase) isOfResync(call string) bool {
	return (p.Name == Drift || p.Name == Beside) && !strings.HasSuffix(call, "assign")
}

// countsCell tells each kind for each object. What would say nothing so is told as a number: what happened seldom, or to
// others.
func (p Phase) countsCell(counts Counts, isOfOthers func(kind string) bool) string {
	var cells []string
	for _, kind := range counts.kinds() {
		each := p.PerObject(counts[kind])
		if math.Abs(each) >= 0.01 && (isOfOthers == nil || !isOfOthers(kind)) {
			cells = append(cells, fmt.Sprintf("%.2f %s", each, kind))
		} else {
			cells = append(cells, fmt.Sprintf("in all %d %s", counts[kind], kind))
		}
	}
	if len(cells) == 0 {
		return "none"
	}
	return strings.Join(cells, ", ")
}

func (p Phase) memoryCell() string {
	if p.PeakBytes == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f MB", float64(p.PeakBytes)/megabyte)
}

func (p Phase) cpuCell() string {
	if p.PeakBytes == 0 { // no process was measured
		return ""
	}
	return fmt.Sprintf("%.1f s", p.CPUSeconds)
}

// thousands writes a number as people do: 10,000.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
