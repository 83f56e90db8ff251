package assignment

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestThePageOfReasonsIsComplete holds the page that tells people what each reason means against the API's constants, and
// against what the operator says with them.
func TestThePageOfReasonsIsComplete(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([A-Za-z]+)` \\| [A-Z][a-z]+(?:, [A-Z][a-z]+)? \\| *([A-Za-z]*) *\\|")
	goesWith := map[string]string{}
	for _, found := range row.FindAllStringSubmatch(string(page), -1) {
		if _, twice := goesWith[found[1]]; twice {
			t.Errorf("%s has two rows", found[1])
		}
		goesWith[found[1]] = found[2]
	}
	reasons := reasonsOfReady(t)
	for _, reason := range reasons {
		said, isThere := goesWith[reason]
		if want := string(ProgressOf(reason, false)); !isThere || said != want {
			t.Errorf("%s: the page says %q, the operator %q (a row: %t)", reason, said, want, isThere)
		}
	}
	if got := slices.Sorted(maps.Keys(goesWith)); !slices.Equal(got, slices.Sorted(slices.Values(reasons))) {
		t.Errorf("the page has rows for %v", got)
	}
}

// reasonsOfReady reads the constants of the group that is headed "The reasons of Ready."
func reasonsOfReady(t *testing.T) (reasons []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../api/v1alpha1/conditions.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		group, isGroup := decl.(*ast.GenDecl)
		if !isGroup || !strings.Contains(group.Doc.Text(), "The reasons of Ready") {
			continue
		}
		for _, spec := range group.Specs {
			value, err := strconv.Unquote(spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons = append(reasons, value)
		}
	}
	if len(reasons) < 10 {
		t.Fatalf("only these were found: %v", reasons)
	}
	return reasons
}
