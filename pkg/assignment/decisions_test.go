package assignment

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

const (
	decisionsPage = "../../docs/contributing/decisions.md"
	rewrite       = "UPDATE_DOCS=1 go test ./pkg/assignment -run DecisionTable"
)

// row is one line of the table: an example of a state, and in words what makes it one.
type row struct {
	state State
	when  string
	given Input
}

// table has at least one row for each state, in their order.
func table() []row {
	alicesLost, bobsLost := pending(assign(alice, before(early))), pending(assign(bob, before(mid)))
	own, leaving := assignedTo(alice), together(assignedTo(alice), deleted)
	toBob := rival(of(bob), owns(bob))
	return []row{
		{PersonUnread, "who holds it can only be told when a person was read: whose ACS user shows, or whether identities were merged", given(declares(aliceIdentity), heldBy(alice))},
		{NothingToCleanUp, "the object carries no finalizer of ours", given(deleted, noFinalizer, notRead)},
		{CleanUpAbandoned, "the annotation acs.seam.co/abandon says so", given(leaving, abandoned, notRead)},
		{FinalizerMissing, "there is a record, and the finalizer that deletionPolicy Unassign wants is not there", given(own, noFinalizer, notRead)},
		{FinalizerUnwanted, "the finalizer is there, the declaration takes nothing away, and no write is pending", given(own, retain, notRead)},
		{FinalizerUnwanted, "the same, of a mode that only observes", given(own, observe, notRead)},
		{FinalizerUnwanted, "the same, of an object that is deleted", given(own, retain, deleted, notRead)},
		{NothingRecorded, "another object has the claim, and this one assigned nobody and has no pending write", given(deleted, behind(toBob), notRead)},
		{InGrace, "the deletion was first seen less than --hand-over-grace ago", given(own, deletedAt(before(time.Second)), notRead)},
		{IsSuspended, "no write of its own is pending", given(own, suspended, notRead)},
		{CredentialUnread, "the credential was not read in this pass", given(own, notRead)},
		{WorkspaceUnread, "neither the credential nor anything before told the key's workspace", given(own, keyOf(""))},
		{OtherWorkspace, "the key's workspace is not the pinned or the recorded one", given(own, keyOf(elsewhere))},
		{UnmanagedUnread, "Seam has no such credential among those that it manages", given(own, missing)},
		{CredentialGone, "Seam has it nowhere in the workspace in which the object dealt with it", given(leaving, pending(assign(alice, before(mid))), gone)},
		{CredentialMissing, "Seam has no such credential", given(own, gone)},
		{CredentialMissing, "the same, and status does not tell in which workspace it was", given(deleted, gone)},
		{CredentialUnusable, "Seam does not manage it, or is deleting it", given(own, unusable)},
		{CredentialUnusable, "the same, and the person to take it from still holds it", given(leaving, unusable, heldBy(alice))},
		{StillUnsettled, "a write of its own is pending, and no read has settled it", given(suspended, alicesLost)},
		{ReadIsLate, "Seam accepted an assign less than --seam-timeout ago, and does not show it", given(accepted(assign(alice, before(early))))},
		{ReadIsLate, "Seam accepted an unassign less than --seam-timeout ago, and does not show it", given(assignedTo(bob), accepted(unassign(bob, before(early))), heldBy(bob), known(alice))},
		{WriteInFlight, "the answer to a write of any object was lost less than --seam-timeout ago, and Seam does not show its effect", given(alicesLost)},
		{WriteInFlight, "the same, of an object that is deleted", given(leaving, alicesLost)},
		{OnlyObserved, "the declared person holds it", given(observe, heldBy(alice))},
		{OnlyObserved, "somebody else or nobody holds it", given(observe, heldBy(carol))},
		{ClaimByReading, "its key reads the credential, and it goes before the winner as soon as status shows that", given(behind(rival(of(bob))), winsByReading, heldBy(bob))},
		{TakenOver, "the declared person holds it, and the winner is being deleted", given(finalizer, behind(rival(owns(alice), isDeleting)), heldBy(alice))},
		{NotTheWinner, "the winner declares the holder, as this object does", given(behind(rival(owns(alice))), heldBy(alice))},
		{NotTheWinner, "the winner declares the same person, and goes on by itself", given(behind(rival(owns(alice))))},
		{NotTheWinner, "the winner declares the same person, and is stalled (for HeldByOther, say)", given(behind(rival(owns(alice), stalled("HeldByOther"))), heldBy(carol))},
		{NotTheWinner, "the winner declares the same person, and is suspended", given(behind(rival(owns(alice), isSuspended)))},
		{NotTheWinner, "the winner declares another person", given(behind(toBob), heldBy(bob))},
		{HeldUntilUndone, "the declared person holds it, and a pending write of any object could still take it away", given(finalizer, bobsLost, heldBy(alice))},
		{Held, "the declared person holds it, and the finalizer is not there yet", given(heldBy(alice))},
		{Held, "the declared person holds it", given(finalizer, heldBy(alice))},
		{Free, "nobody holds it, and the finalizer is not there yet", given()},
		{Free, "nobody holds it", given(finalizer)},
		{Free, "nobody holds it, because the own person was unassigned", given(assignedTo(bob), pending(unassign(bob, before(early))))},
		{Free, "nobody holds it, and Seam refused the same assign", given(finalizer, refused(v1alpha1.OperationAssign, alice, nobody))},
		{Free, "nobody holds it, and a lost assign is not to be sent again yet", given(pending(assign(alice, before(mid))), sentLast(assign(alice, before(mid)), after(time.Second)))},
		{Free, "nobody holds it, and eight writes are pending", given(eight(before(31 * time.Second)))},
		{HeldByOwn, "whom this object assigned holds it, and the declared person exists", given(assignedTo(bob), heldBy(bob), known(alice))},
		{HeldByOwn, "whom this object assigned holds it, and the declared person does not exist", given(assignedTo(bob), heldBy(bob), unknownToSeam(alice))},
		{HeldByOther, "a stranger holds it", given(finalizer, heldBy(carol))},
		{HeldByOther, "a stranger holds it, and the declared person exists", given(enforce, finalizer, heldBy(carol), known(alice))},
		{PersonMayReturn, "nothing is to be taken away, but a write of its own is pending", given(own, bobsLost, deleted)},
		{PersonGoneUnconfirmed, "neither the declared person (with the claim) nor its own holds it, but this process has led for less than --seam-timeout and did not unassign it itself", given(leaving, leadingSince(before(time.Second)))},
		{PersonGone, "neither the declared person (with the claim) nor its own holds it", given(leaving)},
		{Succeeded, "another object took the holder over, as far as the cache shows", given(leaving, with(rival(tookOver)), heldBy(alice))},
		{Succeeded, "another object took the holder over, and the API server confirms it", given(leaving, with(rival(tookOver, confirmed)), heldBy(alice))},
		{LeftToWinner, "its own person holds it, whom the winner declares too, as far as the cache shows", given(leaving, behind(rival(owns(alice))), heldBy(alice))},
		{LeftToWinner, "its own person holds it, whom the winner declares too, as the API server confirms", given(leaving, behind(rival(owns(alice), confirmed)), heldBy(alice))},
		{SuccessorExpected, "another object declares the holder and is about to take over (its key reads the credential, or nobody has handled it yet)", given(leaving, with(rival()), heldBy(alice))},
		{PersonToBeTaken, "the declared person (with the claim) or its own holds it, and the API server was not asked for rivals yet", given(leaving, rivalsUnasked, heldBy(alice))},
		{PersonToBeTaken, "the declared person (with the claim) or its own holds it", given(leaving, heldBy(alice))},
	}
}

