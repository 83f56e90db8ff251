package main

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

const (
	tick      = 30 * time.Second
	workspace = "workspace"
)

var (
	now   = time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)
	uids  = [...]string{"first", "second"}
	names = [...]assignment.Person{{}, {ACSUserID: "alice"}, {ACSUserID: "bob"}}
	modes = [...]v1alpha1.Mode{v1alpha1.ModeAssign, v1alpha1.ModeEnforce, v1alpha1.ModeObserve}
	verbs = [...]v1alpha1.Operation{"", v1alpha1.OperationAssign, v1alpha1.OperationUnassign}
	// everybody is known to Seam.
	everybody = assignment.People{names[alice]: {Exists: true}, names[bob]: {Exists: true}}
)

func personOf(p assignment.Person) person { return person(indexOf(names[:], p)) }

// ago is the time so many ticks ago.
func ago(ticks uint8) time.Time { return now.Add(-time.Duration(ticks) * tick) }

// asPending is a pending write as pkg/assignment has it. The number tells calls for the same apart.
func (w write) asPending(number int) assignment.PendingWrite {
	sent := ago(w.age)
	return assignment.PendingWrite{
		Operation: verbs[w.op], Person: names[w.person], SentAt: sent, Acknowledged: w.accepted,
		StartedAt: sent.Add(time.Duration(number) * time.Second),
	}
}

func asPending(writes []write, first int) []assignment.PendingWrite {
	var pending []assignment.PendingWrite
	for i, w := range writes {
		if w.op != none {
			pending = append(pending, w.asPending(first+i))
		}
	}
	return pending
}

// The numbers that tell the writes of different owners apart.
const (
	numberOfOrphans = 20
	numberOfOthers  = 30
)

// record is status.assignedTo and status.pendingWrites.
func (o *object) record() assignment.Record {
	r := assignment.Record{Pending: asPending(o.pending[:], 0)}
	if o.owner != noOwner {
		r.AssignedTo = &assignment.AssignedTo{Person: names[o.owner.person()], WorkspaceID: workspace, Since: now}
	}
	return r
}

// declaration is spec, and the annotation that gives a clean-up up.
func (o *object) declaration() assignment.Declaration {
	return assignment.Declaration{
		Person: names[o.person], Mode: modes[o.mode], Retain: o.retain, Suspended: o.suspended, Abandoned: o.abandoned,
	}
}

// peers are the objects as the others see them, and which of them comes at which index.
func (s *state) peers(confirmed string) (peers []assignment.Peer, at [2]int) {
	peers = make([]assignment.Peer, 0, len(s.objects))
	for i := range s.objects {
		o := &s.objects[i]
		if at[i] = len(peers); !o.exists {
			at[i] = -1
			continue
		}
		p := assignment.Peer{
			UID: uids[i], Created: ago(20), Declared: o.declaration(), Deleting: o.deleting, Finalizer: o.finalizer,
			Record: o.record(), Handled: o.handled || o.memory.tried, Confirmed: uids[i] == confirmed,
		}
		if i != int(s.older) {
			p.Created = ago(10)
		}
		if o.reads {
			p.Seen.ReadsIn = workspace
		}
		if o.stalled {
			p.Seen.Stalled = reasons[o.reason]
		}
		if m := o.memory; m.readFor != nobody {
			p.LastRead = assignment.PeerRead{
				At: s.seenAt(other(i)), WorkspaceID: workspace, Person: names[m.readFor],
				Holder: assignment.Holder(names[m.readSeen]), IsHeld: m.readSeen == m.readFor,
			}
			if !m.readSince {
				p.LastRead.At = ago(effectEnd + 1)
			}
		}
		peers = append(peers, p)
	}
	return peers, at
}

// seenAt is when the deletion of an object was first seen, or now.
func (s *state) seenAt(i int) time.Time { return ago(s.objects[i].memory.deletedAge) }

// input is what a decision on an object depends on, in the middle of a look at it.
func (s *state) input(i int, asked bool, confirmed string) assignment.Input {
	o := &s.objects[i]
	in := assignment.Input{
		Object: assignment.Object{UID: uids[i], Declared: o.declaration(), Finalizer: o.finalizer, Record: o.record()},
		Timing: assignment.Timing{SeamTimeout: timeout * tick, HandOverGrace: grace * tick, LeadingSince: ago(s.leading)},
		Now:    now,
	}
	if o.reads || o.hasRecord() || o.finalizer {
		in.Object.WorkspaceID = workspace
	}
	if o.deleting {
		in.Object.Deletion = &assignment.Deletion{SeenAt: s.seenAt(i), Unassigned: o.memory.unassigned, AskedRivals: asked}
		if o.memory.waits {
			in.Object.Deletion.WaitsSince = ago(o.memory.waitsAge)
		}
	}
	var at [2]int
	in.Peers, at = s.peers(confirmed)
	in.Claim = assignment.ClaimOf(in.Peers, at[i], assignment.Judge(in.Peers))
	in.Orphans = asPending(s.orphans[:], numberOfOrphans)
	in.Acknowledged = s.acknowledgedWrite(o)
	if last := o.memory.last; last.op != none {
		w := last.asPending(s.numberIn(o, last))
		in.Sends = assignment.Sends{Last: &w, NotBefore: w.SentAt.Add(timeout * tick)}
	}
	in.Observed = s.observed(o)
	return in
}

// acknowledgedWrite is the last write that Seam accepted, under the number of its entry if it is the object's own.
func (s *state) acknowledgedWrite(o *object) *assignment.PendingWrite {
	if s.acknowledged.op == none {
		return nil
	}
	w := s.acknowledged.asPending(s.numberIn(o, s.acknowledged))
	return &w
}

// numberIn returns the number that a write has among the pending ones of an object.
func (s *state) numberIn(o *object, w write) int {
	for i := range o.pending {
		if o.pending[i] == w {
			return i
		}
	}
	return numberOfOthers
}

// observed is what was read in this look. A read of the last tick counts as that old.
func (s *state) observed(o *object) assignment.Observed {
	seen := assignment.Observed{People: everybody}
	if o.look.phase == hasRead {
		seen.Credential, seen.At, seen.WorkspaceID = assignment.Found, now, workspace
		seen.Holder = assignment.Holder(names[o.look.seen])
		if o.look.isOld {
			seen.At = ago(1)
		}
		if o.look.stale {
			seen.At = seen.At.Add(-time.Millisecond) // before the write that was recorded since
		}
	}
	return seen
}
