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

func (s *Server) postpone(ex *exchange, by time.Duration) {
	defer s.enter()()
	s.late = append(s.late, lateWrite{due: s.clock().Add(by), ex: ex})
}

// LandLate lets all late writes take effect now, in the order in which they are
// due. Without it each does when its time has come by the server's clock.
func (s *Server) LandLate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.land(s.late)
	s.late = nil
}

func (s *Server) landDue() {
	if len(s.late) == 0 {
		return
	}
	now := s.clock()
	var due, waiting []lateWrite
	for _, w := range s.late {
		if w.due.After(now) {
			waiting = append(waiting, w)
		} else {
			due = append(due, w)
		}
	}
	s.late = waiting
	s.land(due)
}

func (s *Server) land(writes []lateWrite) {
	slices.SortStableFunc(writes, func(a, b lateWrite) int { return a.due.Compare(b.due) })
	for _, w := range writes {
		s.perform(w.ex)
	}
}
