package keys

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

func TestAPersonalAccessTokenIsAKeyForEachWorkspace(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})

	here, there := s.key(personalToken, workspace), s.key(personalToken, elsewhere)
	pinned, plain := s.key(apiKey, workspace), s.key(apiKey, "")

	if here == there || here != s.key(personalToken, workspace) {
		t.Error("personal access tokens are not told apart by their workspace")
	}
	if pinned != plain {
		t.Error("an API key counts twice because one object pins its workspace")
	}
}

func TestATokenThatCannotBeUsedIsNoKey(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})
	personal, _ := seam.ParseToken(personalToken)

	for name, token := range map[string]seam.Token{"a personal access token without workspace": personal, "none": {}} {
		if k, err := s.Key(token, ""); k != nil || !seam.IsTokenError(err) {
			t.Errorf("%s gives %v, %v", name, k, err)
		}
	}
	if s.Len() != 0 {
		t.Errorf("%d keys are held", s.Len())
	}
}

func TestASecretThatIsRenewedAgainAndAgainDoesNotFillTheMemory(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})

	held := s.someOf(1000, func(i int) *Key { return s.key(fmt.Sprintf("seam_test%dkey", i), "") })

	s.fallsTo(3)
	for i, k := range held {
		if k != s.key(fmt.Sprintf("seam_test%dkey", i), "") {
			t.Errorf("key %d, which is in use, was replaced", i)
		}
	}
}

func TestMadeUpWorkspacesDoNotFillTheMemory(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})
	inWorkspace := func(i int) *Key { return s.key(personalToken, fmt.Sprintf("11111111-1111-1111-1111-%012d", i)) }

	held := s.someOf(1000, inWorkspace)

	s.fallsTo(3)
	runtime.KeepAlive(held)
}

func TestAnObjectThatWaitsKeepsItsKey(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 2, Burst: 1, InFlight: 10})
	var waiting Turn
	func() {
		k := s.key(apiKey, "")
		s.admitted(k, &Turn{}, withClaim)
		s.waits(k, &waiting, withClaim, 500*time.Millisecond)
		s.key("seam_test2key", "")
	}()

	s.fallsTo(1)
	if !waiting.Waits(s.key(apiKey, "")) {
		t.Error("the queue that it waits in is gone")
	}
}

func TestARestIsNotForgottenWhileNoObjectIsLookedAt(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})
	func() {
		s.key(apiKey, "").Rest(limitedFor90s)
		s.key("seam_test2key", "")
	}()

	s.fallsTo(1)
	s.rests(s.key(apiKey, ""), 90*time.Second)
}

// The collector may be late: the new key has taken the place of the old one when that one's end is heard of.
func TestAKeyThatComesBackIsNotForgottenForTheOldOnesEnd(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1, Burst: 1, InFlight: 1})
	token, _ := seam.ParseToken(apiKey)
	k := s.key(apiKey, "")

	s.forget(keyID{token: token})

	if s.Len() != 1 || k != s.key(apiKey, "") {
		t.Error("it is gone, and a second key has a queue of its own")
	}
}

func TestAKeyInUseIsTheSameForEverybodyWhateverIsCollected(t *testing.T) {
	t.Parallel()
	s := newStory(t, Limits{QPS: 1e6, Burst: 1e6, InFlight: 100})
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			for i := range 200 {
				if err := s.visit(); err != nil {
					t.Error(err)
				}
				if i%20 == 0 {
					runtime.GC()
				}
			}
		})
	}
	users.Wait()
	s.fallsTo(0)
}

// visit uses a key as a reconcile does, and holds it no longer than that.
func (s *story) visit() error {
	token, _ := seam.ParseToken(apiKey)
	k, err := s.Key(token, "")
	if err != nil {
		return err
	}
	k.BelongsTo(workspace)
	if err = k.Admit(&Turn{}, withClaim); err != nil {
		return err
	}
	defer k.Leave()
	if again, _ := s.Key(token, ""); again != k {
		return errors.New("a key in use was replaced")
	}
	return nil
}

// someOf makes so many keys and returns the first three: nobody holds the others.
func (s *story) someOf(count int, key func(i int) *Key) []*Key {
	s.Helper()
	var held []*Key
	for i := range count {
		if k := key(i); i < 3 {
			held = append(held, k)
		}
	}
	return held
}

// fallsTo waits until the ring holds so many keys.
func (s *story) fallsTo(want int) {
	s.Helper()
	for deadline := time.Now().Add(30 * time.Second); s.Len() > want && time.Now().Before(deadline); {
		runtime.GC() // cleanups run beside it
		runtime.Gosched()
	}
	if got := s.Len(); got != want {
		s.Fatalf("%d keys are held, want %d", got, want)
	}
}
