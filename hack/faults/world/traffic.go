package world

import (
	"errors"
	"sync"
	"time"
)

// Request is one request of the operator: a boundary, before which or after which something may happen.
type Request struct {
	Number  int // among those that count, from 1; zero for one that does not count
	Process *Process
	// What is such as "PATCH front-desk/key status" or "assign_credential".
	What    string
	ToSeam  bool
	Token   string // of a call to Seam: the API key
	IsWrite bool
}

// Interference is what becomes of a request. The zero value lets it be.
type Interference struct {
	// Answer is an HTTP status that is answered without anything being done; Unreachable closes the connection instead.
	Answer int
	// Lose lets the request be done, and its answer be lost.
	Lose bool
	// LateBy loses the answer, and lets the request be done so much later.
	LateBy time.Duration
	// Strip is a field that something takes out of what is written to the API server: pendingWrites or finalizers.
	Strip string
}

// Unreachable is the Answer of a server that nobody reaches.
const Unreachable = -1

func (i Interference) isNone() bool { return i == Interference{} }

// errLost is what a request ends with whose answer does not arrive.
var errLost = errors.New("the connection broke: nobody knows whether the request was done")

// traffic is all that passes between the operator's processes and the others.
type traffic struct {
	mu        sync.Mutex
	intercept func(Request) Interference // nil for nothing
	counting  bool
	count     int
	inFlight  int
	last      time.Time // when something passed last, in real time
	order     int
	seen      []string // the boundaries, as counted
}

// Intercept counts requests from now on, from 1, and asks do what becomes of each. It is called while the request waits, and
// may look and change things meanwhile.
func (w *World) Intercept(do func(Request) Interference) {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	w.traffic.intercept, w.traffic.counting, w.traffic.count, w.traffic.seen = do, true, 0, nil
}

// Boundaries returns what was counted since Intercept.
func (w *World) Boundaries() []string {
	w.traffic.mu.Lock()
	defer w.traffic.mu.Unlock()
	return append([]string(nil), w.traffic.seen...)
}

// pass asks what becomes of a request. done has to be called when it has ended.
func (t *traffic) pass(r Request) (becomes Interference, done func()) {
	t.mu.Lock()
	t.inFlight++
	t.last = time.Now()
	intercept := t.intercept
	if t.counting {
		t.count++
		r.Number = t.count
		t.seen = append(t.seen, r.What)
	}
	t.mu.Unlock()
	if intercept != nil {
		becomes = intercept(r)
	}
	return becomes, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.inFlight--
		t.last = time.Now()
	}
}

// touch notes that something passed.
func (t *traffic) touch() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = time.Now()
}

// restsSince returns how long nothing has passed; zero while something is under way.
func (t *traffic) restsSince() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inFlight > 0 {
		return 0
	}
	return time.Since(t.last)
}

// next returns the next place in the order of what is seen.
func (t *traffic) next() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order++
	return t.order
}
