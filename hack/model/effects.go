package main

import (
	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// answer ends a call, and with it the look: what follows begins with a read, as it does in controllers/. An object that was
// edited meanwhile is not reported on, because the API server refuses that.
func (p *operator) answer(i int, how event) {
	o := &p.objects[i]
	w, edited := o.look.call, o.look.edited
	o.look, o.memory.tried = look{}, o.exists
	p.takeEffect(i, w, how)
	entry := p.entryOf(o, w)
	switch how {
	case accepts, acceptsLagging:
		w.accepted = true
		p.acknowledged, *entry = w, w
		o.memory.unassigned = o.memory.unassigned || o.deleting && !edited
	case refuses:
		if !edited {
			*entry = write{}
			compact(o.pending[:])
		}
		o.next = 0
		return
	default:
		if !edited {
			in := p.input(i, false, "")
			p.report(i, in, assignment.Interrupted(in, v1alpha1.ReasonOutcomeUnknown, "lost"))
		}
	}
	if o.next = 0; o.exists {
		o.memory.last = w
	}
}

// entryOf returns the pending write of a call that has just ended, of an object that may be gone.
func (p *operator) entryOf(o *object, w write) *write {
	for k := range o.pending {
		if o.pending[k] == w {
			return &o.pending[k]
		}
	}
	for k := range p.orphans {
		if p.orphans[k] == w {
			return &p.orphans[k]
		}
	}
	panic("a call was not recorded")
}

// compact moves what is there to the front, in its order.
func compact(writes []write) {
	kept := 0
	for _, w := range writes {
		if w.op != none {
			writes[kept] = w
			kept++
		}
	}
	clear(writes[kept:])
}

// takeEffect is what becomes of a call at Seam.
func (p *operator) takeEffect(i int, w write, how event) {
	switch how {
	case acceptsLagging:
		p.lag, p.lagged = true, p.holder
		p.holder = p.result(w, p.holder)
	case accepts, losesDone, crashesDone:
		p.holder = p.result(w, p.holder)
	case losesLate, crashesLate:
		p.late, p.lateOf = w, uint8(i)
	default: // it has no effect
	}
}

// drift is a change at Seam that is none of the operator's. One that looks like the effect of the lost call settles that, by
// the contract: here it counts as that effect.
func (p *operator) drift(to person) {
	if p.late.op != none && p.late.agrees(to) {
		p.late, p.lateOf = write{}, 0
	}
	p.holder = to
}

// crash kills the process. The next one leads at once: it knows what the API server stores, and nothing else.
func (p *operator) crash(i int, how event) {
	if how != crashes {
		p.takeEffect(i, p.objects[i].look.call, how)
	}
	if p.late.op != none && !has(p.objects[p.lateOf].pending[:], p.late) {
		p.late, p.lateOf = write{}, 0 // its object is gone, too: the one gap that the contract states
	}
	for k := range p.objects {
		o := &p.objects[k]
		o.memory, o.look, o.next = memory{}, look{}, 0
		for n := range o.pending {
			o.pending[n].age, o.pending[n].accepted = 0, false
		}
	}
	p.orphans, p.acknowledged, p.leading, p.waited = [mostOrphans]write{}, write{}, 0, false
}

// tick lets time pass: everything becomes older by a tick, and what was waited for so long is due.
func (p *operator) tick() {
	peers, _ := p.peers("")
	p.waited = assignment.AwaitsFirstLook(peers, assignment.Judge(peers))
	for i := range p.objects {
		o := &p.objects[i]
		grow(o.pending[:], effectEnd)
		m := &o.memory
		m.deletedAge, m.waitsAge, m.last.age = min(m.deletedAge+1, grace), min(m.waitsAge+1, timeout), m.last.age+1
		o.look.isOld = o.look.phase == hasRead
		if o.next != 0 && o.next != never {
			o.next--
		}
	}
	grow(p.orphans[:], effectEnd)
	p.leading = min(p.leading+1, timeout)
	p.lag, p.lagged = false, nobody // reads lag for less than a time-out
	p.acknowledged.age++
	if p.late.age++; p.late.age >= effectEnd {
		p.late, p.lateOf = write{}, 0
	}
}

// grow lets writes become older, up to where their age makes no difference.
func grow(writes []write, most uint8) {
	for k := range writes {
		if writes[k].op != none {
			writes[k].age = min(writes[k].age+1, most)
		}
	}
}

// normalize makes states equal that differ only in what has no bearing any more.
func (p *operator) normalize() {
	for i := range p.objects {
		p.objects[i].normalize()
		if m := &p.objects[i].memory; !p.objects[other(i)].deleting || !m.readSince {
			m.readFor, m.readSeen, m.readSince = nobody, nobody, false
		}
	}
	if !p.objects[0].exists || !p.objects[1].exists {
		p.older = 0
	}
	isAnyOld := p.objects[0].look.isOld || p.objects[1].look.isOld
	if p.acknowledged.op == none || p.acknowledged.age >= timeout && !isAnyOld {
		p.acknowledged = write{}
	}
	if p.late.op == none {
		p.late = write{}
	}
	for k := range p.orphans {
		if p.orphans[k].age >= effectEnd {
			p.orphans[k] = write{}
		}
	}
	compact(p.orphans[:])
}

// normalize clears what status and memory keep and nothing asks for.
func (o *object) normalize() {
	if !o.exists {
		*o = object{look: o.look}
	}
	if readyStatuses[o.ready] != assignment.ReadyTrue {
		o.shown = nobody // it is asked for with Ready=True only
	}
	m := &o.memory
	m.tried = m.tried && !o.handled
	if m.last.age >= timeout || m.last.op == none {
		m.last = write{}
	}
	if !o.deleting {
		m.deletedAge, m.waits, m.unassigned = 0, false, false
	}
	if !m.waits {
		m.waitsAge = 0
	}
}
