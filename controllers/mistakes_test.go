package controllers_test

import (
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// These stories notice mistakes that were once made by hand, and that no story noticed.

func TestItsOwnStatusWritesAreWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.operate()
	release := s.hold(fakeseam.OpAssignCredential, false)
	s.declare("alice-mobile-key")
	s.held(fakeseam.OpAssignCredential)
	s.cached("alice-mobile-key", func(o *object) bool { return len(o.Status.PendingWrites) == 1 })
	thaw := s.traffic.freeze()
	release()
	s.assigned("alice-mobile-key") // which the operator's cache does not show
	calls, writes := len(s.seam.Calls()), len(s.traffic.seen())

	s.putSecret("seam", apiKey+"\n") // makes the object due
	s.clock.Step(2 * time.Hour)      // so does the resync
	s.Consistently(func() []int { return []int{len(s.seam.Calls()), len(s.traffic.seen())} }, "500ms").Should(Equal([]int{calls, writes}))

	thaw()
	s.until(func() bool { return len(s.seam.Calls()) > calls })
	s.assigned("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestNothingGoesOutWhenTheRecordTookLongerThanACallMay(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.SeamTimeout = 5 * time.Second
	var records atomic.Int32
	s.traffic.before = func(write string) error {
		if write == "PATCH credentialassignments/alice-mobile-key/status" && records.Add(1) == 1 {
			s.clock.Step(6 * time.Second) // less than a read may be old
		}
		return nil
	}
	s.operate()

	s.declare("alice-mobile-key")
	s.Eventually(records.Load).Should(BeNumerically(">=", 1))
	s.rests()
	s.Expect(s.wrote()).To(BeEmpty())

	s.until(func() bool { return s.isReady("alice-mobile-key") })
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestACallEndsWithTheTimeOfItsRecord(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.options.SeamTimeout = 10 * time.Second
	var records atomic.Int32
	s.traffic.before = func(write string) error {
		if write == "PATCH credentialassignments/alice-mobile-key/status" && records.Add(1) == 1 {
			s.clock.Step(9 * time.Second)
		}
		return nil
	}
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, Delay: time.Minute, Times: 1})
	s.operate()

	s.declare("alice-mobile-key")
	s.Eventually(s.wrote).Should(HaveLen(1))
	began := time.Now()
	s.reconciling("alice-mobile-key", v1alpha1.ReasonOutcomeUnknown)

	s.Expect(time.Since(began)).To(BeNumerically("<", 6*time.Second), "one second is left, not ten")
}
