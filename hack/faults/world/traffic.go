package world

import (
	"context"
	"errors"
	"slices"
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
	// AnswerAfter lets the request be done at once, and its answer arrive so much later. Time goes on meanwhile, so that others
	// act on what was done while the one who asked for it still waits.
	AnswerAfter time.Duration
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
	// Calls to Seam count from when they leave the operator until it has heard the answer. On a busy machine both ways take
	// long; were time to go on meanwhile, the operator would seem to act on what it read long ago.
	calls, answers journeys
	last           time.Time // when something passed last, in real time
	order          int
	seen           []string // the boundaries, as counted
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
	return becomes, func() { t.change(func() { t.inFlight-- }) }
}

// longestWay is how long a call or an answer counts as on its way, in real time: one that nobody waits for never arrives.
const longestWay = 5 * time.Second

// journeys are calls on their way to Seam, or answers on their way back: when each began, in real time. Which is which is no
// matter.
type journeys []time.Time

func (j *journeys) begin() { *j = append(*j, time.Now()) }

func (j *journeys) end() { *j = (*j)[min(1, len(*j)):] }

// areUnderWay reports whether there are any.
func (j *journeys) areUnderWay() bool {
	*j = slices.DeleteFunc(*j, func(began time.Time) bool { return time.Since(began) > longestWay })
	return len(*j) > 0
}

// change changes what is under way, and notes that something passed.
func (t *traffic) change(do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do()
	t.last = time.Now()
}

// touch notes that something passed.
func (t *traffic) touch() { t.change(func() {}) }

// restsSince returns how long nothing has passed; zero while something is under way.
func (t *traffic) restsSince() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.inFlight > 0 || t.calls.areUnderWay() || t.answers.areUnderWay() {
		return 0
	}
	return time.Since(t.last)
}

// holdUp returns when the answer to a request is to arrive, which is under way again then; false when nobody waits for it any
// more. A process that is asked to stop gets it at once: time stands still until it has ended.
func (p *Process) holdUp(ctx context.Context, by time.Duration) bool {
	if by == 0 {
		return true
	}
	due := make(chan struct{})
	goesOn := sync.OnceFunc(func() {
		p.world.traffic.change(func() { p.world.traffic.inFlight++ }) // before anybody can find that nothing is under way
		close(due)
	})
	p.world.After(by, goesOn)
	p.world.traffic.change(func() { p.world.traffic.inFlight-- })
	select {
	case <-due:
	case <-p.asked.Done():
	case <-p.lifetime.Done():
	case <-ctx.Done():
	}
	goesOn()
	return !p.isDead() && ctx.Err() == nil
}

// next returns the next place in the order of what is seen.
func (t *traffic) next() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.order++
	return t.order
}
