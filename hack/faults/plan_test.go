package main

import (
	"slices"
	"testing"
)

func TestThePlanOfANumberIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	p := plan{scene: 2, seam: 1, wrong: 3, boundary: 4}
	if p.number() != 139460 {
		t.Errorf("the plan has number %d", p.number())
	}
	got, err := planOf(139460)
	if err != nil || got != p {
		t.Errorf("planOf(139460) = %v, %v", got, err)
	}
	for _, number := range []int{-1, plan{scene: len(scenarios)}.number(), plan{wrong: len(faults)}.number(), plan{seam: len(profiles)}.number()} {
		if got, err := planOf(number); err == nil {
			t.Errorf("planOf(%d) = %v", number, got)
		}
	}
}

func TestASelectionCoversEveryFaultEveryBoundaryAndEveryProfile(t *testing.T) {
	t.Parallel()
	for _, boundaries := range [][]int{{6, 6, 6, 6, 6}, {5, 10, 15, 20, 25}, {1, 1, 1, 1, 1}, {12, 13, 11, 40, 12}, {70, 60, 60, 60, 60}} {
		for _, turn := range []int{0, 1, 17, turnOf("3ccddd8")} {
			wrong, at, seam, most := map[int]bool{}, map[int]bool{}, map[int]bool{}, 0
			for _, n := range boundaries {
				most = max(most, min(n, maxBoundaries-1))
			}
			for _, p := range selected(7, boundaries, turn) {
				wrong[p.wrong], at[p.boundary], seam[p.seam] = true, true, true
				if p.boundary < 1 || p.boundary > boundaries[p.seam] {
					t.Errorf("%v has no such request", p)
				}
			}
			if len(wrong) != len(faults) || len(at) != most || len(seam) != len(profiles) {
				t.Errorf("of %v in turn %d there are %d faults, %d boundaries, %d profiles", boundaries, turn, len(wrong), len(at), len(seam))
			}
		}
	}
}

func TestEveryFaultAndEveryScenarioHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for i := range faults {
		names[faults[i].name] = true
	}
	for i := range scenarios {
		names["scenario "+scenarios[i].name] = true
	}
	if len(names) != len(faults)+len(scenarios) {
		t.Error("two have the same name")
	}
}

func TestTheRequestThatRecordsAChangeIsTheLastOfStatusBeforeIt(t *testing.T) {
	t.Parallel()
	changes, records := changesIn([]string{
		"get_credential", "PATCH key", "PATCH key status", "unassign_credential", "PATCH key status", "get_credential",
		"PATCH key status", "get_acs_user", "assign_credential", "assign_credential", "PATCH key status",
	})
	if !slices.Equal(changes, []int{4, 9, 10}) || !slices.Equal(records, []int{3, 7}) {
		t.Errorf("changes at %v, records at %v", changes, records)
	}
}

func TestNoSelectionLeavesOutWhatMayBecomeOfAChangeAndItsRecord(t *testing.T) {
	t.Parallel()
	e := &explorer{changes: map[int][]int{2: {4, 9}}, records: map[int][]int{2: {3, 7}}}
	at := map[string][]int{}
	for _, p := range e.always(2) {
		at[p.fault().name] = append(at[p.fault().name], p.boundary)
	}
	if len(at) != len(ofEachChange)+len(ofEachRecord) {
		t.Errorf("there are the faults %v", at)
	}
	for _, name := range ofEachChange {
		if !slices.Equal(at[name], []int{4, 9}) {
			t.Errorf("%s strikes at %v", name, at[name])
		}
	}
	for _, name := range ofEachRecord {
		if !slices.Equal(at[name], []int{3, 7}) {
			t.Errorf("%s strikes at %v", name, at[name])
		}
	}
}
