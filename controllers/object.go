package controllers

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// objectState is what this process knows of an object.
type objectState struct {
	// obj is the newest version that is known, which nobody may change; nil once it is not among the objects any more.
	obj *v1alpha1.CredentialAssignment
	// isAhead says that obj is what the API server answered this process, and that the cache does not show it yet.
	isAhead  bool
	activity activity
	// givesWayUntil is until when it lets others in its queue go first; zero when it does not.
	givesWayUntil time.Time
	isTried       bool     // it had its turn at least once
	schedule      schedule // the attempt's alone while the object is busy
	// sent are the object's pending writes, by this process's own clock.
	sent map[sentKey]assignment.PendingWrite
	// deletion is what this process knows of the object's deletion, by its own clock: clocks differ, so that the time in
	// metadata proves nothing. It is nil while the object lives.
	deletion *assignment.Deletion
	// lastRead is what its own key read last, in this process's life: hand-over goes by it, never by its status alone.
	lastRead assignment.PeerRead
	// isPutOff says that its last attempt ended before its turn: it may be called before the time that it was told.
	isPutOff bool
	// failing is the key that it goes without a call for, because the last calls with it failed; nil when there is none.
	failing *keys.Key
	// ownWrites is how many of the credential's writes that ended were its own.
	ownWrites int
	own       ownState
}

// activity is what is done with an object now.
type activity int

const (
	idle          activity = iota
	queuedAsOwner          // handed over to the workers for objects with the claim
	queuedForLook          // handed over to the workers for all others
	busy                   // a worker works at it
	letGone                // its finalizer is off: this process let it go, although the cache may still show it
)

// ownState is what only the attempt at an object reads and changes.
type ownState struct {
	key   objectKey
	sends sends
	// lookedAt is when Seam was last looked at with success, or when this process first saw the object: an outage shows in
	// status two resync intervals later.
	lookedAt time.Time
	// speaksOf is whom the declaration named that Ready speaks of; nobody when that is not known. A suspended object keeps
	// Ready only while that person is declared, and generations cannot tell: suspending raises them too.
	speaksOf assignment.Person
	// isWriteReported says that an event told of a write, and status does not show its effect yet.
	isWriteReported bool
}

// objectKey is the API key of an object.
type objectKey struct {
	current   *keys.Key // what the Secret holds
	source    keySource
	lastGood  *keys.Key // the last one that read the credential
	lastWrote *keys.Key // the last one by which Seam accepted a write
	turn      keys.Turn
	question  keys.Question
	// writesBefore is how many writes for the credential had ended when the question was put.
	writesBefore int
}

// spare returns the keys to try for a deleted object whose own key is of no use; some may be nil.
func (k *objectKey) spare() []*keys.Key { return []*keys.Key{k.lastGood, k.lastWrote} }

// mayShare reports whether the object may read its credential as others with the key do: it does not wait in line to read it
// alone, as it does when few ask.
func (k *objectKey) mayShare(with *keys.Key) bool {
	return k.question.Waits(with) || !k.turn.Waits(with) && !with.IsQuiet()
}

// keySource is what tells that a key is still the one that the object names.
type keySource struct{ entry, workspaceID, version string }

// sentKey tells the pending writes of an object apart.
type sentKey struct {
	operation v1alpha1.Operation
	person    assignment.Person
	startedAt int64
}

func sentKeyOf(w assignment.PendingWrite) sentKey {
	return sentKey{operation: w.Operation, person: w.Person, startedAt: w.StartedAt.Unix()}
}

// versions are objects that the API server itself was asked for: nil for one that is no more.
type versions map[types.UID]*v1alpha1.CredentialAssignment

// show takes over what the cache shows of the object, unless this process knows better.
func (o *objectState) show(cached *v1alpha1.CredentialAssignment, now time.Time) {
	if o.activity == letGone {
		return
	}
	if o.obj == nil || !isOlder(cached, o.obj) { // a list may have been made before another one that was seen
		o.obj, o.isAhead = cached, false
	}
	if !o.obj.DeletionTimestamp.IsZero() && o.deletion == nil {
		o.deletion = &assignment.Deletion{SeenAt: now}
	}
	if o.activity != busy && len(o.sent) > 0 { // else the cache may not show yet what is being recorded
		o.forgetSettled(status.RecordOf(o.obj).Pending)
	}
}

