package main

import (
	"fmt"
	"strings"
)

// step is one thing that happens, to the object of index who. What arg means depends on the event.
type step struct {
	does event
	who  uint8
	arg  uint8
}

type event uint8

// What happens by itself, as often as it can.
const (
	looks        event = iota // a look begins, or goes on to its next step
	accepts                   // a call takes effect, and is answered
	refuses                   // a call is refused, because the key was revoked
	tickPasses                // time goes on by a tick
	readsCatchUp              // reads lag no more
	lateLands                 // the lost call takes effect
)

// Edits and faults, of which a path has a few.
const (
	declares       event = iota + lateLands + 1 // spec names the person of arg
	changesMode                                 // spec.mode becomes that of arg
	changesRetain                               // spec.deletionPolicy becomes the other one
	changesSuspend                              // spec.suspend becomes the other one
	creates                                     // a new object takes the place of one that is gone; arg says person and mode
	deletes                                     // an object is deleted, and is gone at once when it has no finalizer
	abandons                                    // a deleted object is annotated, so that its clean-up is given up
	revokes                                     // Seam refuses an object's key from now on
	restores                                    // the Secret holds a good key again
	drifts                                      // somebody else moves the credential to the person of arg
	acceptsLagging                              // a call takes effect and is answered, but reads go on showing the holder before
	losesDone                                   // a call takes effect, and its answer is lost
	losesLate                                   // the answer to a call is lost, and it takes effect later
	losesNever                                  // the answer to a call is lost, and it has no effect
	crashes                                     // the process is killed; a call under way has no effect
	crashesDone                                 // a call takes effect, and the process is killed before the answer
	crashesLate                                 // the process is killed before the answer, and the call takes effect later
)

const firstFault = declares

func (st step) isFault() bool { return st.does >= firstFault }

var personNames = []string{"nobody", "Alice", "Bob"}
var modeNames = []string{"Assign", "Enforce", "Observe"}

// text tells what happens, for a path.
func (st step) text() string {
	call := "the call for the " + uids[st.who] + " object"
	switch st.does {
	case declares:
		return fmt.Sprintf("the %s object is edited to declare %s", uids[st.who], personNames[st.arg])
	case changesMode:
		return fmt.Sprintf("the %s object is edited to mode %s", uids[st.who], modeNames[st.arg])
	case creates:
		return fmt.Sprintf("the %s object is created: %s, mode %s", uids[st.who], personNames[st.arg%3], modeNames[st.arg/3])
	case drifts:
		return "somebody gives the credential to " + personNames[st.arg] + " at Seam"
	default:
		return strings.NewReplacer("CALL", call, "OBJECT", "the "+uids[st.who]+" object").Replace(texts[st.does])
	}
}

// texts are what happens, for paths.
var texts = map[event]string{
	looks:          "the operator goes on with OBJECT",
	accepts:        "Seam carries out CALL and says so",
	refuses:        "Seam refuses CALL",
	tickPasses:     "half a minute passes",
	readsCatchUp:   "reads show the present holder",
	lateLands:      "the lost call for OBJECT takes effect",
	changesRetain:  "deletionPolicy of OBJECT is changed",
	changesSuspend: "spec.suspend of OBJECT is changed",
	deletes:        "OBJECT is deleted",
	abandons:       "the clean-up of OBJECT is given up",
	revokes:        "the key of OBJECT is revoked",
	restores:       "the key of OBJECT is restored",
	acceptsLagging: "Seam carries out CALL and says so, but reads do not show it yet",
	losesDone:      "Seam carries out CALL, and the answer is lost",
	losesLate:      "the answer to CALL is lost, and it will take effect later",
	losesNever:     "the answer to CALL is lost, and it has no effect",
	crashes:        "the operator is killed",
	crashesDone:    "Seam carries out CALL, and the operator is killed before the answer",
	crashesLate:    "the operator is killed before the answer to CALL, which will take effect later",
}

// steps returns all that may happen next: by itself, and with faults also what people and accidents do.
func (s *state) steps(withFaults bool) []step {
	var steps []step
	add := func(does event, who int, arg uint8) { steps = append(steps, step{does, uint8(who), arg}) }
	for i := range s.objects {
		o := &s.objects[i]
		switch {
		case o.look.phase == recorded && o.revoked:
			add(refuses, i, 0)
		case o.look.phase == recorded:
			add(accepts, i, 0)
		case s.mayLook(i):
			add(looks, i, 0)
		}
	}
	if s.mayTick() {
		add(tickPasses, 0, 0)
	}
	if s.lag {
		add(readsCatchUp, 0, 0)
	}
	if s.late.op != none {
		add(lateLands, int(s.lateOf), 0)
	}
	if withFaults {
		for i := range s.objects {
			s.edits(i, add)
			s.losses(i, add)
		}
		add(crashes, 0, 0)
		for q := range personNames {
			if person(q) != s.holder && !s.lag {
				add(drifts, 0, uint8(q))
			}
		}
	}
	return steps
}

