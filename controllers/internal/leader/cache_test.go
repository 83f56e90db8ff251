package leader

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var (
	noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	day  = labels.SelectorFromSet(labels.Set{"shift": "day"})
)

// cacheOf returns a Cache at noon.
func cacheOf(live, cached client.Reader) (*Cache, *clocktesting.FakePassiveClock) {
	clock := clocktesting.NewFakePassiveClock(noon)
	return &Cache{Live: live, Cached: cached, Clock: clock}, clock
}

// answer is what a call of CatchUp returned.
type answer struct {
	since time.Time
	err   error
}

// catchUp calls CatchUp in the background.
func catchUp(ctx context.Context, c *Cache) <-chan answer {
	returned := make(chan answer, 1)
	go func() {
		since, err := c.CatchUp(ctx)
		returned <- answer{since, err}
	}()
	return returned
}

// stillWaits fails the test if one of the calls returned, once nothing moves any more but the clock.
func stillWaits(t *testing.T, calls ...<-chan answer) {
	t.Helper()
	synctest.Wait()
	for i, call := range calls {
		select {
		case a := <-call:
			t.Fatalf("call %d returned already: %v, %v", i+1, a.since, a.err)
		default:
		}
	}
}

// soon returns what the call returns within a minute of the bubble's clock.
func soon(t *testing.T, call <-chan answer) answer {
	t.Helper()
	select {
	case a := <-call:
		return a
	case <-time.After(time.Minute):
		t.Fatal("the call does not return")
		return answer{}
	}
}

// versions is an object of which one reader shows one resource version after the other; empty for no object.
type versions struct {
	shown []string
	shift string
	reads int
}

func (v *versions) Get(_ context.Context, _ client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	version := v.shown[min(v.reads, len(v.shown)-1)]
	v.reads++
	if version == "" {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "credentialassignments"}, "x")
	}
	obj.SetResourceVersion(version)
	obj.SetLabels(map[string]string{"shift": v.shift})
	return nil
}

// List shows it at version 100, however it is read.
func (*versions) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	listed := metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "x", ResourceVersion: "100"}}
	list.(*metav1.PartialObjectMetadataList).Items = []metav1.PartialObjectMetadata{listed}
	return nil
}

func TestACacheThatIsBehindIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cached, live           []string
		shift                  string
		cachedReads, liveReads int
	}{
		"it has the listed version":   {[]string{"100"}, nil, "day", 1, 0},
		"it has a newer one":          {[]string{"1000"}, nil, "day", 1, 0},
		"it is behind":                {[]string{"99", "99", "100"}, nil, "day", 3, 0},
		"it does not have it yet":     {[]string{"", "101"}, []string{"101"}, "day", 2, 1},
		"it is gone since":            {[]string{""}, []string{""}, "day", 1, 1},
		"it is gone after some reads": {[]string{"", ""}, []string{"100", ""}, "day", 2, 2},
		"it was behind, and is gone":  {[]string{"99", ""}, []string{""}, "day", 2, 1},
		"it is selected no longer":    {[]string{""}, []string{"101"}, "night", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cached, live := &versions{shown: c.cached}, &versions{shown: c.live, shift: c.shift}
				cache, _ := cacheOf(live, cached)
				cache.Selector = day

				if a := soon(t, catchUp(t.Context(), cache)); a.err != nil {
					t.Fatal(a.err)
				}
				if cached.reads != c.cachedReads || live.reads != c.liveReads {
					t.Errorf("read the cache %d times, want %d, and the API server %d times, want %d", cached.reads, c.cachedReads, live.reads, c.liveReads)
				}
			})
		})
	}
}

func TestNothingIsDecidedWhileTheCacheIsBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live, cached := newServer("front-desk/a 100", "front-desk/b 200"), newServer("front-desk/a 100", "front-desk/b 199")
		cache, clock := cacheOf(live, cached)
		call := catchUp(t.Context(), cache)
		stillWaits(t, call)
		<-time.After(time.Minute) // of the bubble's clock
		stillWaits(t, call)

		clock.SetTime(noon.Add(time.Hour))
		cached.put("front-desk/b 200")

		if a := soon(t, call); a.err != nil || !a.since.Equal(noon) {
			t.Errorf("leads since %v, %v; want since noon", a.since, a.err)
		}
	})
}

func TestTwoCallersShareOneList(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live, cached := newServer("front-desk/a 100"), newServer("front-desk/a 100")
		gate := make(chan struct{})
		live.listing = func() error { <-gate; return nil }
		cache, clock := cacheOf(live, cached)
		first := catchUp(t.Context(), cache)
		synctest.Wait()
		clock.SetTime(noon.Add(time.Hour))
		second := catchUp(t.Context(), cache)
		stillWaits(t, first, second)

		close(gate)

		for _, call := range []<-chan answer{first, second} {
			if a := soon(t, call); a.err != nil || !a.since.Equal(noon) {
				t.Errorf("leads since %v, %v; want since noon", a.since, a.err)
			}
		}
		if live.lists != 1 {
			t.Errorf("two callers made %d lists", live.lists)
		}
	})
}

