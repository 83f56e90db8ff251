// Package fakeseam is an in-memory server of the part of Seam's access-control
// API that assigns credentials, for tests and demos: it behaves rather than
// expects. It keeps workspaces, ACS systems, ACS users, user identities and
// credentials (World) and the tokens that open them (Tokens), and answers as
// Seam's documentation and published OpenAPI say; what those leave open is a
// switch (Behaviour), what can go wrong on the way is a Fault, and every call is
// kept for the test to look at (Journal). It imports nothing but the standard
// library, is never linked into the operator, and may know neither Kubernetes nor
// the operator's client: the two prove each other only as long as they share no
// code.
package fakeseam