// mayTick reports whether time may pass. Calls end before it does, and no look takes longer than a tick.
func (s *state) mayTick() bool {
	for i := range s.objects {
		if l := s.objects[i].look; l.phase == recorded || l.isOld {
			return false
		}
	}
	return true
}

// edits are what people do to an object and its key.
func (s *state) edits(i int, add func(event, int, uint8)) {
	o := &s.objects[i]
	if !o.exists {
		if o.look.phase == idle {
			for _, m := range []mode{modeAssign, modeEnforce} {
				add(creates, i, uint8(m)*3+uint8(alice))
				add(creates, i, uint8(m)*3+uint8(bob))
			}
		}
		return
	}
	for m := range modeNames {
		if mode(m) != o.mode {
			add(changesMode, i, uint8(m))
		}
	}
	if o.mode != modeObserve {
		add(changesRetain, i, 0)
	}
	if o.revoked {
		add(restores, i, 0)
	} else {
		add(revokes, i, 0)
	}
	switch {
	case o.deleting && !o.abandoned:
		add(abandons, i, 0)
	case !o.deleting:
		add(declares, i, uint8(alice+bob-o.person))
		add(changesSuspend, i, 0)
		add(deletes, i, 0)
	}
}

// losses are what may go wrong with a call that is under way. One lost call at a time may take effect later.
func (s *state) losses(i int, add func(event, int, uint8)) {
	o := &s.objects[i]
	if o.look.phase != recorded {
		return
	}
	hasEffect := !o.revoked && s.result(o.look.call, s.holder) != s.holder
	add(losesNever, i, 0)
	if !hasEffect {
		return // then done, late and never are one
	}
	if !s.lag {
		add(acceptsLagging, i, 0)
	}
	add(losesDone, i, 0)
	add(crashesDone, i, 0)
	if s.late.op == none {
		add(losesLate, i, 0)
		add(crashesLate, i, 0)
	}
}

// happen takes a step. Whoever goes by what it changed is due from then on: how controllers/ finds out what is due is not
// modelled, only that it does.
func (p *operator) happen(st step) {
	i := int(st.who)
	before := [...]exposed{p.objects[0].expose(), p.objects[1].expose()}
	switch o := &p.objects[i]; st.does {
	case looks:
		p.goOn(i)
	case accepts, refuses, acceptsLagging, losesDone, losesLate, losesNever:
		p.answer(i, st.does)
	case crashes, crashesDone, crashesLate:
		p.crash(i, st.does)
	case tickPasses:
		p.tick()
	case readsCatchUp:
		p.lag, p.lagged = false, nobody
	case lateLands:
		w := p.late
		p.late, p.lateOf = write{}, 0
		p.holder = p.result(w, p.holder)
	case drifts:
		p.drift(person(st.arg))
	case creates:
		*o = object{exists: true, person: person(st.arg % 3), mode: mode(st.arg / 3)}
		p.older = uint8(other(i))
	case revokes, restores:
		o.revoked = st.does == revokes
		o.memory.last, o.next = write{}, 0
	default:
		p.edit(i, st)
	}
	p.normalize() // before the comparison: what has no bearing wakes nobody
	for k := range p.objects {
		if p.objects[k].expose() != before[k] {
			p.objects[other(k)].next = 0
		}
	}
}

// exposed is what the others go by of an object: when it changes, they are looked at.
type exposed struct{ object }

func (o *object) expose() exposed {
	e := exposed{*o}
	e.look, e.next, e.current, e.shown, e.handled = look{}, 0, false, nobody, false
	e.memory = memory{readFor: o.memory.readFor, readSeen: o.memory.readSeen, readSince: o.memory.readSince}
	for k := range e.pending {
		e.pending[k].age, e.pending[k].accepted = 0, false
	}
	return e
}

// edit changes an object. A look at it ends, as the API server refuses what goes by the version before.
func (p *operator) edit(i int, st step) {
	o := &p.objects[i]
	switch st.does {
	case declares:
		o.person = person(st.arg)
	case changesMode:
		o.mode = mode(st.arg)
	case changesRetain:
		o.retain = !o.retain
	case changesSuspend:
		o.suspended = !o.suspended
	case abandons:
		o.abandoned = true
	default: // deletes
		p.objects[other(i)].memory.readSince = false // what the other one read was before
		if !o.finalizer {
			p.drop(i)
			return
		}
		o.deleting = true
	}
	o.current, o.next = o.current && st.does == abandons, 0 // an annotation leaves the generation as it is
	o.memory.last = write{}
	if o.look.phase == hasRead {
		o.look = look{}
	}
	o.look.edited = o.look.phase == recorded
}
