package main

import (
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// operator is the process. It does what controllers/ does around a decision, one step of it at a time.
type operator struct {
	decide func(assignment.Input) assignment.Decision
	*state
	broken []string // the rules that the step broke
	isCut  bool     // the step leads to where the exploration does not go
}

// mostQuestions is more than what one step of a look asks before it does something.
const mostQuestions = 8

// mayLook reports whether a look at an object may begin or go on. What is Reconciling is looked at as often as anybody may
// think of, since its delays begin with a second; anything else when it is due. A claim without a record waits for the first
// look at older objects, for a tick at most.
func (s *state) mayLook(i int) bool {
	o := &s.objects[i]
	switch {
	case !o.exists || o.look.phase == recorded:
		return false
	case o.look.phase == hasRead:
		return true
	case o.next > 0 && !o.isReconciling():
		return false
	}
	peers, at := s.peers("")
	first := assignment.Judge(peers)
	return at[i] != first || s.waited || !assignment.AwaitsFirstLook(peers, first)
}

// goOn takes the look at an object to the next step that others can notice: a read, a change of the object, the record of a
// write, or the report. Questions to the API server are answered within the step: nothing could make their answers and what
// follows from them one, so that what happens between the two happens as well before or after.
func (p *operator) goOn(i int) {
	asked, confirmed := false, ""
	o := &p.objects[i]
	for range mostQuestions {
		in := p.input(i, asked, confirmed)
		d := p.decide(in)
		p.note(i, in, d)
		switch d.Action {
		case assignment.ReadRivals:
			asked = true
		case assignment.ConfirmSuccessor:
			confirmed = d.Successor
		case assignment.ReadCredential:
			p.read(i, in)
			return
		case assignment.AddFinalizer:
			o.finalizer = true
			return
		case assignment.RemoveFinalizer:
			p.letGo(i, d)
			return
		case assignment.Assign, assignment.Unassign:
			p.write(i, d)
			return
		case assignment.Report:
			p.report(i, in, d)
			return
		default:
			p.fail("a decision asks for what is known: " + string(d.Action))
			return
		}
	}
	p.fail("a look comes to an end")
}

// note keeps in memory what a decision tells: what the object's key read, for the others, and that the write that was sent
// last has shown.
func (p *operator) note(i int, in assignment.Input, d assignment.Decision) {
	m := &p.objects[i].memory
	if !d.Read.At.IsZero() {
		m.readFor, m.readSeen, m.readSince = personOf(d.Read.Person), personOf(assignment.Person(d.Read.Holder)), true
	}
	if in.Sends.Last == nil {
		return
	}
	for _, w := range d.Record.Pending {
		if w.Same(*in.Sends.Last) {
			return
		}
	}
	m.last = write{}
}

// read reads the credential, as Seam shows it now. A revoked key ends the look.
func (p *operator) read(i int, in assignment.Input) {
	o := &p.objects[i]
	if o.revoked {
		p.report(i, in, assignment.Interrupted(in, v1alpha1.ReasonUnauthorized, "refused"))
		return
	}
	o.look = look{phase: hasRead, seen: p.inReads(), truth: p.holder}
}

// store puts the record that was decided into status. Entries are known again by the second that tells them apart.
func (p *operator) store(i int, r assignment.Record) {
	o := &p.objects[i]
	kept, count := [mostPending]write{}, 0
	for _, w := range r.Pending {
		if n := w.StartedAt.Sub(w.SentAt) / time.Second; n < mostPending {
			kept[count] = o.pending[n]
			count++
		}
	}
	is := noOwner
	if r.AssignedTo != nil {
		is = ownerOf(personOf(r.AssignedTo.Person))
	}
	p.judgeRecord(i, is, kept)
	o.owner, o.pending = is, kept
}

// report ends a look, as controllers/report.go does: the verdict is that of assignment.JudgeReport.
func (p *operator) report(i int, in assignment.Input, d assignment.Decision) {
	o := &p.objects[i]
	p.store(i, d.Record)
	v := assignment.JudgeReport(in.Object, d, o.reported(), now)
	looked := o.look.phase == hasRead && d.State != ""
	if !v.Keep && v.Ready == assignment.ReadyTrue {
		p.judgeReady(i)
	}
	o.apply(v, d.IsReadable, looked)
	if len(d.Awaited) > 0 && !o.memory.waits {
		o.memory.waits, o.memory.waitsAge = true, 0
		p.objects[other(i)].next = 0
	}
	o.memory.tried = true
	o.next = nextLook(d)
	o.look = look{}
}

// reported is what status says so far.
func (o *object) reported() assignment.Reported {
	before := assignment.Reported{
		Ready: readyStatuses[o.ready], Reason: reasons[o.reason], IsCurrent: o.current,
		Person: names[o.memory.speaks], LookedAt: now, ResyncInterval: time.Hour,
	}
	if o.memory.speaks == nobody && before.Ready == assignment.ReadyTrue && o.shown == o.person {
		before.Person = names[o.person] // another process wrote it
	}
	return before
}

// apply puts a verdict into the object's status, as controllers/internal/status does.
func (o *object) apply(v assignment.Verdict, isReadable, looked bool) {
	isSuspended := o.suspended && !o.deleting
	if !v.Keep || isSuspended {
		o.handled = true
		o.stalled = v.Progress == assignment.Stalled && !isSuspended
	}
	if v.Keep {
		return
	}
	if v.Progress == assignment.Reconciling {
		v.Reason = reconciling
	}
	o.ready, o.reason, o.current = indexOf(readyStatuses, v.Ready), indexOf(reasons, v.Reason), true
	o.memory.speaks = o.person
	switch {
	case isSuspended:
	case isReadable:
		o.reads, o.shown = true, o.look.seen
	case v.Progress != assignment.Reconciling || looked:
		o.reads, o.shown = false, nobody
	}
}

// nextLook is in how many ticks the object is looked at again. What is not at its end is looked at with each tick, and so is
// what is: the resync, which takes longer, makes no difference here.
func nextLook(d assignment.Decision) uint8 {
	next := uint8(1)
	if d.Reason == "" || d.State == assignment.IsSuspended {
		next = never
	}
	if !d.Until.IsZero() {
		next = min(next, uint8(max(0, (d.Until.Sub(now)+tick-1)/tick)))
	}
	return next
}

// letGo takes the finalizer off. A deleted object is gone then.
func (p *operator) letGo(i int, d assignment.Decision) {
	o := &p.objects[i]
	if !o.deleting {
		o.finalizer = false
		return
	}
	p.judgeFarewell(i)
	p.store(i, d.Record)
	p.drop(i)
}

// drop takes an object away. Its pending writes stay in memory, and a call that is under way goes on.
func (p *operator) drop(i int) {
	o := &p.objects[i]
	for _, w := range o.pending {
		if w.op != none {
			p.isCut = p.isCut || !put(p.orphans[:], w)
		}
	}
	call := o.look
	*o = object{}
	if call.phase == recorded {
		call.edited = true
		o.look = call
	}
}

// put adds a write to others, if there is room.
func put(writes []write, w write) bool {
	k := slices.Index(writes, write{})
	if k >= 0 {
		writes[k] = w
	}
	return k >= 0
}

// write records a write. Its call goes out in a step of its own, unless the look has become old.
func (p *operator) write(i int, d assignment.Decision) {
	o := &p.objects[i]
	w := write{op: assign, person: personOf(d.Person)}
	if d.Action == assignment.Unassign {
		w.op = unassign
	}
	switch {
	case p.objects[other(i)].look.phase == recorded:
		o.look, o.next = look{}, 1 // one write at a time: it comes again
		return
	case o.look.isOld || o.look.stale:
		o.look = look{}
		return
	}
	p.judgeWrite(i, w)
	p.store(i, d.Record)
	p.isCut = !put(o.pending[:], w)
	o.look.call, o.look.phase = w, recorded
	if rival := &p.objects[other(i)]; rival.look.phase == hasRead {
		rival.look.stale = true // it is not written by any more
	}
}
