package controllers_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// twoShards starts two operators in a story, which share its objects by a label, and returns how to stop the first one.
func (s *story) twoShards() (stopOne func()) {
	s.t.Helper()
	s.operateShard("one")
	stopOne = s.stop
	s.operateShard("two")
	return stopOne
}

func (s *story) operateShard(shard string) {
	s.t.Helper()
	s.selector = labels.SelectorFromSet(labels.Set{"shard": shard})
	s.operate()
}

func ofShard(shard string) change {
	return func(o *object) { o.Labels = map[string]string{"shard": shard} }
}

func TestAnObjectThatMovesToAnotherShardAtRestCostsOneRead(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	stopOne := s.twoShards()
	s.declare("alice-mobile-key", ofShard("one"))
	s.assigned("alice-mobile-key")
	s.seam.ResetCalls()
	writes := len(s.traffic.seen())

	s.edit("alice-mobile-key", ofShard("two"))

	s.called(1, fakeseam.OpGetCredential)
	s.quiet(10 * time.Minute)
	s.Expect(s.seam.Calls()).To(HaveLen(1))
	s.Expect(s.traffic.seen()).To(HaveLen(writes))
	stopOne()
	s.edit("alice-mobile-key", forUser(bob))
	s.until(s.isHeldBy(bob), s.isReady("alice-mobile-key"))
	s.deleteAndWait("alice-mobile-key")
	s.Expect(s.wrote()).To(Equal([]string{"unassign " + alice, "assign " + bob, "unassign " + bob}))
}

func TestAnObjectThatMovesToAnotherShardWithACallUnderWayIsGoneOnWithThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		afterEffect bool
		also        change
		wrote       []string
	}{
		"before its effect":                      {false, func(*object) {}, []string{"assign " + alice}},
		"after its effect":                       {true, func(*object) {}, []string{"assign " + alice}},
		"before its effect, for somebody else":   {false, forUser(bob), []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
		"after its effect, for somebody else":    {true, forUser(bob), []string{"assign " + alice, "unassign " + alice, "assign " + bob}},
		"before its effect, and it is suspended": {false, suspended(true), []string{"assign " + alice}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStory(t)
			s.twoShards()
			release := s.gate(fakeseam.Fault{Operation: fakeseam.OpAssignCredential, After: c.afterEffect, Times: 1})
			s.declare("alice-mobile-key", ofShard("one"))
			s.held(fakeseam.OpAssignCredential)

			s.edit("alice-mobile-key", ofShard("two"), c.also)
			s.passes(10 * time.Second)
			if !c.afterEffect {
				s.Expect(s.pendingWrites("alice-mobile-key")).To(Equal([]string{"Assign " + alice}), "the other shard waits for it")
			}
			release()

			want := strings.TrimPrefix(c.wrote[len(c.wrote)-1], "assign ")
			s.until(s.isHeldBy(want), func() bool { return len(s.pendingWrites("alice-mobile-key")) == 0 })
			s.settles()
			s.Expect(s.wrote()).To(Equal(c.wrote))
			s.Expect(s.holder()).To(Equal(user(want)))
			s.Expect(s.assignedPerson("alice-mobile-key")).To(Equal(want))
			s.deleteAndWait("alice-mobile-key")
			s.Expect(s.holder()).To(Equal(user("")))
		})
	}
}

func TestAnObjectMayMoveToAnotherShardAtAnyMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begins, happens func(*story)
		ends            func(*story) condition
		wrote           []string
	}{
		"an assignment": {
			happens: func(s *story) { s.declare("alice-mobile-key", ofShard("one")) },
			ends:    func(s *story) condition { return s.isReady("alice-mobile-key") },
			wrote:   []string{"assign " + alice},
		},
		"a move": {
			begins:  func(s *story) { s.declare("alice-mobile-key", ofShard("one")); s.assigned("alice-mobile-key") },
			happens: func(s *story) { s.edit("alice-mobile-key", forUser(bob)) },
			ends: func(s *story) condition {
				return func() bool { return s.isHeldBy(bob)() && s.isReady("alice-mobile-key")() }
			},
			wrote: []string{"unassign " + alice, "assign " + bob},
		},
		"a deletion": {
			begins:  func(s *story) { s.declare("alice-mobile-key", ofShard("one")); s.assigned("alice-mobile-key") },
			happens: func(s *story) { s.delete("alice-mobile-key") },
			ends:    func(s *story) condition { return s.isGone("alice-mobile-key") },
			wrote:   []string{"unassign " + alice},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			moved := true
			for n := int64(1); moved && !t.Failed(); n++ {
				t.Run(fmt.Sprintf("before call %d", n), func(t *testing.T) {
					s := newStory(t)
					s.twoShards()
					if c.begins != nil {
						c.begins(s)
					}
					s.seam.ResetCalls()
					hasMoved := s.movesBefore(n, "alice-mobile-key", "two")

					c.happens(s)
					s.until(c.ends(s))

					moved = hasMoved()
					s.passes(70 * time.Second) // what was lost could have come about
					s.Expect(s.wrote()).To(Equal(c.wrote))
				})
			}
		})
	}
}