// peer returns a version of the object as the others see it.
func (o *objectState) peer(obj *v1alpha1.CredentialAssignment, options *Options, now time.Time) assignment.Peer {
	record := o.datedRecord(obj, now)
	record.Pending = o.withBeingRecorded(record.Pending)
	return assignment.Peer{
		UID:       string(obj.UID),
		Created:   obj.CreationTimestamp.Time,
		Declared:  options.declaration(obj),
		Deleting:  !obj.DeletionTimestamp.IsZero(),
		Finalizer: status.HasFinalizer(obj),
		Record:    record,
		Handled:   obj.Status.ObservedGeneration >= 0 || o.isTried,
		Seen:      status.Peer(obj),
		LastRead:  o.lastRead,
	}
}

// datedRecord returns the record of an object, its pending writes dated by this process's own clock: what another process
// sent counts as sent when this one first saw it, which is kept, and its answer as lost. So each restart begins the time anew.
func (o *objectState) datedRecord(obj *v1alpha1.CredentialAssignment, now time.Time) assignment.Record {
	record := status.RecordOf(obj)
	for i, w := range record.Pending {
		sent, known := o.sent[sentKeyOf(w)]
		if !known {
			w.SentAt = now
			sent = w
			o.remember(sent)
		}
		record.Pending[i] = sent
	}
	return record
}

// withBeingRecorded returns pending writes, with the one that is being recorded.
func (o *objectState) withBeingRecorded(pending []assignment.PendingWrite) []assignment.PendingWrite {
	for _, w := range o.sent {
		if o.activity == busy && !slices.ContainsFunc(pending, w.Same) {
			pending = append(slices.Clip(pending), w)
		}
	}
	return pending
}

func (o *objectState) remember(w assignment.PendingWrite) {
	if o.sent == nil {
		o.sent = map[sentKey]assignment.PendingWrite{}
	}
	o.sent[sentKeyOf(w)] = w
}

// forgetSettled drops the writes that are not pending any more.
func (o *objectState) forgetSettled(pending []assignment.PendingWrite) {
	kept := make(map[sentKey]assignment.PendingWrite, len(pending))
	for _, w := range pending {
		if sent, known := o.sent[sentKeyOf(w)]; known {
			kept[sentKeyOf(w)] = sent
		}
	}
	o.sent = kept
}

// declaration returns what an object declares.
func (o *Options) declaration(obj *v1alpha1.CredentialAssignment) assignment.Declaration {
	return assignment.Declaration{
		Person:      assignment.Person{ACSUserID: obj.Spec.ACSUserID, UserIdentityID: obj.Spec.UserIdentityID},
		Mode:        obj.Spec.Mode,
		WorkspaceID: obj.Spec.WorkspaceID,
		Retain:      cmp.Or(obj.Spec.DeletionPolicy, o.DeletionPolicy) == v1alpha1.DeletionPolicyRetain,
		Suspended:   obj.Spec.Suspend,
		Abandoned:   obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
	}
}

// mayGoOn reports whether what kept the last attempt from going on does so no more.
func (o *objectState) mayGoOn() bool {
	return o.isPutOff && (o.own.key.turn.IsCalled() || o.own.key.question.IsCalled()) || o.failing != nil && !o.failing.IsFailing()
}

// isRoutine reports whether, as far as status tells, nothing is to be done at the look that is due: it says of the
// declaration as it is that all is well, or the look comes only because its time has.
func (o *objectState) isRoutine() bool {
	obj, s := o.obj, &o.schedule
	if o.deletion != nil || s.isAwaited || len(obj.Status.PendingWrites) > 0 || obj.Status.ObservedGeneration != obj.Generation ||
		s.wanted.requested != s.trigger.requested && s.trigger != (trigger{}) {
		return false
	}
	return status.ShowsAssigned(obj) || status.Peer(obj).Stalled != "" && (s.wanted == s.trigger || s.trigger == trigger{})
}

// isOlder reports whether the first of two versions of one object is the older one.
func isOlder(obj, than *v1alpha1.CredentialAssignment) bool {
	order, err := resourceversion.CompareResourceVersion(obj.ResourceVersion, than.ResourceVersion)
	return err == nil && order < 0
}
