package main

import (
	"slices"
	"strings"
)

// withoutRecord are the faults after which nothing tells any more whom the operator assigned, or may have.
var withoutRecord = struckBy("status wiped", "assignedTo emptied", "assignedTo names another person", "assignedTo names nobody", "assignedTo of another UID",
	"pendingWrites emptied", "pendingWrites name another person", "pendingWrites name nobody", "pendingWrites of another UID")

// withRival are the scenarios in which another object names the credential too.
var withRival = []string{"two claimants", "hand-over, pruned first", "hand-over, created first", "hand-over to a revoked key"}

// safeEnds are the ends, other than the one without a fault, that are safe and that the operator has to come to or may come
// to: nobody gets what nobody declared, and nobody loses what the operator is not known to have given.
var safeEnds = []struct {
	why     string
	applies func(plan, *outcome) bool
	ends    []string // how what is said of the object begins
}{
	{
		why:     "without a record of whom it assigned, the operator takes the credential from nobody",
		applies: withoutRecord,
		ends:    []string{"HeldByOther False"},
	},
	{
		why: "an object without a record may lose the claim to another one: deleted, it goes, and takes nothing away",
		applies: func(p plan, o *outcome) bool {
			return slices.Contains(withRival, p.scenario().name) && withoutRecord(p, o)
		},
		ends: []string{"gone"},
	},
	{
		why: "one that lives and lost its record may lose the claim as well, and writes nothing then",
		applies: func(p plan, o *outcome) bool {
			return p.scenario().name == "deleted with Retain in mid-move" && withoutRecord(p, o)
		},
		ends: []string{"ConflictingClaim False"},
	},
	{
		why: "whom an object had that lost its finalizer, its successor of the same name does not know",
		applies: func(p plan, o *outcome) bool {
			return p.scenario().name == "recreate with the same name" && struckBy("finalizer taken off")(p, o)
		},
		ends: []string{"HeldByOther False"},
	},
	{
		why:     "in another workspace than the recorded one the operator does nothing",
		applies: struckBy("assignedTo in another workspace", "workspaceID of another workspace"),
		ends:    []string{"WorkspaceMismatch False", "deleted, WorkspaceMismatch False", "deleted, SecretNotFound False"},
	},
	{
		why:     "a deleted object without its finalizer is gone before anything can be taken away",
		applies: struckBy("finalizer taken off"),
		ends:    []string{"gone"},
	},
	{
		why: "the key of a deleted namespace is kept in memory, which a new process does not have: it says what to do",
		applies: func(p plan, o *outcome) bool {
			return p.scenario().name == "namespace deleted" && o.restarted
		},
		ends: []string{"deleted, SecretNotFound False"},
	},
	{
		why:     "an unassign that was not sent when mode became Observe is not sent any more",
		applies: func(p plan, _ *outcome) bool { return p.scenario().name == "mode changed in mid-move" },
		ends:    []string{"Drifted False"},
	},
}

// struckBy is for plans with one of the faults of these names.
func struckBy(names ...string) func(plan, *outcome) bool {
	return func(p plan, _ *outcome) bool {
		for _, name := range names {
			if p.fault().name == name {
				return true
			}
		}
		return false
	}
}

// isSafe reports whether a plan may come to another end than without its fault.
func isSafe(p plan, o *outcome) bool {
	for _, safe := range safeEnds {
		if !safe.applies(p, o) {
			continue
		}
		for _, end := range safe.ends {
			if strings.HasPrefix(o.end.objects[key], end) {
				return true
			}
		}
	}
	return false
}
