package fakeseam

import (
	"slices"
	"time"
)

// lateWrite is a call whose change is still to come, though nobody waits for it.
type lateWrite struct {
	due time.Time
	ex  *exchange
}

// LateWrites are the late writes that are still to come.
type LateWrites struct {
	shared     *shared
	operations *operations
	waiting    []lateWrite
}

// postpone keeps a call's change for later, whether its answer is lost or not.
func (l *LateWrites) postpone(ex *exchange, by time.Duration) {
	defer l.shared.enter()()
	l.waiting = append(l.waiting, lateWrite{due: l.shared.clock().Add(by), ex: ex})
}

// LandLate lets all late writes take effect now, in the order in which they are
// due. Without it each does when its time has come by the server's clock.
func (l *LateWrites) LandLate() {
	defer l.shared.enter()()
	l.land(l.waiting)
	l.waiting = nil
}

// landDue lets those take effect that are due. To enter the server calls it.
func (l *LateWrites) landDue() {
	if len(l.waiting) == 0 {
		return
	}
	now := l.shared.clock()
	var due, waiting []lateWrite
	for _, w := range l.waiting {
		if w.due.After(now) {
			waiting = append(waiting, w)
		} else {
			due = append(due, w)
		}
	}
	l.waiting = waiting
	l.land(due)
}

// land lets writes take effect in the order in which they are due, whatever the order
// in which they were sent.
func (l *LateWrites) land(writes []lateWrite) {
	slices.SortStableFunc(writes, func(a, b lateWrite) int { return a.due.Compare(b.due) })
	for _, w := range writes {
		l.operations.perform(w.ex)
	}
}
