package main

import (
	"fmt"

	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// lateness is what becomes of a lost call when nothing else goes wrong any more.
type lateness uint8

const (
	neverLands lateness = iota
	landsLast           // just before its time is over
)

// fair returns what happens next when there are no more edits and no more faults: calls are answered, looks go on, what is
// due is looked at, and then time passes.
func (s *state) fair(late lateness) step {
	due := -1
	for i := range s.objects {
		switch o := &s.objects[i]; {
		case o.look.phase == recorded && o.revoked:
			return step{does: refuses, who: uint8(i)}
		case o.look.phase == recorded:
			return step{does: accepts, who: uint8(i)}
		case o.look.phase == hasRead:
			return step{does: looks, who: uint8(i)}
		case due < 0 && o.next == 0 && s.mayLook(i):
			due = i
		}
	}
	switch {
	case due >= 0:
		return step{does: looks, who: uint8(due)}
	case late == landsLast && s.late.op != none && s.late.age+1 >= effectEnd:
		return step{does: lateLands, who: s.lateOf}
	default:
		return step{does: tickPasses}
	}
}

// isAtRest reports whether nothing is under way or due before time passes.
func (s *state) isAtRest() bool { return s.fair(neverLands).does == tickPasses }

// wrongAtEnd says what is wrong with a state in which everything has come to rest for good; nothing when it is the end that
// the declarations name.
func (s *state) wrongAtEnd() string {
	peers, at := s.peers("")
	winner := assignment.Judge(peers)
	for i := range s.objects {
		if !s.objects[i].exists {
			continue
		}
		if wrong := s.wrongAtEndOf(i, at[i] == winner); wrong != "" {
			return fmt.Sprintf("the %s object: %s", uids[i], wrong)
		}
	}
	return ""
}

// wrongAtEndOf says what is wrong with one object then. Who has the claim is told by assignment.Judge.
func (s *state) wrongAtEndOf(i int, hasClaim bool) string {
	o := &s.objects[i]
	switch {
	case o.deleting:
		return o.wrongIfDeleting()
	case o.suspended:
		return o.wrongIfSuspended()
	case !o.current:
		return "status does not speak of the declaration"
	case o.revoked:
		return o.unlessStalled("Unauthorized")
	case o.hasPending():
		return "a pending write stays"
	case o.mode == modeObserve:
		return s.wrongIfObserving(o)
	case hasClaim:
		return s.wrongIfWinner(o)
	default:
		return s.wrongIfLoser(o, &s.objects[other(i)])
	}
}

func (o *object) hasPending() bool { return o.pending[0].op != none }

func (o *object) isReady() bool {
	return readyStatuses[o.ready] == assignment.ReadyTrue && reasons[o.reason] == "Assigned"
}

func (o *object) unlessReady() string {
	if o.isReady() {
		return ""
	}
	return "the declared person holds the credential, and Ready is not True"
}

func (o *object) unlessStalled(reason string) string {
	if o.stalled && reasons[o.reason] == reason {
		return ""
	}
	return "it is not Stalled for " + reason
}

// wrongIfDeleting lets a deleted object stay for one reason only: nobody can ask Seam for it.
func (o *object) wrongIfDeleting() string {
	if o.revoked && !o.takesNothingAway() {
		return o.unlessStalled("Unauthorized")
	}
	return "it is deleted and does not go"
}

// wrongIfSuspended lets a suspended object be as it is, once its writes are settled.
func (o *object) wrongIfSuspended() string {
	switch {
	case o.stalled || o.hasPending() && !o.revoked:
		return "it is suspended and not at rest"
	case o.isReady() && o.owner.person() != nobody && o.owner.person() != o.person:
		return "it is suspended and Ready for somebody whom it does not declare"
	default:
		return ""
	}
}

// wrongIfObserving is for mode Observe, which compares and keeps nothing.
func (s *state) wrongIfObserving(o *object) string {
	switch {
	case o.finalizer || o.owner != noOwner:
		return "it only observes, and keeps a finalizer or a record"
	case s.holder == o.person:
		return o.unlessReady()
	default:
		return o.unlessStalled("Drifted")
	}
}

// wrongIfWinner is for the object that has the claim: it is Ready with all that goes with it, or mode Assign has met somebody
// else whom it may not move.
func (s *state) wrongIfWinner(o *object) string {
	switch {
	case s.holder == o.person && (o.owner.person() != o.person || o.finalizer == o.retain):
		return "it is Ready without its finalizer and its record"
	case s.holder == o.person:
		return o.unlessReady()
	case s.holder == nobody:
		return "nobody holds the credential, and it is not assigned"
	case o.mode == modeEnforce || o.owns(s.holder):
		return "somebody else holds the credential, and it is not taken back"
	default:
		return o.unlessStalled("HeldByOther")
	}
}

// wrongIfLoser is for an object without the claim: it is Ready when the other one declares and reached its person, or Stalled.
func (s *state) wrongIfLoser(o, winner *object) string {
	switch {
	case winner.person == o.person && s.holder == o.person:
		return o.unlessReady()
	case winner.person != o.person, winner.suspended && !winner.deleting:
		return o.unlessStalled("ConflictingClaim")
	case winner.stalled:
		return o.unlessStalled(reasons[winner.reason])
	default:
		return "it waits for an object that does nothing"
	}
}
