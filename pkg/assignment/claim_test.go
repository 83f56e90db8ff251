package assignment

import (
	"slices"
	"testing"
	"time"
)

func winnerOf(peers []Peer) string {
	if i := Judge(peers); i >= 0 {
		return peers[i].UID
	}
	return ""
}

func TestWhoHasTheClaim(t *testing.T) {
	older, younger := created(before(time.Hour)), created(after(time.Hour))
	a, b := uid("a"), uid("b")
	for _, c := range []struct {
		name string
		// first goes before then, in whatever order they are listed.
		first, then Peer
	}{
		{"a record goes before age", rival(b, younger, owns(alice)), rival(a, older)},
		{"a record goes before a key that reads, though its own does not", rival(b, younger, owns(alice), readsNothing), rival(a, older)},
		{"a record that names nobody any more is a record", rival(b, younger, owns(nobody)), rival(a, older)},
		{"a pending write is a record", rival(b, younger, lost(assign(alice, noon))), rival(a, older)},
		{"a pending write counts as much as assignedTo", rival(b, older, lost(assign(alice, noon))), rival(a, younger, owns(alice))},
		{"a key that reads goes before age", rival(b, younger), rival(a, older, readsNothing)},
		{"a key that reads goes before one that nobody tried", rival(b, younger), rival(a, older, unhandled)},
		{"age goes before UID", rival(b, older), rival(a, younger)},
		{"the lower UID goes first among equals", rival(a), rival(b)},
		{"age decides between two with a record", rival(b, older, owns(alice), readsNothing), rival(a, younger, owns(bob))},
		{"age decides between two that cannot read", rival(b, older, readsNothing), rival(a, younger, readsNothing)},
		{"a record whose key is of another workspace rests", rival(b, younger, readsNothing), rival(a, older, owns(alice), otherWorkspace)},
		{"and goes behind one that nobody has handled", rival(b, younger, unhandled), rival(a, older, owns(alice), otherWorkspace)},
		{"a passing 401 lets no rival in", rival(b, older, owns(alice), readsNothing, stalled("Unauthorized")), rival(a, younger)},
		{"a deleted object keeps its claim", rival(b, older, isDeleting), rival(a, younger)},
		{"and its record", rival(b, younger, owns(alice), isDeleting), rival(a, older)},
		{"a suspended object with a record keeps its claim", rival(b, younger, owns(alice), isSuspended), rival(a, older)},
		{"and so with a pending write", rival(b, younger, lost(unassign(bob, noon)), isSuspended), rival(a, older)},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, peers := range [][]Peer{{c.first, c.then}, {c.then, c.first}} {
				if got := winnerOf(peers); got != c.first.UID {
					t.Errorf("%q has the claim", got)
				}
			}
		})
	}
}

func TestWhoClaimsNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		peer Peer
	}{
		{"one that only observes", rival(observes)},
		{"one that only observes, whatever is recorded", rival(observes, owns(alice), lost(assign(alice, noon)))},
		{"one that only observes and is deleted", rival(observes, isDeleting)},
		{"one that is suspended and has no record", rival(isSuspended)},
		{"one that is deleted and has nothing to clean up", rival(owns(alice), isDeleting, withFinalizer(false))},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := winnerOf([]Peer{c.peer}); got != "" {
				t.Errorf("%q has the claim", got)
			}
			if got := winnerOf([]Peer{c.peer, rival(uid("z"), created(after(time.Hour)), readsNothing)}); got != "z" {
				t.Errorf("%q has the claim, want the other", got)
			}
		})
	}
	if got := winnerOf(nil); got != "" {
		t.Errorf("%q has the claim among none", got)
	}
	if got := winnerOf([]Peer{rival(isSuspended, isDeleting)}); got != rivalUID {
		t.Errorf("a suspended object that is deleted claims what it has to clean up, not %q", got)
	}
}

func TestAnObjectWithoutRecordCannotWinByWhatItsOwnerEdits(t *testing.T) {
	honest := rival(owns(alice))
	for name, forged := range map[string]Peer{
		"a finalizer":                    rival(uid("a"), created(morning), withFinalizer(true)),
		"a finalizer, being deleted":     rival(uid("a"), created(morning), isDeleting),
		"suspend, and an early birth":    rival(uid("a"), created(morning.Add(-time.Hour)), isSuspended),
		"an annotation to abandon":       rival(uid("a"), created(morning), func(p *Peer) { p.Declared.Abandoned = true }),
		"a pin, and deletionPolicy":      rival(uid("a"), created(morning), func(p *Peer) { p.Declared.WorkspaceID, p.Declared.Retain = home, true }),
		"mode Enforce":                   rival(uid("a"), created(morning), func(p *Peer) { p.Declared.Mode = "Enforce" }),
		"the key of the right workspace": rival(uid("a"), created(morning), readAgain(noon, Holder(alice))),
		"being confirmed, whoever asked": rival(uid("a"), created(morning), confirmed),
	} {
		if got := winnerOf([]Peer{forged, honest}); got != rivalUID {
			t.Errorf("with %s, %q has the claim", name, got)
		}
	}
}

