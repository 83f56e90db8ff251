package controllers

import (
	"context"

	"k8s.io/utils/clock"

	"github.com/seam-operator/seam-operator/controllers/internal/keys"
)

// session is what an attempt does at Seam with one key.
type session struct {
	seen    observer
	find    func(context.Context) (*keys.Key, error)
	wanted  *keys.Key // nil until it was found
	key     *keys.Key // the same one, from when it is the object's turn with it
	isSpare bool      // it is another key than the object's own
}

// open waits for the object's turn with the key, by an error that says how long. It comes before anything is recorded, so that
// no time passes between a record and its call but that of the patch.
func (s *session) open(ctx context.Context, turn *keys.Turn, isUrgent bool) error {
	if s.key != nil {
		return nil
	}
	k, err := s.find(ctx)
	if err != nil {
		return err
	}
	s.wanted = k
	if err := k.Admit(turn, isUrgent); err != nil {
		return err
	}
	s.key = k
	return nil
}

func (s *session) close() {
	if s.key != nil {
		s.key.Leave()
		s.key = nil
	}
}

// spareSession is with another key than the object's own: what that one read proves nothing for it.
func spareSession(k *keys.Key, now clock.PassiveClock) session {
	return session{seen: observer{clock: now}, find: func(context.Context) (*keys.Key, error) { return k, nil }, isSpare: true}
}

// keepKey keeps the key of an object that has something to clean up and is not looked at by itself: when it is deleted with
// its namespace, the Secret may be gone before it is looked at. A key that worked is worth more.
func (a *attempt) keepKey(ctx context.Context) {
	o, own := a.in.Object, &a.state.own.key
	if own.lastGood != nil || !o.Finalizer || o.Deletion == nil && !o.Declared.Suspended {
		return
	}
	if k, err := a.session.find(ctx); err == nil {
		own.lastGood = k
	}
}
