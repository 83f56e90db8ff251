// Package conformance proves the client in pkg/seam and the fake in pkg/fakeseam against what Seam publishes: its
// OpenAPI, its JavaScript SDK and its own fake server. The first judges each request of the client and each answer of
// the fake on the wire; the second talks to the fake; the third is asked what the fake is asked. Start it with run.
package conformance