// movesBefore labels an object for another shard just before the operators' nth call to Seam or write to the API server, and
// returns how to learn whether that came.
func (s *story) movesBefore(n int64, name, shard string) (hasMoved func() bool) {
	var calls atomic.Int64
	s.passing(func(*http.Request) error {
		if calls.Add(1) == n {
			s.label(name, shard)
		}
		return nil
	})
	return func() bool { return calls.Load() >= n }
}

// label gives an object to a shard. It may be called by any goroutine.
func (s *story) label(name, shard string) {
	o := &object{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace}}
	patch := []byte(`{"metadata":{"labels":{"shard":"` + shard + `"}}}`)
	if err := s.api.Patch(s.ctx, o, client.RawPatch(types.MergePatchType, patch)); err != nil {
		s.t.Errorf("labelling %s: %v", name, err)
	}
}

func TestAChangeThatWasNotRecordedBeforeItsObjectMovedToAnotherShardIsNotSent(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.twoShards()
	var isLate atomic.Bool
	waits, gate := make(chan struct{}), make(chan struct{})
	s.passing(func(req *http.Request) error {
		if isRecord(req) && isLate.CompareAndSwap(false, true) {
			close(waits)
			<-gate
		}
		return nil
	})
	s.declare("alice-mobile-key", ofShard("one"))
	s.Eventually(waits).Should(BeClosed())

	s.label("alice-mobile-key", "two")
	s.assigned("alice-mobile-key")
	close(gate)

	s.passes(70 * time.Second)
	s.Expect(s.writes(0)).To(Equal([]string{"metadata", "status", "status", "status"}), "the finalizer, the late record, a record and its result")
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
	s.Expect(s.pendingWrites("alice-mobile-key")).To(BeEmpty())
}

func TestAnotherPersonsObjectInAnotherShardTakesNothing(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.twoShards()
	s.declare("alice-mobile-key", ofShard("one"))
	s.assigned("alice-mobile-key")

	s.declare("for-bob", ofShard("two"), forUser(bob))

	s.stalled("for-bob", v1alpha1.ReasonHeldByOther)
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice}))
}

func TestAManifestRenamedIntoAnotherShardLocksItsPersonOutUntilTheResync(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.twoShards()
	s.declare("alice-mobile-key", ofShard("one"))
	s.assigned("alice-mobile-key")
	s.declare("renamed", ofShard("two"))
	s.assigned("renamed")

	s.deleteAndWait("alice-mobile-key")

	s.Expect(s.holder()).To(Equal(user("")), "the page warns of it")
	s.Expect(s.untilBy(time.Minute, s.isHeldBy(alice))).To(BeNumerically(">", 50*time.Minute))
	s.Expect(s.wrote()).To(Equal([]string{"assign " + alice, "unassign " + alice, "assign " + alice}))
}

func TestTheCommandsForShardsDoWhatTheirPageSays(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	s.declare("of-one", ofShard("one"))
	s.declare("of-two", ofShard("two"), forUser(bob))
	s.declare("of-two-too", ofShard("two"), forUser(carol))
	s.declare("misspelt", ofShard("tow"), forCredential(nobody))
	s.declare("without", forCredential(bob))

	unselected := s.onPage("kubectl get credassign -A --selector 'shard notin (one,two)'")
	s.Expect(unselected).To(And(ContainSubstring("misspelt"), ContainSubstring("without")))
	s.Expect(unselected).NotTo(Or(ContainSubstring("of-one"), ContainSubstring("of-two")))

	s.Expect(s.onPage("kubectl get credassign -A --no-headers -o custom-columns=:.spec.acsCredentialID,:.metadata.labels.shard |" +
		" sort -u | awk '{print $1}' | uniq -d")).To(Equal(theCredential + "\n"))

	s.onPage("kubectl label --overwrite credassign -A --field-selector spec.acsCredentialID=… shard=two")
	s.Expect(s.get("of-one").Labels).To(HaveKeyWithValue("shard", "two"))
	s.Expect(s.get("without").Labels).To(BeEmpty())
}

// onPage runs a command that stands so on the page of shards. It is about the story's credential, and its namespace alone.
func (s *story) onPage(command string) string {
	s.t.Helper()
	page, err := os.ReadFile("../docs/shards.md")
	s.Expect(err).NotTo(HaveOccurred())
	s.Expect(string(page)).To(ContainSubstring(command))
	command = strings.NewReplacer(" -A ", " --namespace="+s.namespace+" ", "…", theCredential).Replace(command)
	cmd := exec.CommandContext(s.ctx, "sh", "-c", command)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+s.kubeconfig(), "PATH="+os.Getenv("KUBEBUILDER_ASSETS")+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	s.Expect(err).NotTo(HaveOccurred(), string(out))
	return string(out)
}
