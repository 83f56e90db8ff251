package controllers

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"weak"

	"golang.org/x/sync/singleflight"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
)

// secretKeys are the API keys that Secrets hold, so that each version of a Secret is read once, however many objects name it.
// It keeps no key alive that no object holds.
type secretKeys struct {
	reading singleflight.Group
	mu      sync.Mutex
	known   map[client.ObjectKey]map[keySource]secretKey
}

// secretKey is what a version of a Secret holds.
type secretKey struct {
	version string // as it was read: it may be newer than the one that was asked for
	key     weak.Pointer[keys.Key]
}

// keyOf returns the key that an object's Secret holds, and keeps it. The Secret is read when it is another version than before.
func (r *Reconciler) keyOf(ctx context.Context, obj *v1alpha1.CredentialAssignment, own *objectKey, version string) (*keys.Key, error) {
	source := keySource{entry: cmp.Or(obj.Spec.APIKeySecretRef.Key, v1alpha1.DefaultSecretKey), workspaceID: obj.Spec.WorkspaceID, version: version}
	if own.current != nil && own.source == source {
		return own.current, nil
	}
	k, version, err := r.sharedKey(ctx, obj, source)
	if err != nil {
		return nil, err
	}
	source.version = version
	own.current, own.source = k, source
	return k, nil
}

// sharedKey returns the key of a version of a Secret, and which version that is. Of several objects that want it one reads the
// Secret for all.
func (r *Reconciler) sharedKey(ctx context.Context, obj *v1alpha1.CredentialAssignment, source keySource) (*keys.Key, string, error) {
	secret := secretOf(obj)
	if k, version := r.secretKeys.get(secret, source); k != nil {
		return k, version, nil
	}
	type result struct {
		key     *keys.Key
		version string
	}
	answer, err, _ := r.secretKeys.reading.Do(fmt.Sprint(secret, source), func() (any, error) {
		token, version, err := r.token(ctx, obj)
		if err != nil {
			return nil, err
		}
		k, err := r.Keys.Key(token, source.workspaceID)
		if err != nil {
			return nil, err
		}
		r.secretKeys.put(secret, source, secretKey{version: version, key: weak.Make(k)})
		return result{k, version}, nil
	})
	if err != nil {
		return nil, "", err
	}
	got := answer.(result)
	return got.key, got.version, nil
}

func (s *secretKeys) get(secret client.ObjectKey, source keySource) (*keys.Key, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	got := s.known[secret][source]
	return got.key.Value(), got.version
}

// put keeps what was read of a version, and forgets what was read of others.
func (s *secretKeys) put(secret client.ObjectKey, source keySource, got secretKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[client.ObjectKey]map[keySource]secretKey{}
	}
	kept := map[keySource]secretKey{}
	if source.version != "" { // which says that the cache shows no Secret: another one may be made, or this one has gone
		kept[source] = got
	}
	for other, k := range s.known[secret] {
		if k.version == got.version && k.key.Value() != nil {
			kept[other] = k
		}
	}
	// Whoever asks for the version that was read, and no longer for the one that was asked for, need not read it again.
	source.version = got.version
	kept[source] = got
	s.known[secret] = kept
}

// forget drops what is known of a Secret that changed or went.
func (s *secretKeys) forget(secret client.ObjectKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, secret)
}
