package controllers

import (
	"context"
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
	// tried says that this process began to look at the object, met that it could tell something of it.
	tried, met bool
	// inherited is the text of the record that the object carried when this process saw it first.
	inherited *string

	lastLook time.Time // when Seam was last looked at with success, or when this process met the object
	failures int       // passes in a row that ended unfinished
	polls    int       // looks in a row that found the access system not synced

	last       lastWrite
	waitsSince time.Time // since when it waits, deleted, for its successor
	refused    *assignment.Refusal
	expires    time.Time // when refused is tried again

	assigned *metav1.Time // when the last assign was made that this process saw shown
	person   assignment.Person
	key      *key // the last key that worked
	turn     turn // with the key that it waits for
}

// forgetWhatChanged drops what a new declaration, Secret, rival or request makes worth trying again.
func (m *memory) forgetWhatChanged(in inputs, now time.Time) {
	if !in.declares(m.known) {
		m.failures, m.polls, m.refused, m.last.unseen = 0, 0, nil, unseen{}
	}
	m.known = in
	if m.refused != nil && !now.Before(m.expires) {
		m.refused = nil
	}
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
	objects   map[types.UID]*memory
	lost      lostWrites
	interrupt context.CancelFunc // ends the call for which the credential could be kept waiting; nil when there is none
	news      bool               // something was declared since the objects were listed
}

// lostWrites remembers, beyond the life of the object that sent it, until when a write whose answer was lost may still
// take effect.
type lostWrites struct{ until time.Time }

func (l *lostWrites) add(until time.Time) { l.until = later(l.until, until) }

// listen begins to notice what is declared about a credential. Its objects are listed after that.
func (m *memories) listen(credential string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byCredential == nil {
		m.byCredential = map[string]*shared{}
	}
	if m.byCredential[credential] == nil {
		m.byCredential[credential] = &shared{}
	}
	m.byCredential[credential].news = false
}

// of returns the memories of the objects that name a credential, and forgets those of objects that are gone, but for
// what they lost.
func (m *memories) of(credential string, objects []types.UID, now time.Time) (map[types.UID]*memory, *lostWrites) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.byCredential[credential]
	before := s.objects
	s.objects = make(map[types.UID]*memory, len(objects))
	for _, uid := range objects {
		s.objects[uid] = before[uid]
		if s.objects[uid] == nil {
			s.objects[uid] = &memory{lastLook: now}
		}
	}
	for uid, gone := range before {
		if s.objects[uid] == nil {
			s.lost.add(gone.last.lostUntil())
		}
	}
	if len(objects) == 0 && !now.Before(s.lost.until) {
		delete(m.byCredential, credential)
	}
	return s.objects, &s.lost
}

// interruptible returns a context for a call that gives way to whatever is declared about the credential.
func (m *memories) interruptible(ctx context.Context, credential string) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	m.setInterrupt(credential, cancel)
	return ctx, func() {
		m.setInterrupt(credential, nil)
		cancel()
	}
}

func (m *memories) setInterrupt(credential string, cancel context.CancelFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.byCredential[credential]
	s.interrupt = cancel
	if s.news && cancel != nil {
		cancel()
	}
}

// interrupt ends the interruptible call for a credential, if one is under way, and keeps others from beginning until
// the objects are listed again.
func (m *memories) interrupt(credential string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.byCredential[credential]
	if s == nil {
		return
	}
	s.news = true
	if s.interrupt != nil {
		s.interrupt()
	}
}
