package main

// The rules are judged by what is true in the model, and by what status said before the step; never by the words of the
// decision.

func (p *operator) fail(rule string) { p.broken = append(p.broken, rule) }

func (p *operator) require(holds bool, rule string) {
	if !holds {
		p.fail(rule)
	}
}

// judgeWrite holds a write that is about to be recorded against S1 to S5.
func (p *operator) judgeWrite(i int, w write) {
	o := &p.objects[i]
	p.require(o.look.phase == hasRead && !o.look.isOld && !o.look.stale, "S4, S5: a write follows a read of this look")
	p.require(p.late.op == none || p.late.age >= timeout || p.late.same(w), "no write contradicts a lost one whose call may be under way")
	p.require(o.takesNothingAway() || o.finalizer, "the finalizer is stored before the first write")
	rival := &p.objects[other(i)]
	p.require(o.deleting || !rival.isActive() || !rival.hasRecord() || o.hasRecord(), "a live object without a record writes nothing beside one that has one")
	switch {
	case w.op == assign:
		p.require(o.isActive() && w.person == o.person, "S1: only a live object's declared person is assigned")
		p.require(o.look.seen == nobody, "S4: only a free credential is assigned")
	case o.deleting:
		p.judgeRevocation(i, w.person)
	default:
		p.require(o.isActive() && w.person != o.person, "S2: a live object makes room for its declared person only")
		p.require(w.person == o.look.seen, "S4: it is taken from the holder whom the read showed")
		p.require(o.mode == modeEnforce || o.owns(w.person), "S2, S4: outside Enforce it is taken from the object's own person only")
	}
}

// judgeRevocation holds an unassign for a deleted object against S2, S4 and the rules of a hand-over.
func (p *operator) judgeRevocation(i int, from person) {
	o, rival := &p.objects[i], &p.objects[other(i)]
	p.require(from == o.look.seen, "S4: it is taken from the holder whom the read showed")
	p.require(o.owns(from) || from == o.person, "S2: a deleted object takes it from its own or declared person only")
	p.require(!o.takesNothingAway() && !o.abandoned, "nothing is taken from who keeps it")
	isSuccessor := rival.isActive() && rival.person == from && rival.hasTakenOver()
	p.require(!isSuccessor || !rival.memory.readSince || rival.memory.readSeen != from, "a person whom another object took over keeps the credential")
}

// hasTakenOver reports whether status says that the declared person is the object's own.
func (o *object) hasTakenOver() bool {
	return o.owner.person() == o.person && (o.finalizer || o.retain)
}

// judgeRecord holds what becomes of the record against the truth. That makes the record as good as the truth for the other
// rules: whoever is an object's own by it is so because of what this world saw.
func (p *operator) judgeRecord(i int, is owner, kept [mostPending]write) {
	o := &p.objects[i]
	was, seen := o.owner, o.look.phase == hasRead
	if q := is.person(); q != nobody && !o.owns(q) {
		p.require(seen && o.look.seen == q && o.person == q && o.isActive(), "nobody becomes an object's own whom it neither assigned nor found as its declared person")
	}
	if q := was.person(); q != nobody && is != was {
		p.require(o.mode == modeObserve || seen && o.look.truth != q, "a person stays an object's own while the credential is theirs")
	}
	if l := p.late; l.op != none && int(p.lateOf) == i && l.age < effectEnd && !o.abandoned {
		p.require(!has(o.pending[:], l) || has(kept[:], l), "no pending write is forgotten that may still take effect")
	}
}

// has reports whether one of the writes asks for the same.
func has(writes []write, w write) bool {
	for _, other := range writes {
		if other.same(w) {
			return true
		}
	}
	return false
}

// judgeReady holds a report of Ready=True against S8.
func (p *operator) judgeReady(i int) {
	o, rival := &p.objects[i], &p.objects[other(i)]
	p.require(o.look.phase == hasRead && o.look.truth == o.person, "S8: Ready after a read that showed the declared person")
	p.require(!o.deleting && !o.suspended, "S8: Ready only of a live object")
	// late is what is still to come in truth; pending writes that had their effect, or have none any more, may delay Ready.
	p.require(p.result(p.late, o.person) == o.person, "S8: not Ready while a lost write may undo it")
	if rival.look.phase == recorded {
		p.require(p.result(rival.look.call, o.person) == o.person, "S8: not Ready while a write under way may undo it")
	}
}

// judgeFarewell holds the end of a deleted object against S7.
func (p *operator) judgeFarewell(i int) {
	o := &p.objects[i]
	if o.abandoned {
		return
	}
	p.require(p.late.op == none || int(p.lateOf) != i, "S7: no finalizer leaves while a write of the object may take effect")
	rival := &p.objects[other(i)]
	switch {
	case o.takesNothingAway():
	case o.look.phase != hasRead:
		p.require(rival.claims() && o.owner.person() == nobody && !o.hasPending(), "S7: a finalizer leaves after a read")
	default:
		held := o.look.truth
		isItsOwn := held != nobody && (o.owns(held) || !rival.claims() && held == o.person)
		p.require(!isItsOwn || rival.answersFor(held), "S7: a finalizer leaves once the person is gone, or another object answers for that person")
	}
}

// claims reports whether an object has a part in who has the claim.
func (o *object) claims() bool {
	return o.exists && o.mode != modeObserve && (!o.deleting || o.finalizer)
}

// answersFor reports whether an object declares the holder, and more than its word speaks for it.
func (o *object) answersFor(holder person) bool {
	return o.claims() && o.person == holder && (o.hasRecord() || o.reads)
}