func TestOnceCaughtUpNothingIsReadAgain(t *testing.T) {
	t.Parallel()
	live, cached := newServer("front-desk/a 100"), newServer("front-desk/a 100")
	cache, clock := cacheOf(live, cached)
	if _, err := cache.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	live.put("front-desk/a 200")
	clock.SetTime(noon.Add(time.Hour))
	cache.turn <- struct{}{} // which would be waited for
	over, cancel := context.WithCancel(t.Context())
	cancel()

	since, err := cache.CatchUp(over)

	if err != nil || !since.Equal(noon) {
		t.Errorf("leads since %v, %v; want since noon", since, err)
	}
	if live.lists != 1 || live.gets != 0 || cached.gets != 1 {
		t.Errorf("%d lists, %d live reads and %d of the cache; want 1, 0 and 1", live.lists, live.gets, cached.gets)
	}
}

func TestAFailedAttemptIsRepeatedByTheNextCall(t *testing.T) {
	t.Parallel()
	errDown := errors.New("the API server is down")
	for name, fail := range map[string]func(live, cached *server, err error){
		"the list fails":      func(live, _ *server, err error) { live.listing = func() error { return err } },
		"the cache fails":     func(_, cached *server, err error) { cached.getting = func() error { return err } },
		"the live read fails": func(live, _ *server, err error) { live.getting = func() error { return err } },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				live, cached := newServer("front-desk/a 100", "front-desk/b 200"), newServer("front-desk/a 100")
				cache, clock := cacheOf(live, cached)
				fail(live, cached, errDown)
				if a := soon(t, catchUp(t.Context(), cache)); !errors.Is(a.err, errDown) || !a.since.IsZero() {
					t.Fatalf("returned %v, %v; want the error", a.since, a.err)
				}
				fail(live, cached, nil)
				clock.SetTime(noon.Add(time.Hour))
				cached.put("front-desk/b 200")

				if a := soon(t, catchUp(t.Context(), cache)); a.err != nil || !a.since.Equal(noon) {
					t.Errorf("leads since %v, %v; want since noon: it led all the while", a.since, a.err)
				}
				if live.lists != 2 {
					t.Errorf("%d lists, want 2", live.lists)
				}
			})
		})
	}
}

func TestACallThatFailsLeavesTheWorkToOneThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live, cached := newServer("front-desk/a 100"), newServer("front-desk/a 99")
		cache, _ := cacheOf(live, cached)
		ctx, cancel := context.WithCancel(t.Context())
		first := catchUp(ctx, cache)
		synctest.Wait()
		impatient, giveUp := context.WithCancel(t.Context())
		second, third := catchUp(t.Context(), cache), catchUp(impatient, cache)
		stillWaits(t, first, second, third)

		giveUp()
		if a := soon(t, third); !errors.Is(a.err, context.Canceled) {
			t.Errorf("a call that need not wait any more returned %v, %v", a.since, a.err)
		}
		stillWaits(t, first, second)
		cancel()
		if a := soon(t, first); !errors.Is(a.err, context.Canceled) {
			t.Errorf("a call that was cancelled returned %v, %v", a.since, a.err)
		}
		stillWaits(t, second)
		cached.put("front-desk/a 100")
		if a := soon(t, second); a.err != nil || !a.since.Equal(noon) {
			t.Errorf("leads since %v, %v; want since noon", a.since, a.err)
		}
		if live.lists != 2 {
			t.Errorf("%d lists, want 2", live.lists)
		}
	})
}

func TestEveryPageOfEveryNamespaceIsWaitedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		namespaces []string
		lists      int
	}{
		"all namespaces":     {nil, 3},
		"two of them, named": {[]string{"back-office", "front-desk"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				live, cached := newServer("back-office/x 100"), newServer("back-office/x 100")
				for i := range 1001 {
					object := fmt.Sprintf("front-desk/key-%04d 100", i)
					live.put(object)
					cached.put(object)
				}
				live.put("front-desk/key-1000 300")
				live.put("back-office/x 200")
				cache, _ := cacheOf(live, cached)
				cache.Namespaces = c.namespaces
				call := catchUp(t.Context(), cache)
				stillWaits(t, call)
				cached.put("back-office/x 200")
				<-time.After(time.Minute) // of the bubble's clock
				stillWaits(t, call)
				cached.put("front-desk/key-1000 300")

				if a := soon(t, call); a.err != nil {
					t.Fatal(a.err)
				}
				if live.lists != c.lists || live.longest != 500 {
					t.Errorf("%d pages of at most %d, want %d of 500", live.lists, live.longest, c.lists)
				}
			})
		})
	}
}

func TestWhatTheCacheDoesNotHoldIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		live, cached := newServer("front-desk/a 100 day", "front-desk/b 100 night", "back-office/c 100 day"), newServer("front-desk/a 100 day")
		cache, _ := cacheOf(live, cached)
		cache.Namespaces, cache.Selector = []string{"front-desk"}, day

		if a := soon(t, catchUp(t.Context(), cache)); a.err != nil || cached.gets != 1 {
			t.Errorf("read the cache %d times, %v; want once", cached.gets, a.err)
		}
	})
}
