// Package invariants states what must hold of every history of the operator (S1 to S10, L1 to L3 of its contract), once and in
// code. It judges from outside: by the calls that arrived at Seam and by the versions of the objects that the API server stored.
// What the operator believes, remembers or logs is no evidence, except that no secret may stand in it.
package invariants