// TestTheDecisionTableIsAsDocumented runs Decide on an example of each state, and compares what it says with the page that
// maintainers read.
func TestTheDecisionTableIsAsDocumented(t *testing.T) {
	rows := table()
	for _, r := range rows {
		if got := Decide(r.given).State; got != r.state {
			t.Errorf("%s: the example is %s, want %s", r.when, got, r.state)
		}
	}
	declared := statesOf(t, "state.go")
	if !slices.Equal(declared, states[:]) {
		t.Errorf("state.go declares %v\nthe tests know %v", declared, states)
	}
	for _, s := range declared {
		if !slices.ContainsFunc(rows, func(r row) bool { return r.state == s }) {
			t.Errorf("no row shows the state %s", s)
		}
	}
	if !slices.IsSortedFunc(rows, func(a, b row) int { return slices.Index(declared, a.state) - slices.Index(declared, b.state) }) {
		t.Error("the rows are in another order than the states")
	}
	page := render(rows)
	if os.Getenv("UPDATE_DOCS") != "" {
		if err := os.WriteFile(decisionsPage, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(decisionsPage)
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != page {
		t.Errorf("%s does not tell what is decided; rewrite it:\n\t%s\nand look at the difference", strings.TrimPrefix(decisionsPage, "../../"), rewrite)
	}
}

// statesOf returns the constants of type State that a file declares, in their order.
func statesOf(t *testing.T, file string) []State {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []State
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "State" {
			for _, v := range spec.Values {
				value, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, State(value))
			}
		}
		return false
	})
	return found
}

const introduction = `# What the operator decides

Generated by ` + "`TestTheDecisionTableIsAsDocumented`" + ` from the code; a test fails when it is out of date. To rewrite it:
` + "`" + rewrite + "`" + `.

For each CredentialAssignment that is due, the operator asks ` + "`assignment.Decide`" + ` what to do next, does it, adds what it
learnt, and asks again, until the answer is to report, or to let a deleted object go. Decide finds the one **state** that the
object is in and says what to do in it. The states are listed in the order in which they are looked for: where several hold,
the first one counts. So each row takes for granted that no row above it holds, up to its own state.

The columns Object, Mode, Policy and Claim say for which objects that row is decided, the rest being equal: *any* when it does
not matter. *Object* is live, suspended or deleted (being deleted, with a finalizer, and its grace over). *Policy* is
deletionPolicy. *Claim* is whether this object has the claim to the credential or another one, the *winner*, does.
*Ready* is the reason of that condition, and *Progress* which of Reconciling and Stalled goes with it; a dash means that
status stays as it is. In brackets stands the event that tells why an object was let go. *Record* is what becomes of ` + "`status.assignedTo`" + ` and ` + "`status.pendingWrites`" + ` (a *pending write* is a call
whose effect is not known for sure): a dash means nothing. Whatever the state is, a read that shows the effect of a pending
write, or comes later than twice --seam-timeout after it, takes its entry out; only the rows in which that is the point show it.

Before an assign or an unassign is sent, it is added to ` + "`status.pendingWrites`" + `; no record, no call.

`

