// Package assignment decides what an operator does about one declared assignment of a credential. Plan is the whole of
// it: a pure function of what was declared, what this operator recorded, what Seam shows, who else claims the
// credential, and the time. It performs no I/O and reads no clock; where a fact is missing it says which to read next.
package assignment
