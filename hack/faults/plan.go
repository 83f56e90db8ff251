package main

import (
	"fmt"
	"hash/fnv"
	"slices"
)

// plan is one scenario, one way for Seam to be, and one fault at one request. At boundary 0 there is no fault.
type plan struct {
	scene, seam, wrong, boundary int
}

// How many of each there may be, so that the numbers of plans stay when there are more of them.
const (
	maxProfiles   = 8
	maxFaults     = 128
	maxBoundaries = 64
)

// number is the plan's number: a function of its parts, and of nothing else.
func (p plan) number() int {
	return ((p.scene*maxProfiles+p.seam)*maxFaults+p.wrong)*maxBoundaries + p.boundary
}

// planOf returns the plan of a number.
func planOf(number int) (plan, error) {
	p := plan{
		boundary: number % maxBoundaries,
		wrong:    number / maxBoundaries % maxFaults,
		seam:     number / maxBoundaries / maxFaults % maxProfiles,
		scene:    number / maxBoundaries / maxFaults / maxProfiles,
	}
	if number < 0 || p.scene >= len(scenarios) || p.seam >= len(profiles) || p.wrong >= len(faults) {
		return plan{}, fmt.Errorf("there is no plan %d", number)
	}
	return p, nil
}

func (p plan) scenario() *scenario { return &scenarios[p.scene] }
func (p plan) profile() *profile   { return &profiles[p.seam] }
func (p plan) fault() *fault       { return &faults[p.wrong] }

// String names the plan with its number and all its parts.
func (p plan) String() string {
	if p.boundary == 0 {
		return fmt.Sprintf("plan %d: %s; %s; without a fault", p.number(), p.scenario().name, p.profile().name)
	}
	return fmt.Sprintf("plan %d: %s; %s; %s at request %d", p.number(), p.scenario().name, p.profile().name, p.fault().name, p.boundary)
}

// faultless is the plan without a fault that a plan is measured by.
func (p plan) faultless() plan { return plan{scene: p.scene, seam: p.seam} }

// selected returns the plans of a scenario that cover every fault, every boundary and every profile at least once. Which go
// together depends on the turn. boundaries are the numbers of requests without a fault, by profile.
func selected(scene int, boundaries []int, turn int) []plan {
	most := min(slices.Max(boundaries), maxBoundaries-1)
	isCovered := make([]bool, most+1)
	plans := make([]plan, 0, len(faults)+most)
	add := func(seam, boundary int) {
		plans = append(plans, plan{scene, seam, (len(plans) + turn/len(profiles)) % len(faults), boundary})
		isCovered[boundary] = true
	}
	for i := range max(len(faults), most, len(profiles)) {
		seam := (i + turn) % len(profiles)
		add(seam, 1+(i+turn/7)%max(min(boundaries[seam], most), 1))
	}
	for b := 1; b <= most; b++ {
		if !isCovered[b] {
			add(slices.IndexFunc(boundaries, func(n int) bool { return n >= b }), b)
		}
	}
	return plans
}

// all returns all plans of a scenario.
func all(scene int, boundaries []int) []plan {
	var plans []plan
	for seam, n := range boundaries {
		for wrong := range faults {
			for b := 1; b <= min(n, maxBoundaries-1); b++ {
				plans = append(plans, plan{scene, seam, wrong, b})
			}
		}
	}
	return plans
}

// turnOf returns which selection goes with a commit.
func turnOf(commit string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(commit)) // never fails
	return int(h.Sum32() % 10007)
}
