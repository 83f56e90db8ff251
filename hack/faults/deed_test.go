package main

import (
	"fmt"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"pgregory.net/rapid"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// deed is one thing that somebody does, or that goes wrong.
type deed struct {
	what string
	do   func(*story) error
}

func (d deed) String() string { return d.what }

// GoString is how rapid prints a deed.
func (d deed) GoString() string { return d.what }

var (
	people   = map[string]string{"Alice": world.Alice, "Bob": world.Bob, "Carol": world.Carol}
	holders  = map[string]string{"Alice": world.Alice, "Carol": world.Carol, "nobody": ""}
	modes    = []v1alpha1.Mode{"", v1alpha1.ModeAssign, v1alpha1.ModeEnforce, v1alpha1.ModeObserve}
	policies = []v1alpha1.DeletionPolicy{"", v1alpha1.DeletionPolicyUnassign, v1alpha1.DeletionPolicyRetain}
	// mishaps are what may become of a request.
	mishaps = []world.Interference{
		{Lose: true}, {LateBy: 10 * time.Second}, {LateBy: 50 * time.Second}, {Answer: world.Unreachable},
		{Answer: http.StatusInternalServerError}, {Answer: http.StatusTooManyRequests}, {Strip: "pendingWrites"}, {Strip: "finalizers"},
		{AnswerAfter: 12 * time.Second},
	}
)

// anyObject draws one of the two names of one of the two tenants.
func anyObject(t *rapid.T) (isTenants bool, name string) {
	return rapid.Bool().Draw(t, "tenant"), rapid.SampledFrom([]string{key, renamed}).Draw(t, "name")
}

// anyDeed draws a deed.
func anyDeed() *rapid.Generator[deed] {
	return rapid.Custom(func(t *rapid.T) deed {
		return rapid.SampledFrom([]func(*rapid.T) deed{
			declares, declares, declares, deletes, deletes, handsByConsole, suspends, restarts, goesWrong, goesWrong, goesWrong, freezes, waits, waits,
		}).Draw(t, "kind")(t)
	})
}

// declares creates an object, or changes what it declares.
func declares(t *rapid.T) deed {
	isTenants, name := anyObject(t)
	person := rapid.SampledFrom([]string{"Alice", "Bob", "Carol"}).Draw(t, "person")
	mode := rapid.SampledFrom(modes).Draw(t, "mode")
	policy := rapid.SampledFrom(policies).Draw(t, "policy")
	change := func(o *world.Object) {
		world.ForUser(people[person])(o)
		o.Spec.Mode, o.Spec.DeletionPolicy = mode, policy
	}
	what := fmt.Sprintf("declare %s (tenant %t) for %s, mode %q, policy %q", name, isTenants, person, mode, policy)
	return deed{what, func(s *story) error {
		err := s.Declare(s.namespace(isTenants), name, change)
		if apierrors.IsAlreadyExists(err) {
			return s.Edit(s.namespace(isTenants), name, change)
		}
		return err
	}}
}

func deletes(t *rapid.T) deed {
	isTenants, name := anyObject(t)
	return deed{fmt.Sprintf("delete %s (tenant %t)", name, isTenants), func(s *story) error {
		return s.Delete(s.namespace(isTenants), name)
	}}
}

func suspends(t *rapid.T) deed {
	isTenants, name := anyObject(t)
	yes := rapid.Bool().Draw(t, "suspend")
	return deed{fmt.Sprintf("suspend %s (tenant %t): %t", name, isTenants, yes), func(s *story) error {
		return s.Edit(s.namespace(isTenants), name, func(o *world.Object) { o.Spec.Suspend = yes })
	}}
}

func handsByConsole(t *rapid.T) deed {
	to := rapid.SampledFrom([]string{"nobody", "Alice", "Carol"}).Draw(t, "to")
	return deed{"give the credential to " + to + " by hand", func(s *story) error {
		s.HandByConsole(holders[to])
		return nil
	}}
}

func restarts(t *rapid.T) deed {
	isKilled := rapid.Bool().Draw(t, "killed")
	offset := rapid.SampledFrom([]time.Duration{0, 10 * time.Minute, -10 * time.Minute}).Draw(t, "offset")
	return deed{fmt.Sprintf("restart (killed %t), clock wrong by %s", isKilled, offset), func(s *story) error {
		if isKilled {
			s.askToRestart(offset)
		} else {
			s.askToReplace()
		}
		return nil
	}}
}

// goesWrong lets something become of a request to come.
func goesWrong(t *rapid.T) deed {
	mishap := rapid.SampledFrom(mishaps).Draw(t, "mishap")
	after := rapid.IntRange(0, 6).Draw(t, "after")
	isKilled := rapid.Bool().Draw(t, "killed")
	return deed{fmt.Sprintf("after %d requests: %+v, killed %t", after, mishap, isKilled), func(s *story) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mishaps = append(s.mishaps, strike{after, mishap, isKilled})
		return nil
	}}
}

func freezes(t *rapid.T) deed {
	isTenants := rapid.Bool().Draw(t, "tenant")
	return deed{fmt.Sprintf("freeze the watch of a namespace (tenant %t)", isTenants), func(s *story) error {
		s.process.Freeze(s.namespace(isTenants))
		s.thawIn.Store(3)
		return nil
	}}
}

func waits(t *rapid.T) deed {
	d := rapid.SampledFrom([]time.Duration{time.Second, 10 * time.Second, 45 * time.Second, 6 * time.Minute}).Draw(t, "time")
	return deed{"wait " + d.String(), func(s *story) error { return s.wait(d) }}
}
