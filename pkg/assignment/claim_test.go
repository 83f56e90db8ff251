package assignment

import (
	"testing"
	"time"
)

func claimant(uid string, changes ...func(*Claimant)) Claimant {
	c := Claimant{UID: uid, Created: noon, Person: alice}
	for _, change := range changes {
		change(&c)
	}
	return c
}

func recordedClaim(c *Claimant) { c.Recorded = true }
func noted(c *Claimant)         { c.Noted = true }
func reads(c *Claimant)         { c.Reads = true }
func younger(c *Claimant)       { c.Created = noon.Add(time.Second) }
func forBob(c *Claimant)        { c.Person = bob }

// succeeds says that the claimant is fit to take over in the workspace home.
func succeeds(c *Claimant) { c.Succeeds, c.WorkspaceID = true, home }

func TestRank(t *testing.T) {
	for _, c := range []struct {
		name  string
		first Claimant
		then  Claimant
	}{
		{"a record goes before age", claimant("b", younger, recordedClaim), claimant("a", reads)},
		{"a record that is borne out goes before one that nobody has looked into", claimant("b", younger, recordedClaim), claimant("a", noted)},
		{"a record that nobody has looked into goes before a key that reads", claimant("b", younger, noted), claimant("a", reads)},
		{"a key that reads goes before age", claimant("b", younger, reads), claimant("a")},
		{"age goes before UID", claimant("b"), claimant("a", younger)},
		{"the lower UID goes first among equals", claimant("a"), claimant("b")},
		{"age decides between two that read", claimant("b", reads), claimant("a", reads, younger)},
		{"a passing 401 lets no rival in that has a record too", claimant("b", recordedClaim), claimant("a", recordedClaim, reads, younger)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, claimants := range [][]Claimant{{c.first, c.then}, {c.then, c.first}} {
				if Rank(claimants); claimants[0] != c.first || claimants[1] != c.then {
					t.Errorf("ranked %v first", claimants[0].UID)
				}
			}
		})
	}
}

func TestRankOfMany(t *testing.T) {
	claimants := []Claimant{
		claimant("plain-younger", younger),
		claimant("reads", reads),
		claimant("plain"),
		claimant("recorded-younger", recordedClaim, younger, reads),
		claimant("recorded", recordedClaim),
		claimant("also-plain"),
	}
	Rank(claimants)
	for i, want := range []string{"recorded", "recorded-younger", "reads", "also-plain", "plain", "plain-younger"} {
		if claimants[i].UID != want {
			t.Errorf("%d. is %s, want %s", i+1, claimants[i].UID, want)
		}
	}
}

func TestStand(t *testing.T) {
	me := claimant(self)
	next := claimant("next", succeeds)
	for _, c := range []struct {
		name      string
		ranked    []Claimant
		winner    string
		successor string
	}{
		{name: "nobody claims anything"},
		{name: "alone", ranked: []Claimant{me}},
		{name: "first of two that declare Alice: the other can take over", ranked: []Claimant{me, next}, successor: "next"},
		{name: "the other is not fit to", ranked: []Claimant{me, claimant("next", func(c *Claimant) { c.WorkspaceID = home })}},
		{name: "the other declares Bob: the plan sees to that", ranked: []Claimant{me, claimant("next", succeeds, forBob)}, successor: "next"},
		{name: "the other has a key of another workspace", ranked: []Claimant{me, claimant("next", succeeds, func(c *Claimant) { c.WorkspaceID = elsewhere })}},
		{name: "only the next one counts", ranked: []Claimant{me, claimant("bobs", forBob), next}},
		{name: "nobody has tried the other one's key yet", ranked: []Claimant{me, claimant("next", succeeds, func(c *Claimant) { c.Untold, c.WorkspaceID = true, "" })}, successor: "next"},
		{name: "second", ranked: []Claimant{claimant("winner", forBob), me}, winner: "winner"},
		{name: "second, with one to follow", ranked: []Claimant{claimant("winner", forBob), me, next}, winner: "winner"},
		{name: "third", ranked: []Claimant{claimant("winner"), next, me}, winner: "winner"},
		{name: "no claimant itself", ranked: []Claimant{claimant("winner"), next}, winner: "winner"},
	} {
		t.Run(c.name, func(t *testing.T) {
			claim := Stand(c.ranked, self, home)
			if got := uidOf(claim.Winner); got != c.winner {
				t.Errorf("winner is %q, want %q", got, c.winner)
			}
			if got := uidOf(claim.Successor); got != c.successor {
				t.Errorf("successor is %q, want %q", got, c.successor)
			}
		})
	}
}

func TestStandLeavesTheRankingAlone(t *testing.T) {
	ranked := []Claimant{claimant(self), claimant("a"), claimant("b")}

	Stand(ranked, self, home)

	if ranked[0].UID != self || ranked[1].UID != "a" || ranked[2].UID != "b" {
		t.Errorf("ranking is %v now", ranked)
	}
}

func uidOf(c *Claimant) string {
	if c == nil {
		return ""
	}
	return c.UID
}
