package report

import (
	"fmt"
	"math"
	"strings"
)

// The measures of the chart, in pixels.
const (
	chartWidth  = 760
	labelWidth  = 250
	barHeight   = 16
	groupHeight = 2*barHeight + 18
	chartTop    = 64
	valueWidth  = 120 // right of the longest bar
)

// style follows the reader's choice of a light or dark page.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-size: 15px; font-weight: 600 }
.bare { fill: #a8b3c0 }
.operator { fill: #2f6fd0 }
@media (prefers-color-scheme: dark) {
text { fill: #d5dbe3 }
.bare { fill: #59636f }
.operator { fill: #6ba4ff }
}
</style>`

// bars are one group of the chart.
type bars struct {
	label          string
	bare, operator float64 // per second
}

// Chart returns an SVG that shows how many objects a second the operator and the bare client assign and delete.
func (r *Results) Chart() string {
	groups := r.bars()
	longest := 1.0
	for _, g := range groups {
		longest = max(longest, g.bare, g.operator)
	}
	var out strings.Builder
	height := chartTop + len(groups)*groupHeight
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" aria-label="Objects a second, by the operator and by a bare client">`+"\n%s\n",
		chartWidth, height, chartWidth, height, style)
	fmt.Fprintf(&out, `<text class="title" x="0" y="18">Objects a second: more is faster</text>`+"\n")
	legend(&out, 0, "operator", "the operator")
	legend(&out, 130, "bare", "a bare client: the least work possible")
	for i, g := range groups {
		top := chartTop + i*groupHeight
		text(&out, 0, top+barHeight+5, g.label)
		bar(&out, top, "operator", g.operator, longest)
		bar(&out, top+barHeight+2, "bare", g.bare, longest)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// bars returns what the chart shows of what was measured.
func (r *Results) bars() (groups []bars) {
	verbs := map[string]string{Assign: "assigned", Delete: "deleted"}
	for _, s := range r.Scenarios {
		for _, name := range []string{Assign, Delete} {
			g := bars{
				label: fmt.Sprintf("%s %s, %d ms a call", thousands(s.Objects), verbs[name], s.Milliseconds),
				bare:  s.Phase(FloorOf(name)).Rate(), operator: s.Phase(name).Rate(),
			}
			if !math.IsNaN(g.bare) && !math.IsNaN(g.operator) {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

func bar(out *strings.Builder, top int, class string, value, longest float64) {
	length := max(1, int(value/longest*(chartWidth-labelWidth-valueWidth)))
	fmt.Fprintf(out, `<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`+"\n", class, labelWidth, top, length, barHeight)
	text(out, labelWidth+length+8, top+barHeight-4, fmt.Sprintf("%.0f", value))
}

func legend(out *strings.Builder, x int, class, label string) {
	fmt.Fprintf(out, `<rect class="%s" x="%d" y="32" width="12" height="12" rx="2"/>`+"\n", class, x)
	text(out, x+18, 43, label)
}

func text(out *strings.Builder, x, y int, content string) {
	fmt.Fprintf(out, `<text x="%d" y="%d">%s</text>`+"\n", x, y, content)
}