func TestTheClaimAmongMany(t *testing.T) {
	peers := []Peer{
		rival(uid("plain-younger"), created(after(time.Hour)), readsNothing),
		rival(uid("reads")),
		rival(uid("plain"), readsNothing),
		rival(uid("recorded-younger"), created(after(time.Hour)), owns(alice)),
		rival(uid("recorded"), owns(bob)),
		rival(uid("also-plain"), readsNothing),
		rival(uid("resting"), owns(bob), otherWorkspace),
	}
	var order []string
	for len(peers) > 0 {
		i := Judge(peers)
		order = append(order, peers[i].UID)
		peers = slices.Delete(peers, i, i+1)
	}
	want := []string{"recorded", "recorded-younger", "reads", "also-plain", "plain", "plain-younger", "resting"}
	if !slices.Equal(order, want) {
		t.Errorf("they take over in the order %v, want %v", order, want)
	}
}

func TestHowAnObjectStands(t *testing.T) {
	me := func(changes ...peerChange) Peer { return rival(append([]peerChange{uid(self)}, changes...)...) }
	early := created(morning)
	for _, c := range []struct {
		name   string
		peers  []Peer // the first one is asked about
		winner string
		wins   bool // by reading
	}{
		{name: "alone", peers: []Peer{me()}},
		{name: "alone, and claims nothing", peers: []Peer{me(isSuspended)}},
		{name: "before another one", peers: []Peer{me(owns(alice)), rival()}},
		{name: "behind one with a record", peers: []Peer{me(), rival(owns(alice))}, winner: rivalUID},
		{name: "behind one with a record, though older", peers: []Peer{me(early, readsNothing), rival(owns(alice))}, winner: rivalUID},
		{name: "behind an older one that reads", peers: []Peer{me(), rival(early)}, winner: rivalUID},
		{name: "before a younger one that reads, once its own key does", peers: []Peer{me(early, readsNothing), rival()}, winner: rivalUID, wins: true},
		{name: "before an older one that cannot read, once its own key does", peers: []Peer{me(readsNothing), rival(early, readsNothing)}, winner: rivalUID, wins: true},
		{name: "with a record that rests, once its key is of the right workspace", peers: []Peer{me(owns(alice), otherWorkspace, readsNothing), rival()}, winner: rivalUID, wins: true},
		{name: "with a record that rests, behind an older one with a record", peers: []Peer{me(owns(alice), otherWorkspace, readsNothing), rival(early, owns(bob))}, winner: rivalUID},
		{name: "one that observes does not win by reading", peers: []Peer{me(early, observes, readsNothing), rival()}, winner: rivalUID},
		{name: "nor does a suspended one without a record", peers: []Peer{me(early, isSuspended, readsNothing), rival()}, winner: rivalUID},
	} {
		t.Run(c.name, func(t *testing.T) {
			claim := ClaimOf(c.peers, 0, Judge(c.peers))
			winner := ""
			if claim.Winner != nil {
				winner = claim.Winner.UID
			}
			if winner != c.winner || claim.WinsByReading != c.wins {
				t.Errorf("behind %q, wins by reading %t; want behind %q, %t", winner, claim.WinsByReading, c.winner, c.wins)
			}
		})
	}
	peers := []Peer{me(early, readsNothing), rival()}
	if ClaimOf(peers, 0, Judge(peers)); peers[0].Seen.ReadsIn != "" {
		t.Error("asking how an object stands changes what it shows")
	}
}

func TestWhoWaitsForAFirstLook(t *testing.T) {
	early := created(morning)
	other := uid("other")
	for _, c := range []struct {
		name  string
		peers []Peer
		want  bool
	}{
		{"nobody claims", nil, false},
		{"alone", []Peer{rival()}, false},
		{"alone, and never handled", []Peer{rival(unhandled)}, false},
		{"an older one was never handled", []Peer{rival(), rival(other, early, unhandled)}, true},
		{"in whatever order they are listed", []Peer{rival(other, early, unhandled), rival()}, true},
		{"an older one was handled and reads nothing", []Peer{rival(), rival(other, early, readsNothing)}, false},
		{"a younger one was never handled", []Peer{rival(), rival(other, created(after(time.Hour)), unhandled)}, false},
		{"one with the higher UID, as old, was never handled", []Peer{rival(uid("a")), rival(uid("b"), unhandled)}, false},
		{"one with the lower UID, as old, was never handled", []Peer{rival(uid("b")), rival(uid("a"), unhandled)}, true},
		{"a recorded claim waits for nobody", []Peer{rival(owns(alice)), rival(other, early, unhandled)}, false},
		{"nor does one with a pending write", []Peer{rival(lost(assign(alice, noon))), rival(other, early, unhandled)}, false},
		{"a record that rests waits", []Peer{rival(owns(alice), otherWorkspace), rival(other, early, isSuspended, unhandled)}, false},
		{"an older one that only observes is not waited for", []Peer{rival(), rival(other, early, observes, unhandled)}, false},
		{"nor one that is suspended", []Peer{rival(), rival(other, early, isSuspended, unhandled)}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := AwaitsFirstLook(c.peers, Judge(c.peers)); got != c.want {
				t.Errorf("waits %t, want %t", got, c.want)
			}
		})
	}
}
