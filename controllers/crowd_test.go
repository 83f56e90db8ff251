package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// In these stories one tenant has many objects for another one's credential. What they cost is measured by "make crowd".

const crowdSize = 60

// crowded is a story in which Alice holds the credential by an object, and a crowd declares it for Carol, each with a key of
// its own that Seam does not know.
func crowded(t *testing.T) *story {
	t.Helper()
	s := assignedToAlice(t)
	for n := range crowdSize {
		name := fmt.Sprintf("rival%02d", n)
		s.putSecret(name, "seam_test2"+name)
		s.declare(name, withSecret(name), forUser(carol))
	}
	for n := range crowdSize {
		s.stalled(fmt.Sprintf("rival%02d", n), v1alpha1.ReasonUnauthorized)
	}
	return s
}

func TestACrowdDelaysNeitherAMoveNorARevocation(t *testing.T) {
	t.Parallel()
	s := crowded(t)

	s.edit("alice-mobile-key", forUser(bob))
	moved := s.atRealPace(s.isHeldBy(bob))
	s.delete("alice-mobile-key")
	revoked := s.atRealPace(s.isHeldBy(""))

	s.Expect(moved).To(BeNumerically("<", 6*time.Second))
	s.Expect(revoked).To(And(BeNumerically(">=", 2*time.Second), BeNumerically("<", 8*time.Second)), "the grace, and a busy machine")
}

func TestACrowdAtRestCostsNothing(t *testing.T) {
	t.Parallel()
	s := crowded(t)
	s.rests()

	s.quiet(2 * time.Minute)
}

func TestTheFirstLooksAtACrowdDelayNoNewObject(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	for n := range crowdSize {
		name := fmt.Sprintf("rival%02d", n)
		s.putSecret(name, "seam_test2"+name)
		s.declare(name, withSecret(name), forUser(carol))
	}
	s.ages("rival00")
	s.options.Concurrency, s.options.Limits.InFlight = 32, 8
	s.operate()

	s.declare("alice-mobile-key")
	took := s.atRealPace(s.isHeldBy(alice))

	s.Expect(took).To(BeNumerically("<", 20*time.Second), "ten seconds at most for looks at all who were never handled, and a busy machine")
}
