package controllers

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// memory is what one process knows beyond what the API server stores. It saves calls; a process that starts without it
// comes to the same end.
type memory struct {
	mu          sync.Mutex
	credentials map[CredentialID]*credentialState
}

// of returns what is known of a credential.
func (m *memory) of(id CredentialID) *credentialState {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.credentials == nil {
		m.credentials = map[CredentialID]*credentialState{}
	}
	c := m.credentials[id]
	if c == nil {
		c = &credentialState{objects: map[types.UID]*objectState{}, looks: rate.NewLimiter(looksPerSecond, looksAtOnce)}
		m.credentials[id] = c
	}
	return c
}

// forget drops what is known of a credential that no object names and no write is remembered of.
func (m *memory) forget(id CredentialID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.credentials[id]; c != nil && c.isEmpty() {
		delete(m.credentials, id)
	}
}

// credentialState is what this process knows of a credential. Its mutex guards all of it, the objects' states but for what
// is theirs alone included.
type credentialState struct {
	mu      sync.Mutex
	objects map[types.UID]*objectState
	// orphans are pending writes of objects that are no more.
	orphans []assignment.PendingWrite
	// acknowledged is the last write that Seam accepted from this process.
	acknowledged *assignment.PendingWrite
	// isWriting says that an object is about to write; writes counts those that ended.
	isWriting bool
	writes    int
	// epoch counts the writes that began or ended.
	epoch int
	// awaitsSince is since when the claim of the object of that UID has waited for rivals that nobody has handled yet.
	awaitsSince time.Time
	awaiting    string
	peers       []assignment.Peer
	// looks bounds the looks at objects without the claim, so that nobody can make work by the number of objects.
	looks *rate.Limiter
}

const (
	looksPerSecond = 5
	looksAtOnce    = 20
)

// isEmpty reports whether nothing is known any more that a later object has to know.
func (c *credentialState) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.objects) == 0 && !c.isWriting
}

// remembersUntil returns until when a write counts whose object may be gone: one whose effect is not known, and one that
// Seam accepted and that reads may not show yet. It is zero when there is none.
func (c *credentialState) remembersUntil(timeout time.Duration, now time.Time) (until time.Time) {
	for _, w := range c.orphans {
		until = later(until, w.SentAt.Add(2*timeout))
	}
	if w := c.acknowledged; w != nil {
		until = later(until, w.SentAt.Add(timeout))
	}
	if !until.After(now) {
		return time.Time{}
	}
	return until
}

// hurry makes objects due that another one waits for.
func (c *credentialState) hurry(uids []string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, uid := range uids {
		if state := c.objects[types.UID(uid)]; state != nil && !state.isBusy {
			state.schedule.next, state.schedule.isAwaited = now, true
		}
	}
}

// objectState is what this process knows of an object.
type objectState struct {
	schedule schedule
	// sent are the object's pending writes, by this process's own clock.
	sent map[sentKey]assignment.PendingWrite
	// deletionSeen is when this process first saw the object being deleted; zero while it lives.
	deletionSeen time.Time
	// latest is the object as the API server answered the last write of this process; nil when the cache shows it.
	latest *v1alpha1.CredentialAssignment
	// isGone says that this process let the object go, although the cache may still show it.
	isGone bool
	// ownWrites counts the object's own of the writes that ended.
	ownWrites int
	// isBusy says that somebody works at the object; isTried that it had its turn at least once.
	isBusy, isTried bool
	// queuedAt is when it was handed over for a look that did not begin yet.
	queuedAt time.Time
	lastRead assignment.PeerRead

	own ownState
}

// ownState is what only who works at the object reads and changes.
type ownState struct {
	key      objectKey
	sends    sends
	lookedAt time.Time // when Seam was last looked at with success, or when this process first saw the object
	speaksOf assignment.Person
	// waitsSince and hasUnassigned belong to a deletion; see assignment.Deletion.
	waitsSince    time.Time
	hasUnassigned bool
	// isWriteTold says that a write was told in an event, and status does not show its effect yet.
	isWriteTold bool
}

// objectKey is the API key of an object.
type objectKey struct {
	current   *keys.Key // what the Secret holds
	source    keySource
	lastGood  *keys.Key // the last one that read the credential
	lastWrote *keys.Key // the last one by which Seam accepted a write
	turn      keys.Turn
}

// keySource is what tells that a key is still the one that the object names.
type keySource struct{ entry, workspaceID, version string }

// spare returns the keys to try for a deleted object whose own key is of no use; some may be nil.
func (k *objectKey) spare() []*keys.Key { return []*keys.Key{k.lastGood, k.lastWrote} }

// sentKey tells the pending writes of an object apart.
type sentKey struct {
	operation v1alpha1.Operation
	person    assignment.Person
	startedAt int64
}

func keyOf(w assignment.PendingWrite) sentKey {
	return sentKey{operation: w.Operation, person: w.Person, startedAt: w.StartedAt.Unix()}
}

// recordOf returns the record of an object, its pending writes dated by this process's own clock: what another process
// sent counts as sent when this one first saw it, and its answer as lost.
func (o *objectState) recordOf(obj *v1alpha1.CredentialAssignment, now time.Time) assignment.Record {
	record := status.RecordOf(obj)
	for i, w := range record.Pending {
		sent, known := o.sent[keyOf(w)]
		if !known {
			w.SentAt = now
			sent = w
			o.remember(sent)
		}
		record.Pending[i] = sent
	}
	return record
}

// isFree reports whether nobody works at the object, and this version shows all that this process wrote to it.
func (o *objectState) isFree(obj *v1alpha1.CredentialAssignment) bool {
	return !o.isBusy && !o.isGone && o.newest(obj) == obj
}

// pendingNow returns the object's pending writes, with the one that is being recorded.
func (o *objectState) pendingNow(record assignment.Record) []assignment.PendingWrite {
	pending := record.Pending
	for _, w := range o.sent {
		if o.isBusy && !slices.ContainsFunc(record.Pending, w.Same) {
			pending = append(slices.Clip(pending), w)
		}
	}
	return pending
}

func (o *objectState) remember(w assignment.PendingWrite) {
	if o.sent == nil {
		o.sent = map[sentKey]assignment.PendingWrite{}
	}
	o.sent[keyOf(w)] = w
}

// forgetSettled drops the writes that a record does not name any more.
func (o *objectState) forgetSettled(record assignment.Record) {
	if len(o.sent) == len(record.Pending) {
		return
	}
	kept := make(map[sentKey]assignment.PendingWrite, len(record.Pending))
	for _, w := range record.Pending {
		kept[keyOf(w)] = w
	}
	o.sent = kept
}

// newest returns the newest version of an object that is known: the cache's, or what the API server answered.
func (o *objectState) newest(cached *v1alpha1.CredentialAssignment) *v1alpha1.CredentialAssignment {
	if o.latest != nil && isOlder(cached, o.latest) {
		return o.latest
	}
	o.latest = nil
	return cached
}
