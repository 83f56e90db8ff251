package report

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// measuredWell is a scenario in which every promise is kept.
func measuredWell(objects, milliseconds int) Scenario {
	phase := func(name string, seconds float64, requests, calls Counts) Phase {
		return Phase{Name: name, Objects: objects, Seconds: seconds, Requests: requests, SeamCalls: calls, PeakBytes: int64(40e6 + 4e3*objects), CPUSeconds: 1}
	}
	n := int64(objects)
	new3 := Counts{"PATCH credentialassignments": n, "PATCH credentialassignments/status": 2 * n, "POST events": n, "GET secrets": 1}
	bare := phase(FloorOf(Assign), float64(objects)/200, new3, Counts{"/credentials/assign": n})
	removed := phase(FloorOf(Delete), float64(objects)/300, new3, nil)
	bare.PeakBytes, removed.PeakBytes = 0, 0
	resync := phase(Resync, 120, nil, Counts{"/credentials/list": 2 * n / 500})
	resync.Rounds = 2
	beside := phase(Beside, 60, nil, nil)
	beside.P99Seconds = 0.4
	return Scenario{
		Objects: objects, Milliseconds: milliseconds, Keys: 1, Date: "2030-01-02", Commit: "abc", IdleBytes: 40e6,
		Phases: []Phase{
			bare, removed, phase(Assign, float64(objects)/160, new3, Counts{"/credentials/assign": n, "/credentials/list": n / 100}),
			phase(Rest, 120, nil, nil), phase(Restart, 4, Counts{"LIST credentialassignments": 1}, Counts{"/credentials/list": n / 500}), resync, beside,
			phase(Delete, float64(objects)/200, Counts{"PATCH credentialassignments": n, "PATCH credentialassignments/status": n, "POST events": n}, Counts{"/credentials/unassign": n}),
			phase(Variant, 1, Counts{"PATCH credentialassignments/status": 2 * n}, Counts{"/credentials/assign": n}),
		},
	}
}

func allMeasured() *Results {
	var r Results
	for _, s := range []Scenario{measuredWell(10_000, 0), measuredWell(2_000, 0), measuredWell(2_000, 100), measuredWell(100_000, 0)} {
		r.Add(s)
	}
	return &r
}

func TestPromisesThatAreKept(t *testing.T) {
	for _, f := range Figures(allMeasured()) {
		if f.State != Reached {
			t.Errorf("%s: %s of %s is %q %s", f.ID, f.Result, f.Bound, f.State, f.Short)
		}
	}
}

func TestWhatWasNotMeasuredIsNoResult(t *testing.T) {
	for _, f := range Figures(&Results{}) {
		if f.State != NotMeasured {
			t.Errorf("%s: %s is %q", f.ID, f.Result, f.State)
		}
	}
}

func TestWhatIsMissedTellsByHowMuch(t *testing.T) {
	r := allMeasured()
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		for j := range s.Phases {
			p := &s.Phases[j]
			switch p.Name {
			case Assign:
				p.Seconds *= 2
				p.Requests["PATCH credentialassignments/status"] *= 2
			case Rest:
				p.Requests = Counts{"PATCH credentialassignments/status": 7}
			case Beside:
				p.P99Seconds = 2
			}
		}
	}
	want := map[string]string{
		"assign": "0.40, 53 % of it", "writes": "5.00, 1.7 times as much", "rest-writes": "7, 7 instead of none", "beside": "2.00 s, 2.0 times as much",
		"latency": "80, reached",
	}
	for _, f := range Figures(r) {
		short := f.Short
		if f.State == Reached {
			short = "reached"
		}
		if expected, isNamed := want[f.ID]; isNamed && f.Result+", "+short != expected {
			t.Errorf("%s: got %q, want %q", f.ID, f.Result+", "+short, expected)
		}
	}
}

