package leader

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// lock is a lock in memory.
type lock struct {
	stored *resourcelock.LeaderElectionRecord
	during func() error // called while a write is under way, which fails with its error; nil for nothing
}

func (l *lock) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if l.stored == nil {
		return nil, nil, apierrors.NewNotFound(schema.GroupResource{Resource: "leases"}, "seam-operator")
	}
	return l.stored, []byte(l.stored.HolderIdentity + l.stored.RenewTime.String()), nil
}

func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.Update(ctx, record)
}

func (l *lock) Update(_ context.Context, record resourcelock.LeaderElectionRecord) error {
	if l.during != nil {
		if err := l.during(); err != nil {
			return err
		}
	}
	l.stored = &record
	return nil
}

func (*lock) RecordEvent(string) {}
func (*lock) Identity() string   { return "us" }
func (*lock) Describe() string   { return "seam-system/seam-operator" }

var (
	ours      = resourcelock.LeaderElectionRecord{HolderIdentity: "us"}
	theirs    = resourcelock.LeaderElectionRecord{HolderIdentity: "them"}
	givenBack = resourcelock.LeaderElectionRecord{LeaderTransitions: 1}
)

// clocks are two clocks that can go apart.
type clocks struct{ reading }

func newClocks() *clocks {
	noon := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	return &clocks{reading{monotonic: noon, wall: noon}}
}

func (c *clocks) read() reading { return c.reading }

func (c *clocks) step(monotonic, wall time.Duration) {
	c.monotonic, c.wall = c.monotonic.Add(monotonic), c.wall.Add(wall)
}

// newLease returns a lease of 10 s that was not renewed yet.
func newLease() (*Lease, *lock, *clocks) {
	lock, clocks := &lock{}, newClocks()
	lease := NewLease(lock, 10*time.Second)
	lease.now = clocks.read
	return lease, lock, clocks
}

func renew(t *testing.T, lease *Lease) {
	t.Helper()
	if err := lease.Update(t.Context(), ours); err != nil {
		t.Fatal(err)
	}
}

func TestALeaseIsHeldAsLongAsItsLastRenewalIsGood(t *testing.T) {
	t.Parallel()
	lease, lock, clocks := newLease()
	if lease.Held() {
		t.Error("a process leads before it wrote the lock")
	}
	if err := lease.Create(t.Context(), ours); err != nil {
		t.Fatal(err)
	}
	if !lease.Held() || *lock.stored != ours {
		t.Errorf("a lock that was created makes no leader; stored is %v", *lock.stored)
	}
	clocks.step(9*time.Second, 9*time.Second)
	renew(t, lease)
	clocks.step(9*time.Second, 9*time.Second)
	if !lease.Held() {
		t.Error("a renewal was not noticed")
	}
	clocks.step(time.Second, time.Second)
	if lease.Held() {
		t.Error("a process leads though its renewal is good no longer")
	}
	renew(t, lease)
	if !lease.Held() {
		t.Error("a late renewal was not noticed")
	}
}

func TestWithoutALeaseNobodyElseLeads(t *testing.T) {
	t.Parallel()
	var none *Lease
	if !none.Held() {
		t.Error("an operator without leader election does not act")
	}
}

func TestEitherClockEndsALease(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		monotonic, wall time.Duration
		held            bool
	}{
		"both went on a little":          {time.Second, time.Second, true},
		"the machine slept":              {time.Second, time.Hour, false},
		"the wall clock was set back":    {time.Hour, time.Second, false},
		"it was set to before the lease": {time.Hour, -time.Hour, false},
		"it was set back a little ago":   {time.Second, -time.Hour, true},
		"by the wall clock just over":    {9 * time.Second, 10 * time.Second, false},
		"by the other one just over":     {10 * time.Second, 9 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, _, clocks := newLease()
			renew(t, lease)
			clocks.step(c.monotonic, c.wall)
			if lease.Held() != c.held {
				t.Errorf("held is %v after %s of the monotonic clock and %s of the wall clock", lease.Held(), c.monotonic, c.wall)
			}
		})
	}
}

func TestTheClocksAreReadApart(t *testing.T) {
	t.Parallel()
	now := readClocks()
	if strings.Contains(now.wall.String(), "m=") { // which String shows of a monotonic reading
		t.Errorf("the wall clock shows %s, and would be judged by the monotonic one", now.wall)
	}
	if !strings.Contains(now.monotonic.String(), "m=") {
		t.Errorf("the monotonic clock shows %s, and would be judged by the wall clock", now.monotonic)
	}
	if !now.monotonic.Equal(now.wall) {
		t.Errorf("one moment is %s and %s", now.monotonic, now.wall)
	}
}

func TestARenewalCountsFromWhenItsRequestBegan(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(*Lease, context.Context, resourcelock.LeaderElectionRecord) error{
		"Create": (*Lease).Create,
		"Update": (*Lease).Update,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, lock, clocks := newLease()
			lock.during = func() error {
				if lease.Held() {
					t.Error("a request that was not answered yet makes a leader")
				}
				clocks.step(6*time.Second, 6*time.Second)
				return nil
			}
			if err := write(lease, t.Context(), ours); err != nil {
				t.Fatal(err)
			}
			clocks.step(3*time.Second, 3*time.Second)
			if !lease.Held() {
				t.Error("the lease ended after 9 s of 10")
			}
			clocks.step(time.Second, time.Second)
			if lease.Held() {
				t.Error("the lease goes on after 10 s: it counts from the answer")
			}
		})
	}
}

