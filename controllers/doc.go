// Package controllers makes Seam agree with every CredentialAssignment of a cluster. It knows Kubernetes: it watches,
// gathers what assignment.Plan asks for, carries out the one step that it decides, and reports in status. The unit of
// work is a credential rather than an object, so that no two objects ever act on one credential at the same time.
package controllers
