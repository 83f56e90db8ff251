package leader

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// Lease is the lock of leader election, and knows when this process last renewed it. A process that was paused wakes up
// believing that it still leads; its lease tells that another one may lead by now.
type Lease struct {
	resourcelock.Interface

	// lasts is shorter than what others wait before they take the lease over: clocks tick differently, and a call that was
	// sent in time has to end in time.
	lasts   time.Duration
	now     func() reading
	renewed atomic.Pointer[reading] // nil while this process does not lead

	mu          sync.Mutex
	transitions *int // how often the lease had changed hands when this process got it; nil before
}

// NewLease returns a lease that is not held before the lock is written for the first time. It lasts so long from each
// renewal: the renew deadline, after which leader election gives up by itself.
func NewLease(lock resourcelock.Interface, lasts time.Duration) *Lease {
	return &Lease{Interface: lock, lasts: lasts, now: readClocks}
}

// Held reports whether nobody else can lead yet. It is true of a nil Lease: without leader election there is nobody else.
func (l *Lease) Held() bool {
	if l == nil {
		return true
	}
	renewed := l.renewed.Load()
	return renewed != nil && l.now().within(l.lasts, *renewed)
}

// errLedBefore ends a process that was overtaken: what it remembers is older than what the leader between did.
var errLedBefore = errors.New("another process has led since this one began to lead: it has to start anew")

// Get reads the lock. When that is another's, the lease ends: somebody changed or deleted it by hand.
func (l *Lease) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err == nil && record.HolderIdentity != l.Identity() {
		l.renewed.Store(nil)
	}
	return record, raw, err
}

// Create makes the lock this process's own. Its errors are the lock's.
func (l *Lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, l.Interface.Create)
}

// Update renews the lock, takes it over, or gives it back with a record without a holder. Its errors are the lock's.
func (l *Lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.write(ctx, record, l.Interface.Update)
}

// write counts a renewal from before it was sent, since others count from when it was stored; and the end of a lease too,
// since another process may lead before the answer arrives.
func (l *Lease) write(ctx context.Context, record resourcelock.LeaderElectionRecord,
	send func(context.Context, resourcelock.LeaderElectionRecord) error,
) error {
	began := l.now()
	if record.HolderIdentity == "" {
		l.renewed.Store(nil)
		return send(ctx, record)
	}
	if record.HolderIdentity != l.Identity() {
		return send(ctx, record)
	}
	if l.hasLost(record) {
		return errLedBefore
	}
	if err := send(ctx, record); err != nil {
		return err
	}
	l.keep(record)
	l.renewed.Store(&began)
	return nil
}

// hasLost reports whether the lease has changed hands since this process got it.
func (l *Lease) hasLost(record resourcelock.LeaderElectionRecord) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.transitions != nil && *l.transitions != record.LeaderTransitions
}

func (l *Lease) keep(record resourcelock.LeaderElectionRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.transitions = &record.LeaderTransitions
}
