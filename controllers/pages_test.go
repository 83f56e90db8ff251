package controllers_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories many objects of one key have nothing to do but to look whether all is as it was.

const many = 60

// callsSince lists the operations that Seam was asked for after so many calls.
func (s *story) callsSince(n int) (operations []string) {
	for _, call := range s.seam.Calls()[n:] {
		operations = append(operations, call.Operation)
	}
	return operations
}

// goesBy lets a time go by in which objects share what they read.
func (s *story) goesBy(d time.Duration) {
	s.t.Helper()
	s.passesBy(250*time.Millisecond, d)
}

func TestAResyncOfManyReadsPagesAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := manyAssigned(t, many)
	s.rests()
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.clock.Step(70 * time.Minute) // all are due
	s.goesBy(6 * time.Minute)

	s.Expect(s.callsSince(calls)).To(ContainElement(fakeseam.OpListCredentials))
	s.Expect(len(s.seam.Calls())-calls).To(BeNumerically("<=", many/4), "%v", s.callsSince(calls))
	s.Expect(s.traffic.seen()[writes:]).To(BeEmpty())
}

func TestARestartWithManyReadsPagesAndWritesNothing(t *testing.T) {
	t.Parallel()
	s := manyAssigned(t, many)
	s.rests()
	s.stop()
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.operate()
	s.goesBy(30 * time.Second)

	s.Expect(s.callsSince(calls)).To(ContainElement(fakeseam.OpListCredentials))
	s.Expect(len(s.seam.Calls())-calls).To(BeNumerically("<=", many/4), "%v", s.callsSince(calls))
	s.Expect(s.traffic.seen()[writes:]).To(BeEmpty())
}

func TestADriftThatAPageShowsIsHealed(t *testing.T) {
	t.Parallel()
	s := manyAssigned(t, many)
	s.declare("alice-mobile-key")
	s.assigned("alice-mobile-key")
	s.rests()
	s.handByConsole("")

	s.clock.Step(70 * time.Minute)

	s.untilBy(250*time.Millisecond, s.isHeldBy(alice))
}
