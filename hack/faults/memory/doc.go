// Package memory is an API server in memory, as far as the operator and its plans of faults use one: it stores, lists, patches
// and watches objects over HTTP, with resource versions, preconditions, generations, finalizers and the status subresource. It
// validates nothing. It is there to run thousands of plans; what the real API server does is tried on the real one.
package memory
