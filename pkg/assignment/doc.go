// Package assignment decides what an operator does about one declared assignment of a credential. Decide is the whole of
// it: from the facts it finds one named State, and for each State it says what to do. Which object may change the
// credential is told by Judge, and a Decision tells what becomes of the record. All are pure functions: they perform no I/O, read no
// clock and remember nothing; where a fact is missing, the decision says which to read next. Whoever compares a person with
// the holder and cannot tell yet goes on as if they differed, and notes whom to read: what was concluded then is void, and
// Decide asks for that person instead. The package knows the API's
// constants and nothing else of Kubernetes or of HTTP.
package assignment
