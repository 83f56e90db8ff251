package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	"pgregory.net/rapid"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// cluster is the API server of all tests, started by the first one that needs it.
var cluster = sync.OnceValues(func() (*world.Cluster, error) {
	return world.StartCluster("../..")
})

var clusterIsUsed atomic.Bool

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	klog.SetLogger(logr.Discard())
	code := m.Run()
	if clusterIsUsed.Load() {
		if c, err := cluster(); err == nil {
			_ = c.Stop()
		}
	}
	os.Exit(code)
}

// story is a history as it comes about.
type story struct {
	*run
	mishaps []strike
}

// strike is what becomes of a request, after so many others.
type strike struct {
	after    int
	becomes  world.Interference
	isKilled bool
}

var histories atomic.Int64

// histories are few unless somebody asks for more by -rapid.checks: each takes a second or two.
func limitHistories(t *testing.T, to string) {
	t.Helper()
	isSet := false
	flag.Visit(func(f *flag.Flag) { isSet = isSet || f.Name == "rapid.checks" })
	if !isSet {
		if err := flag.Set("rapid.checks", to); err != nil {
			t.Fatal(err)
		}
	}
}

// Edits, deletions, recreations, changes by hand, faults and restarts, in any order, by two tenants who name the same
// credential: whatever comes of it, no invariant breaks.
func TestWhateverHappensInWhateverOrderNoInvariantBreaks(t *testing.T) {
	limitHistories(t, "6")
	clusterIsUsed.Store(true)
	c, err := cluster()
	if err != nil {
		t.Fatal(err)
	}
	for seam := range profiles {
		t.Run(profiles[seam].name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				deeds := rapid.SliceOfN(anyDeed(), 1, 12).Draw(rt, "deeds")
				if wrong := tell(c, plan{seam: seam}, deeds); wrong != "" {
					rt.Fatal(wrong)
				}
			})
		})
	}
}

// tell lets a history happen, and returns what is wrong with it and all that happened; empty when nothing is wrong.
func tell(c *world.Cluster, p plan, deeds []deed) string {
	w, err := world.New(context.Background(), c, fmt.Sprintf("history-%d", histories.Add(1)))
	if err != nil {
		return err.Error()
	}
	defer w.Close()
	s := &story{run: &run{World: w, plan: p, begun: map[string]bool{}}}
	out, err := s.happens(deeds)
	if err == nil && len(out.broken) == 0 {
		return ""
	}
	var told bytes.Buffer
	out.print(&told)
	return fmt.Sprintf("%v\n%s\n%s", err, out.whatBroke(), withoutLog(told.String()))
}

func withoutLog(text string) string {
	before, _, _ := strings.Cut(text, "\n{")
	return before
}

// happens lets the deeds be done, one after the other, and waits until all is settled.
func (s *story) happens(deeds []deed) (*outcome, error) {
	s.Seam.SetBehaviour(s.plan.profile().behaviour)
	var err error
	if s.process, err = s.Start(0); err != nil {
		return &outcome{}, err
	}
	s.Intercept(s.intercept)
	for _, d := range deeds {
		if err := d.do(s); err != nil {
			return &outcome{}, fmt.Errorf("%s: %w", d, err)
		}
		if err := s.wait(0); err != nil {
			return &outcome{}, err
		}
	}
	s.mu.Lock()
	s.mishaps = nil
	s.mu.Unlock()
	// What was changed by hand is healed at the resync.
	if err = s.drive(3 * time.Hour); err == nil {
		err = s.rest()
	}
	s.calmFrom(0)
	began := s.Moment()
	if err == nil {
		err = s.drive(usualPatience)
	}
	var rest invariants.Moment
	if err == nil {
		rest = s.Moment()
		err = s.rest()
	}
	out := s.judge(began, rest)
	return out, err
}

// wait lets time go by, and the operator do what it can at least once.
func (s *story) wait(d time.Duration) error {
	for began := s.Now(); ; {
		if err := s.attend(); err != nil {
			return err
		}
		if _, err := s.Step(max(d, time.Millisecond), !s.allRest()); err != nil {
			return err
		}
		if s.Now().Sub(began) >= d {
			return s.err()
		}
	}
}

// intercept lets become of a request what is its turn.
func (s *story) intercept(world.Request) world.Interference {
	s.mu.Lock()
	if len(s.mishaps) == 0 {
		s.mu.Unlock()
		return unharmed
	}
	if s.mishaps[0].after--; s.mishaps[0].after >= 0 {
		s.mu.Unlock()
		return unharmed
	}
	strike := s.mishaps[0]
	s.mishaps = s.mishaps[1:]
	s.mu.Unlock()
	if strike.isKilled {
		s.askToRestart(0)
	}
	return strike.becomes
}

func (s *story) namespace(isTenants bool) string {
	if isTenants {
		return s.Tenant
	}
	return s.FrontDesk
}