func render(rows []row) string {
	var page strings.Builder
	page.WriteString(introduction)
	page.WriteString("| State | holds when | Object | Mode | Policy | Claim | Action | Ready | Progress | Record |\n")
	page.WriteString("|---|---|---|---|---|---|---|---|---|---|\n")
	last := State("")
	for _, r := range rows {
		d := Decide(r.given)
		state := string(d.State)
		if d.State == last {
			state = ""
		}
		last = d.State
		cells := []string{
			state, r.when,
			r.holdsFor(lifeVariants), r.holdsFor(modeVariants), r.holdsFor(policyVariants), r.holdsFor(claimVariants),
			actionText(r.given, d), dash(readyReason(d)), dash(string(progressOf(r.given, d))), recordChange(r.given, d),
		}
		fmt.Fprintf(&page, "| %s |\n", strings.Join(cells, " | "))
	}
	return page.String()
}

// variant is one way in which an object can be in one respect.
type variant struct {
	name string
	is   change
}

var (
	lifeVariants = []variant{
		{"live", func(in *Input) { in.Object.Deletion, in.Object.Declared.Suspended = nil, false }},
		{"suspended", func(in *Input) { in.Object.Deletion, in.Object.Declared.Suspended = nil, true }},
		{"deleted", func(in *Input) {
			in.Object.Declared.Suspended = false
			if in.Object.Deletion == nil {
				deleted(in)
			}
		}},
	}
	modeVariants = []variant{
		{"Assign", asWanted(inMode(v1alpha1.ModeAssign))}, {"Enforce", asWanted(enforce)}, {"Observe", asWanted(observe)},
	}
	policyVariants = []variant{
		{"Unassign", asWanted(func(in *Input) { in.Object.Declared.Retain = false })}, {"Retain", asWanted(retain)},
	}
	claimVariants = []variant{
		{"own", func(in *Input) { in.Claim = Claim{} }},
		{"another's", func(in *Input) {
			if in.Claim.Winner == nil {
				behind(rival(of(bob), owns(bob)))(in)
			}
		}},
	}
)

// asWanted makes a change to a declaration, and the finalizer of a live object follows if it was as the declaration wants it.
func asWanted(c change) change {
	return func(in *Input) {
		isAsWanted := in.Object.Finalizer == wantsFinalizer(in)
		c(in)
		if isAsWanted && in.Object.Deletion == nil {
			in.Object.Finalizer = wantsFinalizer(in)
		}
	}
}

// holdsFor names the variants of an example for which the same is decided.
func (r row) holdsFor(variants []variant) string {
	want := Decide(r.given)
	var names []string
	for _, v := range variants {
		in := r.given
		v.is(&in)
		if got := Decide(in); got.State == want.State && got.Action == want.Action && got.Reason == want.Reason {
			names = append(names, v.name)
		}
	}
	if len(names) == len(variants) {
		return "any"
	}
	return strings.Join(names, ", ")
}

func actionText(in Input, d Decision) string {
	switch {
	case d.Action == RemoveFinalizer && in.Object.Deletion != nil:
		return strings.TrimSpace("RemoveFinalizer: let it go " + inBrackets(d.Reason))
	case d.Action == Assign:
		return "Assign the declared person"
	case d.Action == Unassign:
		return "Unassign the holder"
	default:
		return string(d.Action)
	}
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func readyReason(d Decision) string {
	if d.Action != Report {
		return ""
	}
	return d.Reason
}

func progressOf(in Input, d Decision) Progress {
	if d.Action != Report || d.Reason == "" {
		return Settled
	}
	return ProgressOf(d.Reason, in.Object.Deletion != nil)
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func recordChange(in Input, d Decision) string {
	was, is := in.Object.Record, d.Record
	var changes []string
	switch {
	case was.AssignedTo != nil && is.AssignedTo == nil:
		changes = append(changes, "assignedTo is cleared")
	case was.AssignedPerson() != is.AssignedPerson() && is.AssignedPerson().IsZero():
		changes = append(changes, "assignedTo names nobody")
	case was.AssignedPerson() != is.AssignedPerson():
		changes = append(changes, "assignedTo names the declared person")
	}
	if len(is.Pending) < len(was.Pending) {
		changes = append(changes, "the entry leaves")
	}
	return dash(strings.Join(changes, ", "))
}
