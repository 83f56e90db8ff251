// Package controllers makes Seam agree with every CredentialAssignment of a cluster. A dispatcher finds out which objects of
// a credential are due; workers look at them, one attempt each: they observe what assignment.Decide asks for, carry out
// what it decides, and report in status. The package knows Kubernetes, pkg/assignment and pkg/seam; it decides nothing by
// itself about who gets a credential. docs/contributing/architecture.md draws the way of an event through it.
package controllers
