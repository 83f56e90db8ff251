package main

import (
	"context"
	"fmt"
	"os"
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
	ends     map[plan]end // of plans without a fault
	counts   map[plan]int // their requests
	ran      int
	failed   int
	unstruck int // plans whose request did not come
	began    time.Time
}

// runEverything runs each scenario without a fault, under each profile, and then the selection or all.
func (e *explorer) runEverything(ctx context.Context) error {
	var faultless []plan
	for scene := range scenarios {
		if e.scenario != "" && scenarios[scene].name != e.scenario {
			continue
		}
		for seam := range profiles {
			faultless = append(faultless, plan{scene: scene, seam: seam})
		}
	}
	return e.runAll(ctx, faultless, nil)
}

// runAll runs plans without faults, and then those that choose makes of them; nil for the usual choice.
func (e *explorer) runAll(ctx context.Context, faultless []plan, choose func([]int) []plan) error {
	e.ends, e.counts, e.began = map[plan]end{}, map[plan]int{}, time.Now()
	e.each(ctx, faultless)
	var plans []plan
	if choose != nil {
		plans = choose(nil)
	} else {
		for scene := range scenarios {
			boundaries := make([]int, len(profiles))
			for seam := range profiles {
				boundaries[seam] = e.counts[plan{scene: scene, seam: seam}]
			}
			switch {
			case boundaries[0] == 0, e.plans == "none":
			case e.plans == "all":
				plans = append(plans, all(scene, boundaries)...)
			default:
				plans = append(plans, selected(scene, boundaries, turnOf(e.commit))...)
			}
		}
	}
	if len(plans) > 0 && plans[0].boundary > 0 {
		e.each(ctx, plans)
	}
	if e.unstruck > 0 {
		fmt.Printf("%d plans ended before the request came that was to be struck\n", e.unstruck)
	}
	fmt.Printf("%d plans, %d failed\n", e.ran, e.failed)
	if e.failed > 0 {
		return fmt.Errorf("%d plans failed in %s", e.failed, time.Since(e.began).Round(time.Second))
	}
	return ctx.Err()
}

// each runs plans, so many at a time.
func (e *explorer) each(ctx context.Context, plans []plan) {
	var wait sync.WaitGroup
	queue := make(chan plan)
	for range e.parallel {
		wait.Go(func() {
			for p := range queue {
				e.one(ctx, p)
			}
		})
	}
	for _, p := range plans {
		if ctx.Err() == nil {
			queue <- p
		}
	}
	close(queue)
	wait.Wait()
}

// one runs a plan and prints what is wrong.
func (e *explorer) one(ctx context.Context, p plan) {
	began := time.Now()
	out, err := execute(ctx, e.api, p, fmt.Sprintf("plan-%d-%d", p.number(), began.UnixNano()%1_000_000))
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ran++
	if p.boundary == 0 {
		e.ends[p], e.counts[p] = out.end, len(out.boundaries)
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
	fmt.Printf("FAILED %s\n  %s\n  run it alone: make faults PLANS=%d\n", p, strings.Join(wrong, "\n  "), p.number())
	if e.verbose {
		out.print(os.Stdout)
	}
}

// wrongEnd returns what is wrong with the end of a plan; empty when it is the one without a fault, or a safe one.
func (e *explorer) wrongEnd(p plan, out *outcome) string {
	want, known := e.ends[p.faultless()]
	if p.boundary == 0 || !known || out.end.equals(want) || isSafe(p, out) {
		return ""
	}
	return fmt.Sprintf("it ends with: %s\n  without a fault it ends with: %s", out.end, want)
}
