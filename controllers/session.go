package controllers

import (
	"context"
	"time"

	"github.com/seam-operator/seam-operator/controllers/internal/keys"
)

// session is what an attempt does at Seam with one key.
type session struct {
	seen    observer
	find    func(context.Context) (*keys.Key, error)
	key     *keys.Key // nil until it is the object's turn with it
	isSpare bool      // it is another key than the object's own
}

// open waits for the object's turn with the key, by an error that says how long.
func (s *session) open(ctx context.Context, turn *keys.Turn, isUrgent bool) error {
	if s.key != nil {
		return nil
	}
	k, err := s.find(ctx)
	if err != nil {
		return err
	}
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

// ownKey returns the key that the object's Secret holds. The Secret is read when it is another version than before.
func (a *attempt) ownKey(ctx context.Context) (*keys.Key, error) {
	own := &a.state.own.key
	_, entry := secretRef(a.obj)
	source := keySource{entry: entry, workspaceID: a.obj.Spec.WorkspaceID, version: a.state.schedule.trigger.secret}
	if own.current != nil && own.source == source {
		return own.current, nil
	}
	token, version, err := a.token(ctx, a.obj)
	if err != nil {
		return nil, err
	}
	k, err := a.Keys.Key(token, a.obj.Spec.WorkspaceID)
	if err != nil {
		return nil, err
	}
	source.version = version
	own.current, own.source = k, source
	return k, nil
}

// keepKey keeps the key of an object that has something to clean up and is not looked at by itself: when it is deleted with
// its namespace, the Secret may be gone before it is looked at. A key that worked is worth more.
func (a *attempt) keepKey(ctx context.Context) {
	o, own := a.in.Object, &a.state.own.key
	if own.lastGood != nil || !o.Finalizer || o.Deletion == nil && !o.Declared.Suspended {
		return
	}
	if k, err := a.ownKey(ctx); err == nil {
		own.lastGood = k
	}
}

// spareKeys returns the keys to try for a deleted object whose own key is of no use.
func (a *attempt) spareKeys() []*keys.Key {
	if a.in.Object.Deletion == nil {
		return nil
	}
	return []*keys.Key{a.state.own.key.lastGood, a.state.own.key.lastWrote}
}

// useOwnKey begins the session with the key of the object's Secret.
func (a *attempt) useOwnKey() {
	a.session = session{seen: observer{clock: a.Clock}, find: a.ownKey}
}

// useSpareKey begins a session with another key: what the one before read proves nothing.
func (a *attempt) useSpareKey(k *keys.Key) {
	a.session.close()
	a.session = session{seen: observer{clock: a.Clock}, find: func(context.Context) (*keys.Key, error) { return k, nil }, isSpare: true}
	a.state.own.sends.Refused = nil
	a.result.next, a.result.isPutOff = time.Time{}, false
}
