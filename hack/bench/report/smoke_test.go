package report

import (
	"strings"
	"testing"
)

// smokeOf is a small scenario that costs as much per object as the page says.
func smokeOf(change func(*Scenario)) []Check {
	small := measuredWell(500, 0)
	if change != nil {
		change(&small)
	}
	return Smoke(small, measuredWell(2_000, 0))
}

func phaseOf(s *Scenario, name string) *Phase {
	for i := range s.Phases {
		if s.Phases[i].Name == name {
			return &s.Phases[i]
		}
	}
	return &Phase{}
}

func TestWhatCostsAsMuchAsThePageSaysPasses(t *testing.T) {
	if err := Failed(smokeOf(nil)); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Scenario){
		"a machine half as fast": func(s *Scenario) {
			for i := range s.Phases {
				s.Phases[i].Seconds *= 2
			}
		},
		"a conflict now and then":                     func(s *Scenario) { phaseOf(s, Assign).Requests["PATCH credentialassignments/status"] += 5 },
		"an operator that is a third slower for once": func(s *Scenario) { phaseOf(s, Assign).Seconds *= 1.5 },
	} {
		if err := Failed(smokeOf(change)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestARateAloneMayBeNoise(t *testing.T) {
	slower := func(s *Scenario) { phaseOf(s, Assign).Seconds *= 4 }
	if checks := smokeOf(slower); Failed(checks) == nil || !IsMaybeNoise(checks) {
		t.Error("a rate that is too low is worth another look")
	}
	for name, change := range map[string]func(*Scenario){
		"nothing failed": nil,
		"a write more":   func(s *Scenario) { slower(s); phaseOf(s, Rest).Requests = Counts{"POST events": 1, "PATCH secrets": 1} },
	} {
		if IsMaybeNoise(smokeOf(change)) {
			t.Errorf("%s: nothing that another look would change", name)
		}
	}
}

func TestWhatCostsMoreFails(t *testing.T) {
	for want, change := range map[string]func(*Scenario){
		"assign: writes per object: 4.000":         func(s *Scenario) { phaseOf(s, Assign).Requests["PATCH credentialassignments/status"] += 500 },
		"assign: events per object: 2.000":         func(s *Scenario) { phaseOf(s, Assign).Requests["POST events"] += 500 },
		"assign: reads per object: 1.002":          func(s *Scenario) { phaseOf(s, Assign).Requests["GET secrets"] += 500 },
		"assign: calls to Seam per object: 2.010":  func(s *Scenario) { phaseOf(s, Assign).SeamCalls["/credentials/get"] += 500 },
		"assign: rate, compared with the bare":     func(s *Scenario) { phaseOf(s, Assign).Seconds *= 3 },
		"delete: writes per object: 3.000":         func(s *Scenario) { phaseOf(s, Delete).Requests["PATCH credentialassignments"] += 500 },
		"rest: writes: 1.000":                      func(s *Scenario) { phaseOf(s, Rest).Requests = Counts{"PATCH credentialassignments/status": 1} },
		"rest: calls to Seam: 1.000":               func(s *Scenario) { phaseOf(s, Rest).SeamCalls = Counts{"/credentials/get": 1} },
		"restart: writes: 1.000":                   func(s *Scenario) { phaseOf(s, Restart).Requests["POST events"] = 1 },
		"restart: calls to Seam per object: 1.000": func(s *Scenario) { phaseOf(s, Restart).SeamCalls = Counts{"/credentials/get": 500} },
		"delete: reads per object: not measured":   func(s *Scenario) { phaseOf(s, Delete).Name = "" },
	} {
		if err := Failed(smokeOf(change)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
