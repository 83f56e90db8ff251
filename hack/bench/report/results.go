// Package report keeps what the benchmark measured, compares it with what the project promises, and writes the page and the
// chart for users. It measures nothing itself: everything in it is a function of the results.
package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
)

// Results is what docs/benchmarks.json keeps: the last run of each scenario.
type Results struct {
	Scenarios []Scenario `json:"scenarios"`
}

// Scenario is what was measured with so many objects and so slow a Seam.
type Scenario struct {
	Objects      int     `json:"objects"`
	Milliseconds int     `json:"latencyMilliseconds"` // that each call to Seam takes at least
	Keys         int     `json:"keys"`                // among which the objects are spread
	Date         string  `json:"date"`
	Commit       string  `json:"commit"`
	Machine      Machine `json:"machine"`
	// IdleBytes is the operator's peak memory before there was an object.
	IdleBytes int64   `json:"idleBytes"`
	Phases    []Phase `json:"phases"`
}

// Machine is where a scenario ran.
type Machine struct {
	CPUs       int     `json:"cpus"`
	CPU        string  `json:"cpu"`
	System     string  `json:"system"`
	Go         string  `json:"go"`
	Kubernetes string  `json:"kubernetes"`
	Load       float64 `json:"load"` // average when the scenario began: processes of other work that want a processor
}

// Add puts a scenario in the place of the one with as many objects and keys and the same latency.
func (r *Results) Add(s Scenario) {
	r.Scenarios = slices.DeleteFunc(r.Scenarios, func(old Scenario) bool {
		return old.Objects == s.Objects && old.Milliseconds == s.Milliseconds && old.Keys == s.Keys
	})
	r.Scenarios = append(r.Scenarios, s)
	slices.SortFunc(r.Scenarios, func(a, b Scenario) int {
		return cmp.Or(a.Objects-b.Objects, a.Milliseconds-b.Milliseconds, a.Keys-b.Keys)
	})
}

// Find returns a scenario in which all objects have the same key; one that was not measured has no phases.
func (r *Results) Find(objects, milliseconds int) Scenario {
	for _, s := range r.Scenarios {
		if s.Objects == objects && s.Milliseconds == milliseconds && s.Keys == 1 {
			return s
		}
	}
	return Scenario{}
}

// Phase returns one phase; one that was not measured has neither objects nor a name.
func (s Scenario) Phase(name string) Phase {
	for _, p := range s.Phases {
		if p.Name == name {
			return p
		}
	}
	return Phase{}
}

// Merge adds a phase; what was measured of the same one before counts together with it.
func (s *Scenario) Merge(p Phase) {
	for i := range s.Phases {
		if old := &s.Phases[i]; old.Name == p.Name {
			both := float64(old.Objects + p.Objects)
			old.MedianSeconds = (old.MedianSeconds*float64(old.Objects) + p.MedianSeconds*float64(p.Objects)) / both
			old.P99Seconds = max(old.P99Seconds, p.P99Seconds)
			old.Objects += p.Objects
			old.Seconds += p.Seconds
			old.Requests, old.SeamCalls = old.Requests.Plus(p.Requests), old.SeamCalls.Plus(p.SeamCalls)
			return
		}
	}
	s.Phases = append(s.Phases, p)
}

// Ratio returns how fast a phase was compared with the bare client's; NaN when one of them was not measured.
func (s Scenario) Ratio(name string) float64 {
	return s.Phase(name).Rate() / s.Phase(FloorOf(name)).Rate()
}

// Peak returns the most memory, in bytes, that the operator needed in the phases named; NaN when none was measured.
func (s Scenario) Peak(names ...string) float64 {
	peak := math.NaN()
	for _, name := range names {
		if p := s.Phase(name); p.PeakBytes > 0 && !(float64(p.PeakBytes) <= peak) {
			peak = float64(p.PeakBytes)
		}
	}
	return peak
}

// Load reads results that were kept. A file that is not there holds none.
func Load(path string) (r Results, err error) {
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return r, nil
	case err != nil:
		return r, err
	}
	if err := json.Unmarshal(content, &r); err != nil {
		return r, fmt.Errorf("reading the results kept in %s: %w", path, err)
	}
	return r, nil
}

// Save keeps results for the next run and for whoever wants to plot them.
func (r *Results) Save(path string) error {
	content, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(content, '\n'), 0o644)
}