func TestThroughASlowSeamTheLowerOfTwoBoundsCounts(t *testing.T) {
	for _, test := range []struct {
		bareSeconds float64
		want        string
	}{
		{2000.0 / 100, "here 50"},
		{2000.0 / 300, "here 80"},
	} {
		s := measuredWell(2_000, 100)
		s.Phases[0].Seconds = test.bareSeconds
		if f := throughASlowSeam(s); !strings.HasSuffix(f.Bound, test.want) {
			t.Errorf("got %q, want %q", f.Bound, test.want)
		}
	}
}

func TestPercentilesAreTimesThatWereMeasured(t *testing.T) {
	var times []time.Duration
	for i := range 200 {
		times = append(times, time.Duration(200-i))
	}
	for percent, want := range map[float64]time.Duration{0: 1, 50: 100, 99: 198, 100: 200} {
		if got := Percentile(times, percent); got != want {
			t.Errorf("%g of 100: got %d, want %d", percent, got, want)
		}
	}
	if got := Percentile(times[:1], 99); got != 200 {
		t.Errorf("of one: got %d", got)
	}
}

func TestCountsDiffer(t *testing.T) {
	got := Counts{"a": 5, "b": 2, "c": 1}.Since(Counts{"a": 2, "b": 2, "d": 1})
	if len(got) != 3 || got["a"] != 3 || got["c"] != 1 || got["d"] != -1 {
		t.Errorf("got %v", got)
	}
}

func TestHalvesOfAPhaseCountTogether(t *testing.T) {
	var s Scenario
	s.Merge(Phase{Name: Assign, Objects: 100, Seconds: 1, P99Seconds: 3, MedianSeconds: 1, Requests: Counts{"a": 1}})
	s.Merge(Phase{Name: Assign, Objects: 100, Seconds: 3, P99Seconds: 2, MedianSeconds: 2, Requests: Counts{"a": 2}, SeamCalls: Counts{"b": 1}})
	got := s.Phase(Assign)
	if len(s.Phases) != 1 || got.Rate() != 50 || got.P99Seconds != 3 || got.MedianSeconds != 1.5 || got.Requests["a"] != 3 || got.SeamCalls["b"] != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestANewRunTakesThePlaceOfTheOldOne(t *testing.T) {
	r := allMeasured()
	again := measuredWell(2_000, 100)
	again.Commit = "new"
	r.Add(again)
	if len(r.Scenarios) != 4 || r.Find(2_000, 100).Commit != "new" || r.Scenarios[1].Milliseconds != 100 {
		t.Errorf("got %d scenarios, commit %q", len(r.Scenarios), r.Find(2_000, 100).Commit)
	}
}

func TestTheChartIsOneImageThatFollowsTheReadersColours(t *testing.T) {
	chart := allMeasured().Chart()
	bars := 0
	for decoder := xml.NewDecoder(strings.NewReader(chart)); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "rect" {
			bars++
		}
	}
	if want := 2 + 4*2*2; bars != want { // the legend, and two bars each for what four scenarios assign and delete
		t.Errorf("%d rectangles, want %d", bars, want)
	}
	if !strings.Contains(chart, "prefers-color-scheme: dark") {
		t.Error("the chart does not follow the reader's choice of dark")
	}
}

// The page is generated: whoever changes its text, a bound or a result writes it anew.
func TestThePageIsThatOfTheResultsThatAreKept(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	kept, err := Load(filepath.Join(docs, "benchmarks.json"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := kept.Page()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"benchmarks.md": page, "benchmarks.svg": kept.Chart()} {
		if got, err := os.ReadFile(filepath.Join(docs, name)); err != nil || string(got) != want {
			t.Errorf("docs/%s is not what is kept in docs/benchmarks.json (%v): write it with go run ./hack/bench -page", name, err)
		}
	}
}

func TestEachMissedFigureHasAReason(t *testing.T) {
	docs := filepath.Join("..", "..", "..", "docs")
	kept, err := Load(filepath.Join(docs, "benchmarks.json"))
	if err != nil {
		t.Fatal(err)
	}
	written, err := templates()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Figures(&kept) {
		if f.State == Missed && written.Lookup(f.ID) == nil {
			t.Errorf("why.md.tmpl does not say why %q is missed: %s", f.ID, f.What)
		}
	}
}
