package invariants

import "fmt"

// Violation is an invariant that a history breaks.
type Violation struct {
	Rule string // S1 to S10, L1 to L3
	Text string
}

func (v Violation) String() string { return v.Rule + ": " + v.Text }

// rules are the invariants, each with what checks it.
var rules = []struct {
	name  string
	check func(*History, func(format string, args ...any))
}{
	{"S1", onlyWhatIsDeclared},
	{"S2", nobodyElseIsUnassigned},
	{"S3", writesNeverOverlap},
	{"S4", nothingIsTakenFromOthers},
	{"S5", lostAnswersAreLookedAt},
	{"S6", twoChangesForEachEdit},
	{"S7", finalizersStayUntilPeopleAreGone},
	{"S8", readyIsSeen},
	{"S9", nothingSecretIsTold},
	{"S10", restCostsNothing},
	{"L1", everythingSettles},
	{"L2", deletedObjectsGo},
	{"L3", troubleStaysWhereItIs},
}

// Check returns every invariant that the history breaks, with what broke it.
func Check(h *History) []Violation {
	var found []Violation
	for _, rule := range rules {
		rule.check(h, func(format string, args ...any) {
			found = append(found, Violation{rule.name, fmt.Sprintf(format, args...)})
		})
	}
	return found
}
