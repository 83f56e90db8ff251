package assignment

import (
	"testing"
	"time"
)

// course is how a story goes: what becomes of the first two writes, and after how many passes the operator restarts; never
// when zero.
type course struct {
	first, second fate
	restart       int
}

// inEveryCourse tells a story of a credential that Alice holds in every course, with the operator restarted after less than so
// many passes. The story returns what has to hold in the end.
func inEveryCourse(t *testing.T, restarts int, story func(r *run) (holds func(c course))) {
	t.Helper()
	for code := range 5 * 5 * restarts {
		c := course{first: fate(code % 5), second: fate(code / 5 % 5), restart: code / 25}
		r := newRun(t, alice)
		r.fates = []fate{c.first, c.second}
		holds := story(r)
		if c.restart > 0 {
			r.then(c.restart, r.restart)
		}
		r.play()
		holds(c)
		if t.Failed() {
			t.Fatalf("the operator restarts after %d, the fates are %v and %v", c.restart, c.first, c.second)
		}
	}
}

// TestARenamedManifestLocksNobodyOut tells of an object that is deleted while another one declares the same person: before,
// within the grace, or later; with writes that get lost and a process that is killed.
func TestARenamedManifestLocksNobodyOut(t *testing.T) {
	for _, c := range []struct {
		name string
		by   []change
		at   time.Duration // after the deletion; negative for before
		// isKept says that Alice keeps the credential all the while.
		isKept bool
	}{
		{name: "the new one was there before", at: -time.Hour, isKept: true},
		{name: "it comes within the grace", at: time.Second, isKept: true},
		{name: "it comes within the grace, and retains", at: time.Second, by: []change{retain}, isKept: true},
		{name: "it comes within the grace, and names her by identity", at: time.Second, by: []change{declares(aliceIdentity)}, isKept: true},
		{name: "it comes later", at: 5 * time.Second},
		{name: "it comes much later", at: 70 * time.Second},
		{name: "it comes much later, and retains", at: 70 * time.Second, by: []change{retain}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inEveryCourse(t, 6, func(r *run) func(course) {
				old := r.create(2*time.Hour, assignedTo(alice))
				var next *actor
				create := func() { next = r.create(max(-c.at, 0), append([]change{noFinalizer}, c.by...)...) }
				if c.at < 0 {
					create()
				} else {
					r.schedule(c.at, create)
				}
				r.delete(old)
				return func(course) {
					if !old.isGone {
						t.Errorf("the old one is still there: %+v", old.last)
					}
					if !r.holds(alice) || next.last.Reason != "Assigned" || next.in.Object.Record.AssignedPerson() != next.in.Object.Declared.Person {
						t.Errorf("%+v holds it in the end: %+v", r.holder, next.last)
					}
					if c.isKept && r.changes > 0 {
						t.Errorf("Alice was locked out on the way")
					}
				}
			})
		})
	}
}

// TestADeletionTakesItAwayWhateverRivalsDo tells of an object that is deleted among rivals that do not take over.
func TestADeletionTakesItAwayWhateverRivalsDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		rivals [][]change
		// after is who holds it in the end, and within how long.
		after  Person
		within time.Duration
	}{
		{name: "none", within: grace},
		{name: "one that observes Alice", rivals: [][]change{{observe}}, within: grace},
		{name: "one that is suspended", rivals: [][]change{{suspended}}, within: grace},
		{name: "one that is pinned to another workspace", rivals: [][]change{{pinnedTo(elsewhere)}}, within: grace + FirstLookWait},
		{name: "one for Bob", rivals: [][]change{{declares(bob)}}, after: bob, within: grace},
		{name: "one for Bob, and one that observes Alice", rivals: [][]change{{declares(bob)}, {observe}}, after: bob, within: grace},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inEveryCourse(t, 4, func(r *run) func(course) {
				old := r.create(2*time.Hour, assignedTo(alice))
				for _, changes := range c.rivals {
					r.create(time.Hour, changes...)
				}
				r.delete(old)
				return func(how course) {
					if !old.isGone {
						t.Errorf("it is still there: %+v", old.last)
					}
					if r.holder != Holder(c.after) {
						t.Errorf("%+v holds it in the end, want %s", r.holder, c.after)
					}
					if how.restart == 0 && how.first == answered && r.history[1].at.After(noon.Add(c.within)) {
						t.Errorf("Alice had it until %s", r.history[1].at)
					}
				}
			})
		})
	}
}

