package controllers

import (
	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// trigger is what a look at an object depends on, apart from Seam: another one makes the object due.
type trigger struct {
	generation int64
	// observed is status.observedGeneration: somebody may have wiped status, and nothing else would tell.
	observed int64
	// requested are the values of the two annotations that ask for a reconcile now: a change of either counts, even of the
	// one that is not answered.
	requested [2]string
	// Deletion, the request to give up, and the finalizer are metadata, which the generation does not cover.
	deleting, abandoned, finalizer bool
	// pending and owner are the record, as far as somebody else may change it: by wiping or restoring status.
	pending int
	owner   assignment.Person
	// secret is the version of its Secret; empty while there is none.
	secret string
	claim  claimTrigger
	// shown is what status tells people: when somebody else changes it, nothing else would mend it before the resync.
	shown status.Shown
}

// claimTrigger is what a look depends on of the other objects.
type claimTrigger struct {
	// What the winner declares and how it stands, since a loser's status repeats it.
	winner                  string
	person                  assignment.Person
	isDeleting, isSuspended bool
	stalled                 string
	winsByReading           bool
	// tookOver is who has taken over from this object since it was deleted: it need not wait any longer.
	tookOver string
	// otherWrites counts, with the claim, the writes of other objects that ended: what this one read is old then.
	otherWrites int
}

func triggerOf(obj *v1alpha1.CredentialAssignment, secret string, claim claimTrigger) trigger {
	record := status.RecordOf(obj)
	return trigger{
		generation: obj.Generation,
		observed:   obj.Status.ObservedGeneration,
		requested:  [2]string{obj.Annotations[v1alpha1.AnnotationRequestedAt], obj.Annotations[v1alpha1.AnnotationFluxRequestedAt]},
		deleting:   !obj.DeletionTimestamp.IsZero(),
		abandoned:  obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
		finalizer:  status.HasFinalizer(obj),
		pending:    len(record.Pending),
		owner:      record.AssignedPerson(),
		secret:     secret,
		claim:      claim,
		shown:      status.ShownBy(obj),
	}
}

// ranking is how the objects of a credential stand to each other, as indexes of its peers.
type ranking struct {
	first      int   // has the claim; -1 when nobody claims it
	successors []int // those that took over from a deleted object
}

func rankingOf(peers []assignment.Peer) ranking {
	return ranking{first: assignment.Judge(peers), successors: assignment.Successors(peers)}
}

// claimTriggerOf returns what the peer of index i depends on of the others.
func (c *credentialState) claimTriggerOf(i int, r ranking, o *objectState) claimTrigger {
	claim := assignment.ClaimOf(c.peers, i, r.first)
	t := claimTrigger{winsByReading: claim.WinsByReading, tookOver: o.successor(c.peers, r.successors)}
	if i == r.first {
		t.otherWrites = c.writes.ended - o.ownWrites
	}
	if w := claim.Winner; w != nil {
		t.winner, t.person = w.UID, w.Declared.Person
		t.isDeleting, t.isSuspended, t.stalled = w.Deleting, w.Declared.Suspended, w.Seen.Stalled
	}
	return t
}

// successor returns the UID of the object that took over since this one was deleted; empty when there is none. Of several it
// is always the same one, in whatever order they are listed.
func (o *objectState) successor(peers []assignment.Peer, successors []int) string {
	lowest := ""
	for _, i := range successors {
		p := &peers[i]
		if o.deletion != nil && !p.LastRead.At.Before(o.deletion.SeenAt) && (lowest == "" || p.UID < lowest) {
			lowest = p.UID
		}
	}
	return lowest
}

// isByOthers reports whether nothing changed but what other objects say.
func (t trigger) isByOthers(before trigger) bool {
	t.claim = before.claim
	return t == before
}

// isAskedAnew reports whether somebody declared or asked for something since.
func (t trigger) isAskedAnew(before trigger) bool {
	return t.generation != before.generation || t.secret != before.secret || t.requested != before.requested || t.deleting != before.deleting
}
