package controllers

import (
	"cmp"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// versions are objects that the API server itself was asked for: nil for one that is no more.
type versions map[types.UID]*v1alpha1.CredentialAssignment

// update brings what is known of a credential up to date with the objects that name it now. It returns the newest known
// version of each, less those that this process let go.
func (c *credentialState) update(cached []v1alpha1.CredentialAssignment, o *Options, now time.Time) []*v1alpha1.CredentialAssignment {
	before := c.objects
	c.objects = make(map[types.UID]*objectState, len(cached))
	objects := make([]*v1alpha1.CredentialAssignment, 0, len(cached))
	c.peers = make([]assignment.Peer, 0, len(cached))
	for i := range cached {
		uid := cached[i].UID
		state := before[uid]
		if state == nil {
			state = &objectState{own: ownState{lookedAt: now}}
		}
		c.objects[uid] = state
		if state.isGone {
			continue
		}
		obj := state.newest(&cached[i])
		objects = append(objects, obj)
		c.peers = append(c.peers, state.peer(obj, o, now))
		if !state.isBusy { // else the cache may not show yet what is being recorded
			state.forgetSettled(c.peers[len(c.peers)-1].Record)
		}
	}
	c.keepOrphans(before, o.SeamTimeout, now)
	return objects
}

// keepOrphans remembers the pending writes of objects that vanished until they can come about no more.
func (c *credentialState) keepOrphans(before map[types.UID]*objectState, timeout time.Duration, now time.Time) {
	var kept []assignment.PendingWrite
	keep := func(w assignment.PendingWrite) {
		if now.Before(w.SentAt.Add(2 * timeout)) {
			kept = append(kept, w)
		}
	}
	for _, w := range c.orphans {
		keep(w)
	}
	for uid, state := range before {
		if c.objects[uid] != nil {
			continue
		}
		if state.isBusy {
			c.objects[uid] = state // until whoever works at it ends
			continue
		}
		for _, w := range state.sent {
			keep(w)
		}
	}
	c.orphans = kept
}

// orphansBeside returns the pending writes of objects that are no more: those that are remembered, and those of objects that
// are not shown any more, though somebody may still work at them. What is shown is nil for what the last update saw.
func (c *credentialState) orphansBeside(shown map[types.UID]bool) []assignment.PendingWrite {
	if shown == nil {
		shown = make(map[types.UID]bool, len(c.peers))
		for i := range c.peers {
			shown[types.UID(c.peers[i].UID)] = true
		}
	}
	orphans := slices.Clip(c.orphans)
	for uid, state := range c.objects {
		if shown[uid] {
			continue
		}
		for _, w := range state.sent {
			orphans = append(orphans, w)
		}
	}
	return orphans
}

// peer returns an object as the others see it.
func (o *objectState) peer(obj *v1alpha1.CredentialAssignment, options *Options, now time.Time) assignment.Peer {
	if !obj.DeletionTimestamp.IsZero() && o.deletionSeen.IsZero() {
		o.deletionSeen = now
	}
	record := o.recordOf(obj, now)
	record.Pending = o.pendingNow(record)
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

// peersOf returns all objects of a credential as they are known now: by the cache, by what this process wrote, and by what
// the API server itself was asked for. The caller holds the mutex.
func (c *credentialState) peersOf(cached []v1alpha1.CredentialAssignment, live versions, o *Options, now time.Time) ([]assignment.Peer, []assignment.PendingWrite) {
	peers := make([]assignment.Peer, 0, len(cached)+len(live))
	shown := make(map[types.UID]bool, len(cached))
	add := func(obj *v1alpha1.CredentialAssignment) {
		state := c.objects[obj.UID]
		if state == nil {
			state = &objectState{}
		}
		if state.isGone {
			return
		}
		_, isConfirmed := live[obj.UID]
		peer := state.peer(obj, o, now)
		peer.Confirmed = isConfirmed
		peers = append(peers, peer)
	}
	for i := range cached {
		obj := &cached[i]
		shown[obj.UID] = true
		if state := c.objects[obj.UID]; state != nil {
			obj = state.newest(obj)
		}
		asked, wasAsked := live[obj.UID]
		switch {
		case wasAsked && asked == nil:
			continue
		case wasAsked && isOlder(obj, asked):
			obj = asked
		}
		add(obj)
	}
	for uid, obj := range live {
		if obj != nil && !shown[uid] {
			add(obj)
		}
	}
	return peers, c.orphansBeside(shown)
}

// declaration returns what an object declares.
func (o *Options) declaration(obj *v1alpha1.CredentialAssignment) assignment.Declaration {
	return assignment.Declaration{
		Person:      personOf(obj),
		Mode:        obj.Spec.Mode,
		WorkspaceID: obj.Spec.WorkspaceID,
		Retain:      cmp.Or(obj.Spec.DeletionPolicy, o.DeletionPolicy) == v1alpha1.DeletionPolicyRetain,
		Suspended:   obj.Spec.Suspend,
		Abandoned:   obj.Annotations[v1alpha1.AnnotationAbandon] == "true",
	}
}

func personOf(obj *v1alpha1.CredentialAssignment) assignment.Person {
	return assignment.Person{ACSUserID: obj.Spec.ACSUserID, UserIdentityID: obj.Spec.UserIdentityID}
}

// indexOf returns the index of an object among peers; -1 when it is not among them.
func indexOf(peers []assignment.Peer, uid types.UID) int {
	for i := range peers {
		if peers[i].UID == string(uid) {
			return i
		}
	}
	return -1
}

// isOlder reports whether the first of two versions of one object is the older one.
func isOlder(obj, than *v1alpha1.CredentialAssignment) bool {
	order, err := resourceversion.CompareResourceVersion(obj.ResourceVersion, than.ResourceVersion)
	return err == nil && order < 0
}

// isReady reports whether the object is Ready.
func isReady(obj *v1alpha1.CredentialAssignment) bool {
	return meta.IsStatusConditionTrue(obj.Status.Conditions, v1alpha1.ConditionReady)
}
