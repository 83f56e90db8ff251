package controllers

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// credentialState is what this process knows of a credential. Its mutex guards all of it, the states of the objects
// included. While an object is busy, its schedule and its own part belong to the attempt alone.
type credentialState struct {
	mu      sync.Mutex
	objects map[types.UID]*objectState
	peers   []assignment.Peer // the objects as the last refresh saw them
	writes  writeLog
	// awaiting is the UID of an object whose claim waits for rivals that nobody handled yet, and awaitsSince since when.
	awaiting    string
	awaitsSince time.Time
	// looks bounds the looks at objects without the claim, so that nobody can make work by the number of objects.
	looks *rate.Limiter
}

const (
	looksPerSecond = 5
	looksAtOnce    = 20
)

// writeLog is what is remembered of the writes for a credential.
type writeLog struct {
	// isWriting says that an object is about to write, or has a call under way: no other one may begin.
	isWriting bool
	// ended counts the writes whose call has ended, with whatever answer. A read that began before is not acted on.
	ended int
	// acknowledged is the last write that Seam accepted from this process: until its deadline a read that shows something
	// else counts as late.
	acknowledged *assignment.PendingWrite
	// orphans are pending writes of objects that are no more (Retain, a finalizer that somebody stripped), until they can
	// come about no more. A crash forgets them: the one gap that is known.
	orphans []assignment.PendingWrite
}

// isEmpty reports whether nothing is known any more that a later object has to know.
func (c *credentialState) isEmpty() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.objects) == 0 && !c.writes.isWriting
}

// refresh brings what is known up to date with the objects that the cache shows.
func (c *credentialState) refresh(cached []v1alpha1.CredentialAssignment, o *Options, now time.Time) {
	shown := make(map[types.UID]bool, len(cached))
	for i := range cached {
		uid := cached[i].UID
		shown[uid] = true
		if c.objects[uid] == nil {
			c.objects[uid] = &objectState{own: ownState{lookedAt: now}}
		}
		c.objects[uid].show(&cached[i], now)
	}
	for uid, state := range c.objects {
		if !shown[uid] {
			c.lose(uid, state)
		}
	}
	c.writes.orphans = slices.DeleteFunc(c.writes.orphans, func(w assignment.PendingWrite) bool {
		return !now.Before(w.LastEffect(o.SeamTimeout))
	})
	c.peers = c.peersWith(nil, o, now)
}

// lose forgets an object that vanished, but for its pending writes. While somebody works at it, its state stays.
func (c *credentialState) lose(uid types.UID, state *objectState) {
	state.obj, state.isAhead = nil, false
	if state.activity == busy {
		return
	}
	for _, w := range state.sent {
		c.writes.orphans = append(c.writes.orphans, w)
	}
	state.own.key.turn.Quit()
	state.own.key.question.Quit()
	delete(c.objects, uid)
}

// peersWith returns all objects as they are known now: by the cache, by what this process wrote, and by what the API server
// itself was asked for.
func (c *credentialState) peersWith(live versions, o *Options, now time.Time) []assignment.Peer {
	peers := make([]assignment.Peer, 0, len(c.objects))
	add := func(state *objectState, obj *v1alpha1.CredentialAssignment, isConfirmed bool) {
		peer := state.peer(obj, o, now)
		peer.Confirmed = isConfirmed
		peers = append(peers, peer)
	}
	for uid, state := range c.objects {
		obj := state.obj
		asked, wasAsked := live[uid]
		if wasAsked && (asked == nil || obj == nil || isOlder(obj, asked)) {
			obj = asked
		}
		if obj != nil && state.activity != letGone {
			add(state, obj, wasAsked)
		}
	}
	for uid, obj := range live {
		if obj != nil && c.objects[uid] == nil {
			add(&objectState{}, obj, true)
		}
	}
	return peers
}

// orphans returns the pending writes of objects that are no more, those of which somebody still works at included.
func (c *credentialState) orphans() []assignment.PendingWrite {
	orphans := slices.Clone(c.writes.orphans)
	for _, state := range c.objects {
		if state.obj != nil {
			continue
		}
		for _, w := range state.sent {
			orphans = append(orphans, w)
		}
	}
	return orphans
}

// awaitFirstLooks returns until when the claim of the peer of index first waits for a first look at older rivals, and notes
// since when it does; zero when it does not wait. It does so for a limited time, whoever comes meanwhile.
func (c *credentialState) awaitFirstLooks(first int, now time.Time) time.Time {
	if !assignment.AwaitsFirstLook(c.peers, first) {
		return time.Time{}
	}
	if uid := c.peers[first].UID; c.awaiting != uid {
		c.awaiting, c.awaitsSince = uid, now
	}
	if until := c.awaitsSince.Add(assignment.FirstLooksWait); now.Before(until) {
		return until
	}
	return time.Time{}
}

// remembersUntil returns until when a write counts whose object may be gone: one whose effect is not known, and one that
// Seam accepted and that reads may not show yet. It is zero when there is none.
func (c *credentialState) remembersUntil(timeout time.Duration, now time.Time) (until time.Time) {
	for _, w := range c.writes.orphans {
		until = later(until, w.LastEffect(timeout))
	}
	if w := c.writes.acknowledged; w != nil {
		until = later(until, w.Deadline(timeout))
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
		if state := c.objects[types.UID(uid)]; state != nil && state.activity != busy {
			state.schedule.next, state.schedule.isAwaited = now, true
		}
	}
}

// waitsFor reports whether an object went by what others with the key were told.
func (c *credentialState) waitsFor(k *keys.Key) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, state := range c.objects {
		if state.failing == k {
			return true
		}
	}
	return false
}

// beginWrite keeps the other objects from writing; false when one of them writes.
func (c *credentialState) beginWrite() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writes.isWriting {
		return false
	}
	c.writes.isWriting = true
	return true
}

func (c *credentialState) endWrite() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes.isWriting = false
}

// writesSoFar returns how many writes have ended, and the last one that Seam accepted: a read that begins now shows them,
// or lags.
func (c *credentialState) writesSoFar() (ended int, acknowledged *assignment.PendingWrite) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writes.ended, c.writes.acknowledged
}

// update changes the state of an object under the mutex.
func (c *credentialState) update(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}