func TestOnlyOurOwnSuccessMakesALeader(t *testing.T) {
	t.Parallel()
	errDown := errors.New("the API server is down")
	for name, c := range map[string]struct {
		err   error
		write func(*Lease, context.Context) error
	}{
		"a read":                 {nil, func(l *Lease, ctx context.Context) error { _, _, err := l.Get(ctx); return err }},
		"a failed Create":        {errDown, func(l *Lease, ctx context.Context) error { return l.Create(ctx, ours) }},
		"a failed Update":        {errDown, func(l *Lease, ctx context.Context) error { return l.Update(ctx, ours) }},
		"another holder, first":  {nil, func(l *Lease, ctx context.Context) error { return l.Create(ctx, theirs) }},
		"another holder, anew":   {nil, func(l *Lease, ctx context.Context) error { return l.Update(ctx, theirs) }},
		"a lock without anybody": {nil, func(l *Lease, ctx context.Context) error { return l.Create(ctx, givenBack) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, lock, clocks := newLease()
			lock.stored = &ours
			lock.during = func() error { return c.err }
			if err := c.write(lease, t.Context()); !errors.Is(err, c.err) {
				t.Errorf("returned %v, want %v", err, c.err)
			}
			if lease.Held() {
				t.Error("it made a leader")
			}

			lock.during = nil
			renew(t, lease)
			clocks.step(6*time.Second, 6*time.Second)
			lock.during = func() error { return c.err }
			if err := c.write(lease, t.Context()); !errors.Is(err, c.err) {
				t.Errorf("returned %v, want %v", err, c.err)
			}
			clocks.step(6*time.Second, 6*time.Second)
			if lease.Held() {
				t.Error("it renewed the lease")
			}
		})
	}
}

func TestARenewalThatFailsLeavesTheLeaseToItsTime(t *testing.T) {
	t.Parallel()
	lease, lock, clocks := newLease()
	renew(t, lease)
	clocks.step(9*time.Second, 9*time.Second)
	lock.during = func() error { return errors.New("the API server is down") }
	if err := lease.Update(t.Context(), ours); err == nil || !lease.Held() {
		t.Errorf("after 9 s of 10 and a failed renewal (%v) held is %v", err, lease.Held())
	}
}

func TestALeaseThatIsGivenBackEndsBeforeTheRequestGoesOut(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{"and succeeds": nil, "and fails": errors.New("the API server is down")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lease, lock, _ := newLease()
			renew(t, lease)
			heldMeanwhile := true
			lock.during = func() error { heldMeanwhile = lease.Held(); return answer }

			if err := lease.Update(t.Context(), givenBack); !errors.Is(err, answer) {
				t.Errorf("returned %v, want %v", err, answer)
			}
			if heldMeanwhile {
				t.Error("another process may lead, and this one does too")
			}
			if lease.Held() {
				t.Error("this process leads without a lease")
			}
		})
	}
}

// The whole of leader election, as client-go does it: take, renew, give back.
func TestALeaseGoesThroughAnElection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		lock := &lock{}
		lease := NewLease(lock, 10*time.Second)
		ctx, stop := context.WithCancel(log.IntoContext(t.Context(), zap.New(zap.WriteTo(t.Output()))))
		leads, led := make(chan struct{}), make(chan struct{})
		elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
			Lock:            lease,
			LeaseDuration:   15 * time.Second,
			RenewDeadline:   10 * time.Second,
			RetryPeriod:     2 * time.Second,
			ReleaseOnCancel: true,
			Callbacks: leaderelection.LeaderCallbacks{
				OnStartedLeading: func(context.Context) { close(leads) },
				OnStoppedLeading: func() { close(led) },
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		go elector.Run(ctx)

		<-leads
		<-time.After(time.Minute) // of the bubble's clock
		if !lease.Held() {
			t.Error("a leader that renews does not hold its lease after a minute")
		}
		stop()
		<-led
		if lease.Held() || lock.stored.HolderIdentity != "" {
			t.Errorf("when all is over, held is %v, and the lock's holder %q", lease.Held(), lock.stored.HolderIdentity)
		}
	})
}

func TestAProcessThatWasOvertakenDoesNotLeadAgain(t *testing.T) {
	t.Parallel()
	lease, lock, _ := newLease()
	renew(t, lease)
	overtaken := ours
	overtaken.LeaderTransitions = 2 // another process led in between, and gave the lease back

	err := lease.Update(t.Context(), overtaken)

	if !errors.Is(err, errLedBefore) || *lock.stored != ours {
		t.Errorf("Update() = %v, and stored is %v", err, *lock.stored)
	}
}

func TestALeaseThatSomebodyGaveToAnotherEndsWhenThatIsSeen(t *testing.T) {
	t.Parallel()
	lease, lock, _ := newLease()
	renew(t, lease)
	if _, _, err := lease.Get(t.Context()); err != nil || !lease.Held() {
		t.Fatalf("a look at its own lock ends it: %v", err)
	}
	lock.stored = &theirs

	if _, _, err := lease.Get(t.Context()); err != nil || lease.Held() {
		t.Errorf("it still leads, %v", err)
	}
}
