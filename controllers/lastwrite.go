package controllers

import (
	"slices"
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
	cause    cause  // why that was made
	unseen   unseen // writes that Seam accepted and never showed

	losses []loss // writes whose answers were lost, until a late look told what became of them
}

// loss is a write whose answer was lost.
type loss struct {
	until  time.Time          // when its call could no longer be under way
	person *assignment.Person // to whom it may still have given the credential, if it was an assign
}

// unseen counts how often Seam accepted a write that reads did not show.
type unseen struct {
	write  assignment.Write
	person assignment.Person
	times  int
	next   time.Time // when the same write may be sent again
}

// standing returns the object's record: the one it carries or, when somebody stripped or overwrote it, the one that this
// process wrote, or that status repeats. Mode Observe takes the record off for good.
func (w *lastWrite) standing(obj *v1alpha1.CredentialAssignment) (text string, record *assignment.Record) {
	text, record = recordOf(obj)
	if obj.Spec.Mode == v1alpha1.ModeObserve || w.ours && w.text == text {
		return text, record
	}
	if w.record != nil && (record == nil || record.At.Before(w.record.At.Truncate(time.Millisecond))) {
		text, record = w.text, w.record
	}
	if told := toldRecord(obj); told != nil && (record == nil || record.At.Add(clockSkew).Before(told.At)) {
		text, record = told.String(), told
	}
	return text, record
}

// clockSkew is by how much the clocks of two leaders may differ.
const clockSkew = time.Minute

// toldRecord returns the record that status repeats; nil when it repeats none, or that of another object.
func toldRecord(obj *v1alpha1.CredentialAssignment) *assignment.Record {
	told := obj.Status.AssignedTo
	if told == nil || told.UID != obj.UID || told.ACSUserID == "" && told.UserIdentityID == "" {
		return nil
	}
	return &assignment.Record{
		UID:         string(obj.UID),
		WorkspaceID: obj.Status.WorkspaceID,
		Person:      assignment.Person{ACSUserID: told.ACSUserID, UserIdentityID: told.UserIdentityID},
		Write:       assignment.WriteAssign,
		Found:       true,
		At:          told.At.Time,
	}
}

// doubted returns the person whom status names and the record that stands does not, though it is the older one of the two:
// either of them may be the object's own.
func doubted(obj *v1alpha1.CredentialAssignment, record *assignment.Record) []assignment.Person {
	told := toldRecord(obj)
	if told == nil || record == nil || record.Person == told.Person || !record.At.Before(told.At) {
		return nil
	}
	return []assignment.Person{told.Person}
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

// disown ends what the record proves to others, but for a write that may still be under way.
func (w *lastWrite) disown() {
	w.giveUp()
	w.ours = false
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
		lost := loss{until: w.pending.Until}
		if w.record.Write == assignment.WriteAssign {
			lost.person = &w.record.Person
		}
		w.losses = append(w.losses, lost)
	}
	w.pending = nil
}

// lost reports whether the answer to the pending write was lost. A record that nothing bears out loses nothing.
func (w *lastWrite) lost() bool { return w.pending != nil && w.pending.Lost && w.credible }

// lostUntil returns until when a write of this object whose answer was lost may still be under way; zero for none.
func (w *lastWrite) lostUntil() time.Time {
	var until time.Time
	if w.lost() {
		until = w.pending.Until
	}
	for _, l := range w.losses {
		until = later(until, l.until)
	}
	return until
}

// strays returns the persons to whom lost assigns may have given the credential late.
func (w *lastWrite) strays() []assignment.Person {
	var persons []assignment.Person
	for _, l := range w.losses {
		if l.person != nil {
			persons = append(persons, *l.person)
		}
	}
	return persons
}

// lateLook returns when to look once more for writes whose answers were lost; zero when there are none, or it is time.
func (w *lastWrite) lateLook(now time.Time, timeout time.Duration) time.Time {
	var at time.Time
	for _, l := range w.losses {
		if late := l.until.Add(timeout); now.Before(late) {
			at = earlier(at, late)
		}
	}
	return at
}

// looked notes when the credential was read. What has not taken effect so late never will.
func (w *lastWrite) looked(at time.Time, timeout time.Duration) {
	w.losses = slices.DeleteFunc(w.losses, func(l loss) bool { return !at.Before(l.until.Add(timeout)) })
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
