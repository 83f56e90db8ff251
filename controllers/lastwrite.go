package controllers

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// lastWrite is what this process knows of the last write to Seam that an object recorded.
type lastWrite struct {
	text     string              // the record, as the object carries it
	record   *assignment.Record  // what it says; nil when it is none
	ours     bool                // whether this process wrote it
	credible bool                // whether more than the record itself says that the write was made
	pending  *assignment.Pending // nil once the write is settled

	accepted string // the record of the last write that Seam accepted from this process
	unseen   unseen // writes that Seam accepted and never showed

	lostAt time.Time          // when the call of the last lost write could no longer be under way; zero when none was lost
	stray  *assignment.Person // to whom that write may still have given the credential, if it was an assign
}

// unseen counts how often Seam accepted a write that reads did not show.
type unseen struct {
	write  assignment.Write
	person assignment.Person
	times  int
	next   time.Time // when the same write may be sent again
}

// standing returns the object's record: the one it carries or, when somebody stripped it, the one that this process
// wrote. Mode Observe takes the record off for good.
func (w *lastWrite) standing(obj *v1alpha1.CredentialAssignment) (text string, record *assignment.Record) {
	_, annotated := marksOf(obj)
	if annotated || w.record == nil || obj.Spec.Mode == v1alpha1.ModeObserve {
		return recordOf(obj)
	}
	return w.text, w.record
}

// pend brings pending up to date with the record that stands. A record that this process did not settle counts as a
// write whose answer was lost, until its call can no longer be under way; a time in the future counts as now.
func (w *lastWrite) pend(text string, record *assignment.Record, credible bool, now time.Time, timeout time.Duration) {
	if w.text != text {
		w.giveUp() // somebody else changed the record
		w.text, w.record, w.ours = text, record, false
		if record != nil && !record.Found {
			w.pending = &assignment.Pending{Until: earlier(record.At, now).Add(timeout), Lost: true}
		}
	}
	w.credible = w.ours || credible
	w.expire(now)
}

// wrote takes over a record that this process itself wrote, and will settle.
func (w *lastWrite) wrote(record *assignment.Record) {
	w.text, w.record, w.ours, w.credible = record.String(), record, true, true
}

// forget drops the record: it was taken off for good.
func (w *lastWrite) forget() { w.text, w.record, w.pending = "", nil, nil }

// expire gives the pending write up when its time is over.
func (w *lastWrite) expire(now time.Time) {
	if w.pending != nil && !now.Before(w.pending.Until) {
		w.giveUp()
	}
}

// giveUp waits no longer for the pending write. If its answer was lost it may yet turn out to have taken effect.
func (w *lastWrite) giveUp() {
	if w.lost() {
		w.lostAt, w.stray = w.pending.Until, nil
		if w.record.Write == assignment.WriteAssign {
			w.stray = &w.record.Person
		}
	}
	w.pending = nil
}

// lost reports whether the answer to the pending write was lost. A record that nothing bears out loses nothing: whoever
// may annotate an object could keep everybody else waiting.
func (w *lastWrite) lost() bool { return w.pending != nil && w.pending.Lost && w.credible }

// lostUntil returns until when a write of this object whose answer was lost may still take effect; zero for none.
func (w *lastWrite) lostUntil() time.Time {
	if w.lost() {
		return later(w.lostAt, w.pending.Until)
	}
	return w.lostAt
}

// strayPerson returns the person to whom a lost assign may have given the credential late, for as long as that is to
// be expected.
func (w *lastWrite) strayPerson(now time.Time, timeout time.Duration) *assignment.Person {
	if now.After(w.lostAt.Add(2 * timeout)) {
		return nil
	}
	return w.stray
}

// lateLook returns when to look once more for a write whose answer was lost; zero when that is over.
func (w *lastWrite) lateLook(now time.Time, timeout time.Duration) time.Time {
	if late := w.lostAt.Add(timeout); !w.lostAt.IsZero() && now.Before(late) {
		return late
	}
	return time.Time{}
}

// acceptedBy notes that Seam accepted the recorded write; the time in which reads may show it doubles with each.
func (w *lastWrite) acceptedBy(timeout, longest time.Duration) {
	w.accepted = w.text
	w.unseen = unseen{
		write:  w.record.Write,
		person: w.record.Person,
		times:  w.unseen.times + 1,
		next:   w.record.At.Add(doubled(timeout, w.unseen.times, max(longest, timeout))),
	}
}

// patience returns how long to wait before sending a write again that Seam accepted before and never showed.
func (w *lastWrite) patience(record assignment.Record) time.Duration {
	if u := w.unseen; u.write == record.Write && u.person == record.Person {
		return u.next.Sub(record.At)
	}
	w.unseen = unseen{}
	return 0
}
