// Package status puts the outcome of a look at one CredentialAssignment into its status, and reads back what status keeps.
// It is pure: it imports the API's types, pkg/assignment and what Seam showed, and it may not know clients, clocks or
// memory. It decides nothing: what the conditions say is handed to it.
package status
