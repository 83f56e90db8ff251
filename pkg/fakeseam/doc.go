// Package fakeseam is an in-memory server of the part of Seam's access-control
// API that assigns credentials, for tests and demos. It behaves rather than
// expects: it keeps workspaces, ACS systems, ACS users, user identities and
// credentials, and answers as Seam's documentation and published OpenAPI say.
// What Seam leaves open is a switch (Behaviour), what can go wrong on the way is
// a Fault, and every call is kept for the test to look at (Call).
//
// It is never linked into the operator, and shares no code with the operator's
// client, so that the two prove each other.
package fakeseam