// TestADeletedLoserTakesItsOwnPersonAway tells of an object that assigned Alice and is deleted behind another one.
func TestADeletedLoserTakesItsOwnPersonAway(t *testing.T) {
	for _, c := range []struct {
		name   string
		winner []change
		after  Person
	}{
		{name: "the winner is for Bob", winner: []change{declares(bob), assignedTo(bob)}, after: bob},
		{name: "the winner is for Bob and suspended", winner: []change{declares(bob), assignedTo(bob), suspended}},
		{name: "the winner is for Alice", winner: []change{assignedTo(alice)}, after: alice},
		{name: "the winner is for Alice and suspended", winner: []change{assignedTo(alice), suspended}, after: alice},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inEveryCourse(t, 4, func(r *run) func(course) {
				winner := r.create(2*time.Hour, c.winner...)
				loser := r.create(time.Hour, assignedTo(alice), pending(assign(alice, before(mid))))
				winner.readsIn = home
				r.delete(loser)
				return func(course) {
					if !loser.isGone || r.holder != Holder(c.after) {
						t.Errorf("gone %t, %+v holds it in the end, want %s: %+v", loser.isGone, r.holder, c.after, loser.last)
					}
					if c.after == alice && r.changes > 0 {
						t.Errorf("Alice was locked out on the way")
					}
				}
			})
		})
	}
}

// TestNothingThatRivalsDoKeepsADeletionFromHappening tells of a tenant who edits and creates objects every second while
// another one's object is being deleted.
func TestNothingThatRivalsDoKeepsADeletionFromHappening(t *testing.T) {
	everySecond := func(r *run, happens func(second int)) {
		for i := range 60 {
			r.schedule(time.Duration(i)*time.Second, func() { happens(i) })
		}
	}
	for _, c := range []struct {
		name   string
		tenant func(r *run)
		// goneBy is when the deleted object is gone at the latest, and after who holds the credential in the end.
		goneBy time.Duration
		after  Person
	}{
		{
			name: "a rival is for Alice one second, and for Bob the next",
			tenant: func(r *run) {
				rival := r.create(time.Hour, declares(bob))
				everySecond(r, func(second int) { rival.in.Object.Declared.Person = []Person{alice, bob}[second%2] })
			},
			goneBy: grace + timeout, after: bob,
		}, {
			name: "a rival is suspended one second, and not the next",
			tenant: func(r *run) {
				rival := r.create(time.Hour, suspended)
				everySecond(r, func(second int) { rival.in.Object.Declared.Suspended = second%2 == 0 })
			},
			goneBy: grace + timeout, after: alice,
		}, {
			name: "rivals for Alice appear whose key is always busy",
			tenant: func(r *run) {
				everySecond(r, func(int) { r.create(0).isFrozen = true })
			},
			goneBy: grace + FirstLookWait,
		}, {
			name: "a rival for Alice reads the credential, and is never looked at again",
			tenant: func(r *run) {
				rival := r.create(time.Hour)
				rival.handled, rival.readsIn, rival.isFrozen = true, home, true
			},
			goneBy: grace + timeout,
		}, {
			name: "rivals for Alice read the credential, one after the other, and are never looked at again",
			tenant: func(r *run) {
				everySecond(r, func(int) {
					rival := r.create(time.Hour)
					rival.handled, rival.readsIn, rival.isFrozen = true, home, true
				})
			},
			goneBy: grace + timeout,
		}, {
			name: "rivals without a record ask for abandoned clean-ups, carry finalizers and are deleted",
			tenant: func(r *run) {
				everySecond(r, func(int) {
					rival := r.create(3*time.Hour, declares(bob), finalizer, abandoned)
					rival.isFrozen = true
					r.delete(rival)
				})
			},
			goneBy: grace,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRun(t, alice)
			r.mostPasses = 2000
			old := r.create(2*time.Hour, assignedTo(alice))
			c.tenant(r)
			r.delete(old)
			var goneAt time.Time
			r.watch = func() {
				if old.isGone && goneAt.IsZero() {
					goneAt = r.now
				}
			}
			r.play()
			if goneAt.IsZero() || goneAt.After(noon.Add(c.goneBy)) {
				t.Errorf("it is gone at %s, want by %s", goneAt, noon.Add(c.goneBy))
			}
			if r.holder != Holder(c.after) {
				t.Errorf("%+v holds it in the end, want %s", r.holder, c.after)
			}
		})
	}
}
