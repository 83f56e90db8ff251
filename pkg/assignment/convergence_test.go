package assignment

import (
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// fate is what becomes of a write.
type fate int

const (
	answered   fate = iota // it takes effect, and Seam says so
	lostDone               // it takes effect, and the answer is lost or the operator killed
	lostLate               // the same, but it takes effect only at its deadline
	lostUndone             // it never takes effect: the operator was killed between record and call
	fates      = 4
)

// mind is what somebody does to the object after its first write.
type mind int

const (
	stays mind = iota
	wantsBob
	wantsNothing
	minds = 3
)

// run is an object and Seam over several passes.
type run struct {
	*world
	t       *testing.T
	s       Situation
	fates   []fate
	late    func()
	writes  int
	changes int
}

// give and take are what Seam does on a write: an assignment moves the credential from whomever, a release takes it
// from that person only.
func (r *run) give(p Person) { r.hold(Holder(p)) }

func (r *run) take(p Person) {
	if r.holder.Person() == p {
		r.hold(Holder{})
	}
}

func (r *run) hold(h Holder) {
	if r.holder != h {
		r.holder = h
		r.changes++
	}
}

// pass makes one pass, and returns the decision that ended it.
func (r *run) pass() Decision {
	r.s.Seen = Seen{People: People{}}
	d := r.world.pass(r.t, &r.s, func(s Situation, d Decision) {
		for _, broken := range (judge{s, d, r.world}).verdict() {
			r.t.Errorf("%s\n%s", broken, describe(s, d, r.world))
		}
	})
	if r.s.Settles() {
		r.s.Pending = nil
	}
	switch d.Step {
	case Assign:
		r.write(d, WriteAssign, func() { r.give(d.Person) })
	case Unassign:
		r.write(d, WriteUnassign, func() { r.take(d.Person) })
	case Wait:
		r.wait(d.Until)
	}
	return d
}

func (r *run) write(d Decision, write Write, effect func()) {
	fate := answered
	if r.writes < len(r.fates) {
		fate = r.fates[r.writes]
	}
	r.writes++
	r.s.record(d, write)
	r.s.Pending = &Pending{Until: r.s.Now.Add(30 * time.Second), Lost: fate != answered}
	switch fate {
	case answered, lostDone:
		effect()
	case lostLate:
		r.late = effect
	}
}

// wait lets time go on; at the deadline of a write nothing is pending any more.
func (r *run) wait(until time.Time) {
	r.s.Now = until
	if p := r.s.Pending; p == nil || until.Before(p.Until) {
		return
	}
	if r.late != nil {
		r.late()
		r.late = nil
	}
	r.s.Pending = nil
}

// end makes passes until the object rests or is gone, and returns the last decision.
func (r *run) end(m mind) Decision {
	for range 20 {
		d := r.pass()
		if r.t.Failed() || d.Step == Rest || d.Step == Finish {
			return d
		}
		if r.writes == 1 && m != stays {
			r.change(m)
			m = stays
		}
	}
	r.t.Errorf("no end after 20 passes")
	return Decision{}
}

func (r *run) change(m mind) {
	if m == wantsBob {
		r.s.Declared.Person = bob
		return
	}
	r.s.Declared.ReleaseAt = r.s.Now
}

func TestWhateverGetsLostTheDeclarationComesTrue(t *testing.T) {
	for _, c := range []struct {
		name  string
		given []change
		held  Person
	}{
		{name: "free"},
		{name: "free, retained", given: []change{retain}},
		{name: "to move from Bob", given: []change{finalizer, recorded(WriteAssign, bob)}, held: bob},
		{name: "to move from Bob, retained", given: []change{retain, recorded(WriteAssign, bob)}, held: bob},
		{name: "moving from Bob", given: []change{finalizer, released(bob)}, held: bob},
		{name: "to take from Carol", given: []change{inMode(v1alpha1.ModeEnforce)}, held: carol},
	} {
		t.Run(c.name, func(t *testing.T) {
			for code := range fates * fates * fates * minds {
				r := &run{t: t, s: given(c.given...), world: &world{
					credential: Found, unmanaged: Missing, workspace: home, people: everybody, holder: Holder(c.held),
				}}
				r.fates = []fate{fate(code % fates), fate(code / fates % fates), fate(code / fates / fates % fates)}
				m := mind(code / fates / fates / fates)
				r.judge(r.end(m), m)
				if t.Failed() {
					t.Fatalf("with fates %v and change of mind %d", r.fates, m)
				}
			}
		})
	}
}

// judge holds the end against what the person who wrote the manifest expects.
func (r *run) judge(d Decision, m mind) {
	switch {
	case m == stays:
		r.expect(d, resting("Assigned"), r.holder == Holder(alice), r.changes <= 2)
	case m == wantsBob:
		r.expect(d, resting("Assigned"), r.holder == Holder(bob), r.changes <= 4)
	case r.s.Declared.Retain:
		r.expect(d, resting(""), true, r.changes <= 2)
	default:
		r.expect(d, finishing(""), r.holder == Holder{} || r.holder == Holder(carol), r.changes <= 3)
	}
}

func (r *run) expect(got, want Decision, holds, sparing bool) {
	r.t.Helper()
	if got.Message = ""; got != want {
		r.t.Errorf("ended with %+v, want %+v", got, want)
	}
	if !holds {
		r.t.Errorf("%+v holds the credential in the end", r.holder)
	}
	if !sparing {
		r.t.Errorf("%d changes at Seam", r.changes)
	}
}
