// Package leader tells whether this process still leads (Lease), and keeps decisions from a cache that is older than its
// leadership (Cache). Of two processes that both believe that they lead, and of a leader that overlooks what the one
// before it recorded, each may let the wrong person in. The package imports Kubernetes' clients and the API's types; it
// knows nothing of Seam, of claims or of what is decided.
package leader
