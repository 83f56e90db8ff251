package controllers

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// sends is what this process knows of the writes that it sent for an object.
type sends struct {
	assignment.Sends
	refusedUntil time.Time // when the refused write is tried again
	times        int       // how often the last write was sent and not shown since
}

// at returns what still counts at a time.
func (s *sends) at(now time.Time) assignment.Sends {
	current := s.Sends
	if !now.Before(s.refusedUntil) {
		current.Refused = nil
	}
	return current
}

// sent notes a write whose effect does not show yet: the time before it is sent again doubles.
func (s *sends) sent(w assignment.PendingWrite, timeout, longest time.Duration) {
	if s.Last == nil || s.Last.Operation != w.Operation || s.Last.Person != w.Person {
		s.times = 0
	}
	s.Last = &w
	s.NotBefore = w.SentAt.Add(doubled(timeout, s.times, max(longest, timeout)))
	s.times++
}

// forgetShown forgets the last write once a read has shown its effect: it left the record before its time was over.
func (s *sends) forgetShown(r assignment.Record, now time.Time, timeout time.Duration) {
	if last := s.Last; last != nil && !slices.ContainsFunc(r.Pending, last.Same) && now.Before(last.LastEffect(timeout)) {
		s.Last = nil
	}
}
