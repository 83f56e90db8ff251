package controllers

import (
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// memory is what one process knows of an object beyond what the API server stores. It saves calls; a process that
// starts without it comes to the same end.
type memory struct {
	// inputs is what the last look went by; while nothing of it changes, the object rests until next.
	inputs inputs
	next   time.Time
	// known is what the last pass began with, however it ended.
	known inputs
	// wrote is the resource version of this process's last write; an older object in the cache is not acted on.
	wrote string
	// gone says that this process let the object go, although the cache may still show it.
	gone bool

	lastLook time.Time // when Seam was last looked at with success, or when this process met the object
	failures int       // passes in a row that ended unfinished
	polls    int       // looks in a row that found the access system not synced

	record  string              // the text of the record that pending speaks of
	written *assignment.Record  // what it says; nil when it is none
	ours    bool                // whether this process wrote it
	pending *assignment.Pending // nil once the recorded write is settled
	lostAt  time.Time           // when the call of the last lost write could no longer be under way; zero when none was lost
	stray   *assignment.Person  // to whom that write may still have given the credential, if it was an assign
	sent    string              // the record of the last write that Seam accepted from this process
	unseen  unseen              // writes that Seam accepted and never showed
	refused *assignment.Refusal
	expires time.Time // when refused is tried again

	assigned *metav1.Time // when the last assign was made that this process saw shown
	person   assignment.Person
	key      *key // the last key that worked
	turn     turn // with the key that it waits for
}

// unseen counts how often Seam accepted a write that reads did not show.
type unseen struct {
	write  assignment.Write
	person assignment.Person
	times  int
	next   time.Time // when the same write may be sent again
}

// forgetWhatChanged drops what a new declaration, Secret, rival or request makes worth trying again.
func (m *memory) forgetWhatChanged(in inputs, now time.Time) {
	if !in.declares(m.known) {
		m.failures, m.polls, m.refused, m.unseen = 0, 0, nil, unseen{}
	}
	m.known = in
	if m.refused != nil && !now.Before(m.expires) {
		m.refused = nil
	}
}

// pend brings pending up to date with the record that the object carries. A record that this process did not settle
// counts as a write whose answer was lost, until its call can no longer be under way; a time in the future counts as now.
func (m *memory) pend(text string, record *assignment.Record, now time.Time, timeout time.Duration) {
	if m.record != text {
		m.giveUp() // somebody else changed the record
		m.record, m.written, m.ours = text, record, false
		if record != nil && !record.Found {
			m.pending = &assignment.Pending{Until: earlier(record.At, now).Add(timeout), Lost: true}
		}
	}
	if m.pending != nil && !now.Before(m.pending.Until) {
		m.giveUp()
	}
}

// giveUp waits no longer for the pending write. If its answer was lost it may yet turn out to have taken effect.
func (m *memory) giveUp() {
	if m.pending != nil && m.pending.Lost {
		m.lostAt, m.stray = m.pending.Until, nil
		if m.written.Write == assignment.WriteAssign {
			m.stray = &m.written.Person
		}
	}
	m.pending = nil
}

// strayPerson returns the person to whom a lost assign may have given the credential late, for as long as that is to
// be expected.
func (m *memory) strayPerson(now time.Time, timeout time.Duration) *assignment.Person {
	if now.After(m.lostAt.Add(2 * timeout)) {
		return nil
	}
	return m.stray
}

// lateLook returns when to look once more for a write whose answer was lost; zero when that is over.
func (m *memory) lateLook(now time.Time, timeout time.Duration) time.Time {
	if late := m.lostAt.Add(timeout); !m.lostAt.IsZero() && now.Before(late) {
		return late
	}
	return time.Time{}
}

// inputs is what a look depends on, apart from Seam.
type inputs struct {
	generation int64
	requested  string
	deleting   bool
	abandoned  bool
	finalizer  bool
	record     string
	secret     string
	claim      string
}

// declares reports whether both inputs come from the same declaration and request, the same Secret and the same rivals.
func (i inputs) declares(other inputs) bool {
	return i.generation == other.generation && i.secret == other.secret && i.claim == other.claim && i.deleting == other.deleting && i.requested == other.requested
}

// memories keeps the memory of every object, by credential.
type memories struct {
	mu           sync.Mutex
	byCredential map[string]*shared
}

// shared is what this process knows of a credential: what it knows of each object that names it, and of lost writes.
type shared struct {
	objects map[types.UID]*memory
	lost    lostWrites
}

// lostWrites remembers, beyond the life of the object that sent it, until when a write whose answer was lost may still
// take effect.
type lostWrites struct{ until time.Time }

func (l *lostWrites) add(until time.Time) { l.until = later(l.until, until) }

// of returns the memories of the objects that name a credential, and forgets those of objects that are gone, but for
// what they lost.
func (m *memories) of(credential string, objects []types.UID, now time.Time) (map[types.UID]*memory, *lostWrites) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byCredential == nil {
		m.byCredential = map[string]*shared{}
	}
	before := m.byCredential[credential]
	if before == nil {
		before = &shared{}
	}
	current := &shared{objects: make(map[types.UID]*memory, len(objects)), lost: before.lost}
	for _, uid := range objects {
		current.objects[uid] = before.objects[uid]
		if current.objects[uid] == nil {
			current.objects[uid] = &memory{lastLook: now}
		}
	}
	for uid, gone := range before.objects {
		if current.objects[uid] == nil {
			current.lost.add(gone.lostUntil())
		}
	}
	m.byCredential[credential] = current
	if len(objects) == 0 && !now.Before(current.lost.until) {
		delete(m.byCredential, credential)
	}
	return current.objects, &current.lost
}

// lostUntil returns until when a write of this object whose answer was lost may still take effect; zero for none.
func (m *memory) lostUntil() time.Time {
	if m.pending != nil && m.pending.Lost {
		return later(m.lostAt, m.pending.Until)
	}
	return m.lostAt
}
