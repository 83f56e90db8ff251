package report

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// texts is what people wrote for the page: around the tables, and why figures are not reached.
//
//go:embed page.md.tmpl why.md.tmpl
var texts embed.FS

// Publish writes results, page and chart into the folder of documentation.
func (r *Results) Publish(docs string) error {
	page, err := r.Page()
	if err != nil {
		return err
	}
	return errors.Join(
		r.Save(filepath.Join(docs, "benchmarks.json")),
		os.WriteFile(filepath.Join(docs, "benchmarks.md"), []byte(page), 0o644),
		os.WriteFile(filepath.Join(docs, "benchmarks.svg"), []byte(r.Chart()), 0o644),
	)
}

// Page returns the page for users.
func (r *Results) Page() (string, error) {
	t, err := templates()
	if err != nil {
		return "", err
	}
	missed, err := r.explain(t)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.ExecuteTemplate(&out, "page.md.tmpl", struct {
		*Results
		Missed string
	}{r, missed})
	return out.String(), err
}

func templates() (*template.Template, error) { return template.ParseFS(texts, "*.tmpl") }

// explain says of each figure that is not reached why; each has its own text in why.md.tmpl.
func (r *Results) explain(t *template.Template) (string, error) {
	var out strings.Builder
	for _, f := range Figures(r) {
		if f.State != Missed {
			continue
		}
		fmt.Fprintf(&out, "- **%s**: %s, %s.\n  ", f.What, f.Result, f.Short)
		if why := t.Lookup(f.ID); why != nil {
			if err := why.Execute(&out, r); err != nil {
				return "", err
			}
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

// FiguresTable returns what the project promises and what came of it, as a Markdown table.
func (r *Results) FiguresTable() string {
	var out strings.Builder
	out.WriteString("| figure | bound | result | reached |\n|---|---|---|---|\n")
	for _, f := range Figures(r) {
		state := string(f.State)
		if f.Short != "" {
			state += ": " + f.Short
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", f.What, f.Bound, f.Result, state)
	}
	return out.String()
}

// Title names a scenario.
func (s Scenario) Title() string {
	title := fmt.Sprintf("%s objects, %d ms a call", thousands(s.Objects), s.Milliseconds)
	if s.Milliseconds == 0 {
		title = thousands(s.Objects) + " objects, without latency"
	}
	if s.Keys > 1 {
		title += fmt.Sprintf(", %d keys", s.Keys)
	}
	return title
}

// Where tells on what, when and of which commit a scenario was measured.
func (s Scenario) Where() string {
	m := s.Machine
	where := fmt.Sprintf("Measured %s at commit %s, on %d cores (%s, %s) with %s and Kubernetes %s.", s.Date, s.Commit, m.CPUs, m.CPU, m.System, m.Go, m.Kubernetes)
	if m.Load > float64(m.CPUs) {
		where += fmt.Sprintf(" **The machine was busy with other work** (its load average was %.1f when this began): rates and times are worse than they could be.", m.Load)
	}
	return where
}
