package controllers

import (
	"maps"
	"sync"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/types"
)

// memory is what one process knows beyond what the API server stores. It saves calls; a process that starts without it
// comes to the same end, but for pending writes of objects that are no more: see writeLog.orphans. It is in memory rather than in status because it changes at every look, and a status that changes at
// every look wakes everybody who watches.
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

// all returns what is known of every credential.
func (m *memory) all() map[CredentialID]*credentialState {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.credentials)
}

// forget drops what is known of a credential that no object names and that nobody writes to.
func (m *memory) forget(id CredentialID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.credentials[id]; c != nil && c.isEmpty() {
		delete(m.credentials, id)
	}
}
