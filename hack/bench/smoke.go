package main

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

const (
	smokeObjects = 500
	smokeRest    = 5 * time.Second
	// pageObjects is how many objects the scenario of the page has that a smoke test is compared with.
	pageObjects = 2_000
)

// smoke measures a few objects, and fails when they cost more than the page says.
func smoke(ctx context.Context, o options, kept *report.Results) error {
	page := kept.Find(pageObjects, 0)
	if len(page.Phases) == 0 {
		return errors.New(o.docs + "/benchmarks.json has no scenario of 2,000 objects without latency to compare with: make bench writes it")
	}
	s := setup{binary: o.binary, objects: smokeObjects, keys: 1, rest: smokeRest, steps: short}
	checks, err := s.check(ctx, page)
	if err == nil && report.IsMaybeNoise(checks) {
		say("a rate is too low, and nothing else: other work on this machine may have been in the way, it is measured once more")
		checks, err = s.check(ctx, page)
	}
	return errors.Join(err, report.Failed(checks))
}

func (s setup) check(ctx context.Context, page report.Scenario) ([]report.Check, error) {
	measured, err := s.run(ctx)
	if err != nil {
		return nil, err
	}
	checks := report.Smoke(measured, page)
	report.PrintChecks(os.Stdout, checks)
	return checks, nil
}
