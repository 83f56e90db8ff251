package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// explorer runs plans, many at a time.
type explorer struct {
	options
	api *world.Cluster

	mu       sync.Mutex
	ends     map[plan]end  // of plans without a fault
	counts   map[plan]int  // their requests
	changes  map[int][]int // of each scenario, the requests that change Seam under the first profile
	records  map[int][]int // and those that recorded them
	ran      int
	failed   int
	unstruck int // plans whose request did not come
	// suspects are the plans that failed among others; unsteady is how many of them passed alone.
	suspects []plan
	unsteady int
}

// faultless returns the plans without a fault.
func (e *explorer) faultless() []plan {
	var plans []plan
	for scene := range scenarios {
		if e.scenario != "" && scenarios[scene].name != e.scenario {
			continue
		}
		for seam := range profiles {
			plans = append(plans, plan{scene: scene, seam: seam})
		}
	}
	return plans
}

// choice returns the plans that are chosen by scenario and the numbers of requests under each profile.
func (e *explorer) choice(choose func(int, []int) []plan) []plan {
	var plans []plan
	for scene := range scenarios {
		boundaries := make([]int, len(profiles))
		for seam := range profiles {
			boundaries[seam] = e.counts[plan{scene: scene, seam: seam}]
		}
		if slices.Max(boundaries) > 0 {
			plans = append(plans, choose(scene, boundaries)...)
		}
	}
	return plans
}

// each runs plans, so many at a time.
func (e *explorer) each(ctx context.Context, plans []plan) { e.until(ctx, ctx.Done(), plans) }

// until begins plans until somebody says that it is enough.
func (e *explorer) until(ctx context.Context, enough <-chan struct{}, plans []plan) {
	var wait sync.WaitGroup
	queue := make(chan plan)
	for range min(e.parallel, len(plans)) {
		wait.Go(func() {
			for p := range queue {
				e.one(ctx, p)
			}
		})
	}
	defer wait.Wait()
	defer close(queue)
	for _, p := range plans {
		select {
		case queue <- p:
		case <-enough:
			return
		}
	}
}

// one runs a plan and prints what is wrong.
func (e *explorer) one(ctx context.Context, p plan) {
	began := time.Now()
	out, err := execute(ctx, e.api, p, fmt.Sprintf("plan-%d-%d", p.number(), began.UnixNano()%1_000_000))
	e.mu.Lock()
	defer e.mu.Unlock()
	if ctx.Err() != nil {
		return // nobody wants to know any more
	}
	e.ran++
	if p.boundary == 0 {
		e.keep(p, out)
	}
	if !out.isStruck && err == nil {
		e.unstruck++
	}
	var wrong []string
	if err != nil {
		wrong = append(wrong, err.Error())
	}
	for _, v := range out.broken {
		wrong = append(wrong, v.String())
	}
	if why := e.wrongEnd(p, out); why != "" && err == nil {
		wrong = append(wrong, why)
	}
	if e.verbose {
		fmt.Printf("%s: %s (%s)\n", p, out.end, time.Since(began).Round(time.Millisecond))
	}
	if len(wrong) == 0 {
		return
	}
	e.failed++
	e.suspects = append(e.suspects, p)
	fmt.Printf("FAILED %s\n  %s\n  run it alone: %s\n", p, strings.Join(wrong, "\n  "), e.command(p))
	if e.verbose {
		out.print(os.Stdout)
	}
}

const (
	// trials is how often a plan that failed among others is run alone: a machine that is late for all of them at once is no
	// fault of the operator's.
	trials = 3
	// mostUnsteady is how many plans may fail among others and pass alone before that is a failure itself.
	mostUnsteady = 3
)

// tryAgain runs each plan that failed alone. One that passes each time does not count as failed, but as unsteady.
func (e *explorer) tryAgain(ctx context.Context) {
	suspects := e.suspects
	e.suspects = nil
	for _, p := range suspects {
		before := e.failed
		for range trials {
			e.one(ctx, p)
		}
		e.ran -= trials
		if e.failed == before && ctx.Err() == nil {
			e.failed--
			e.unsteady++
			fmt.Printf("UNSTEADY %s: it passed %d times alone\n", p, trials)
		} else {
			e.failed = before // once is enough
		}
	}
	e.suspects = nil
}

// keep keeps what a plan without a fault is there to tell.
func (e *explorer) keep(p plan, out *outcome) {
	if e.ends == nil {
		e.ends, e.counts, e.changes, e.records = map[plan]end{}, map[plan]int{}, map[int][]int{}, map[int][]int{}
	}
	e.ends[p], e.counts[p] = out.end, len(out.boundaries)
	if p.seam > 0 {
		return
	}
	e.changes[p.scene], e.records[p.scene] = changesIn(out.boundaries)
}

// changesIn returns the numbers of the requests that change Seam, and of those by which status told of them before.
func changesIn(requests []string) (changes, records []int) {
	record := 0
	for i, what := range requests[:min(len(requests), maxBoundaries-1)] {
		switch {
		case strings.HasSuffix(what, " status"):
			record = i + 1
		case strings.HasSuffix(what, "assign_credential"):
			changes = append(changes, i+1)
			if record > 0 {
				records = append(records, record)
			}
			record = 0 // the next status is a report, or the record of the next change
		}
	}
	return changes, records
}

// The faults that no selection leaves out: what may become of each call that changes Seam, and what may be otherwise by the time
// that its record is stored.
var (
	ofEachChange = []string{"killed after", "answer lost", "25 s late", "59 s late", "answered 12 s later"}
	ofEachRecord = []string{"another person declared before the answer"}
)

// always returns the plans of a scenario that no selection leaves out.
func (e *explorer) always(scene int) []plan {
	return append(plansOf(scene, ofEachChange, e.changes[scene]), plansOf(scene, ofEachRecord, e.records[scene])...)
}

// plansOf returns the plans of a scenario with each of the faults of these names at each of some requests.
func plansOf(scene int, names []string, requests []int) []plan {
	var plans []plan
	for wrong := range faults {
		if !slices.Contains(names, faults[wrong].name) {
			continue
		}
		for _, boundary := range requests {
			plans = append(plans, plan{scene: scene, wrong: wrong, boundary: boundary})
		}
	}
	return plans
}

// wrongEnd returns what is wrong with the end of a plan; empty when it is the one without a fault, or a safe one.
func (e *explorer) wrongEnd(p plan, out *outcome) string {
	want, known := e.ends[p.faultless()]
	if p.boundary == 0 || !known || out.end.equals(want) || isSafe(p, out) {
		return ""
	}
	return fmt.Sprintf("it ends with: %s\n  without a fault it ends with: %s", out.end, want)
}

// command runs one plan again.
func (e *explorer) command(p plan) string {
	if e.inMemory {
		return fmt.Sprintf("make faults PLANS=%d MEMORY=1", p.number())
	}
	return fmt.Sprintf("make faults PLANS=%d", p.number())
}
