// Package world runs processes of the operator in a small world of their own, as plans of faults need it: namespaces of an API
// server, a fake Seam, and a clock that goes on when the operator has nothing left to do. All that a process asks of the API
// server or of Seam passes an interceptor, which may do without it, answer it otherwise, lose its answer or let it happen late.
// What happens is kept as a history for package invariants to judge.
package world
