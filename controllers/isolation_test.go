package controllers_test

import (
	"fmt"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// In these stories the keys of one tenant are of no use, and another one has work to be done. How long that takes on a quiet
// machine is for the benchmark to say: here it takes less than the shortest of the deadlines that it would have to wait for.
const withoutWaiting = 4 * time.Second

// declareMany declares objects of credentials of their own, and returns their names.
func (s *story) declareMany(prefix string, n int, changes ...change) []string {
	s.t.Helper()
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", prefix, i)
		s.declare(names[i], append([]change{forCredential(s.another())}, changes...)...)
	}
	return names
}

// withKeysThatHang is a story with so many keys whose calls come to no end, each with an object, at default flags.
func withKeysThatHang(t *testing.T, n int) *story {
	t.Helper()
	s := newStory(t)
	s.options.Concurrency, s.options.Limits.InFlight = 32, 8
	s.operate()
	for i := range n {
		name := fmt.Sprintf("hanging-%d", i)
		s.gate(fakeseam.Fault{Token: s.addKey(name)})
		s.declare(name, forCredential(s.another()), withSecret(name))
	}
	return s
}

func TestKeysThatHangKeepNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	for _, n := range []int{8, 60} {
		t.Run(fmt.Sprintf("%d keys", n), func(t *testing.T) {
			s := withKeysThatHang(t, n)
			s.heldTimes(8, fakeseam.OpGetCredential)

			s.declare("alice-mobile-key")
			took := s.atRealPace(s.isReady("alice-mobile-key"))

			s.Expect(took).To(BeNumerically("<", withoutWaiting))
		})
	}
}

func TestKeysThatHangKeepNoRevocationWaiting(t *testing.T) {
	t.Parallel()
	s := withKeysThatHang(t, 60)
	s.declare("alice-mobile-key")
	s.atRealPace(s.isReady("alice-mobile-key"))

	s.delete("alice-mobile-key")
	took := s.atRealPace(s.isHeldBy(""))

	s.Expect(took).To(BeNumerically("<", s.options.HandOverGrace+withoutWaiting))
}

func TestARefusedKeyCostsOneCallAtATimeUntilItWorks(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.RevokeToken(apiKey)
	s.operate()
	names := s.declareMany("key", 60)
	s.passes(2 * time.Minute)
	for _, name := range names {
		s.stalled(name, v1alpha1.ReasonUnauthorized)
	}

	s.Expect(len(s.seam.Calls())).To(BeNumerically("<=", 20), "of sixty objects in two minutes")

	s.seam.AddAPIKey(apiKey, workspace)
	s.until(func() bool {
		for _, name := range names {
			if !s.isReady(name)() {
				return false
			}
		}
		return true
	})
}

func TestASlowKeyIsTriedWithMoreTimeThanANewOne(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpGetCredential, Delay: 7 * time.Second, Times: 2})
	s.operate()

	s.declare("alice-mobile-key")

	s.atRealPace(s.isReady("alice-mobile-key"))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}
