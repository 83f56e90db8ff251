package assignment

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// fate is what becomes of a write.
type fate int

const (
	answered  fate = iota // it takes effect, and Seam says so
	lostDone              // it takes effect, and the answer is lost or the operator killed
	lostSoon              // the same, but it takes effect only just before its deadline
	lostLate              // the same, but it takes effect only just before twice the time-out
	neverSent             // it never takes effect: the operator was killed between record and call
)

// lands is how long a write of each fate takes.
var lands = map[fate]time.Duration{lostSoon: timeout - time.Second, lostLate: 2*timeout - time.Second}

// actor is one object and what the process knows of it.
type actor struct {
	in       Input
	created  time.Time
	handled  bool
	readsIn  string
	lastRead PeerRead
	sends    int // in a row, of the same write
	next     time.Time
	isGone   bool
	isFrozen bool // it is never looked at: its key is busy
	last     Decision
}

// run is a credential, its objects and their operator over several passes.
type run struct {
	*world
	t       *testing.T
	now     time.Time
	actors  []*actor
	orphans []PendingWrite
	// accepted is the last write that Seam accepted from the process, and leading since when that leads.
	accepted *PendingWrite
	leading  time.Time

	fates    []fate
	effects  []effect // that are still to come
	lag      time.Duration
	history  []effect // with the holder of each moment
	writes   int
	passes   int
	changes  int
	tooLate  int // changes by writes that took effect after their deadline
	plans    []plan
	deadline time.Time
	// mostWrites is how many writes there may be in the end, and mostPasses how many passes.
	mostWrites, mostPasses int
	// watch is called after each pass.
	watch func()
}

// plan is what happens after so many passes.
type plan struct {
	passes  int
	happens func()
}

type effect struct {
	at     time.Time
	apply  func()
	holder Holder
}

func newRun(t *testing.T, held Person) *run {
	return &run{
		world: newWorld(Holder(held)), t: t, now: noon, leading: morning,
		history: []effect{{at: morning, holder: Holder(held)}}, deadline: after(20 * time.Minute), mostWrites: 100, mostPasses: 200, watch: func() {},
	}
}

// create adds an object that was created so long ago.
func (r *run) create(ago time.Duration, changes ...change) *actor {
	a := &actor{in: given(append([]change{notRead}, changes...)...), created: r.now.Add(-ago), next: r.now}
	a.in.Object.UID = fmt.Sprintf("uid-%d", len(r.actors))
	a.handled = !a.in.Object.Record.IsEmpty()
	r.actors = append(r.actors, a)
	return a
}

// delete begins the deletion of an object.
func (r *run) delete(a *actor) {
	if a.in.Object.Finalizer {
		a.in.Object.Deletion = &Deletion{SeenAt: r.now}
	} else {
		r.drop(a)
	}
	r.wake()
}

func (r *run) drop(a *actor) {
	a.isGone = true
	r.orphans = append(r.orphans, a.in.Object.Record.Pending...)
}

func (r *run) wake() {
	for _, a := range r.actors {
		a.next = r.now
	}
}

// restart is a new process: it knows what status keeps, and that by its own clock.
func (r *run) restart() {
	r.accepted, r.orphans, r.leading = nil, nil, r.now
	for _, a := range r.actors {
		for i := range a.in.Object.Record.Pending {
			w := &a.in.Object.Record.Pending[i]
			w.SentAt, w.Acknowledged = r.now, false
		}
		a.in.Sends, a.sends, a.lastRead = Sends{}, 0, PeerRead{}
		if a.in.Object.Deletion != nil {
			a.in.Object.Deletion = &Deletion{SeenAt: r.now}
		}
	}
	r.wake()
}

// give and take are what Seam does on a write: an assignment moves the credential from whomever, an unassign takes it from
// that person only.
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
		r.history = append(r.history, effect{at: r.now, holder: h})
	}
}

// peers are the objects as they see each other.
func (r *run) peers() []Peer {
	var peers []Peer
	for _, a := range r.actors {
		if a.isGone {
			continue
		}
		o := a.in.Object
		peers = append(peers, Peer{
			UID: o.UID, Created: a.created, Declared: o.Declared, Deleting: o.Deletion != nil, Finalizer: o.Finalizer,
			Record: Record{AssignedTo: o.Record.AssignedTo, Pending: slices.Clone(o.Record.Pending)}, Handled: a.handled,
			Seen: PeerStatus{ReadsIn: a.readsIn, Stalled: stalledReason(a.last)}, LastRead: a.lastRead,
		})
	}
	return peers
}

func stalledReason(d Decision) string {
	if d.Action == Report && d.Reason != "" && ProgressOf(d.Reason, false) == Stalled {
		return d.Reason
	}
	return ""
}

// look is one pass for one object.
func (r *run) look(a *actor) {
	in := &a.in
	in.Now, in.Observed, in.Timing.LeadingSince = r.now, Observed{People: People{}}, r.leading
	in.Peers, in.Orphans, in.Acknowledged = r.peers(), r.orphans, r.accepted
	i := slices.IndexFunc(in.Peers, func(p Peer) bool { return p.UID == in.Object.UID })
	in.Claim = ClaimOf(in.Peers, i, Judge(in.Peers))
	if in.Object.Deletion != nil {
		in.Object.Deletion.AskedRivals = false
	}
	r.shown = r.lagging()
	d := r.world.pass(r.t, in, func(before Input, d Decision) {
		if d.IsReadable {
			a.readsIn = home
		}
		if !d.Read.At.IsZero() {
			a.lastRead = d.Read
		}
		if last := in.Sends.Last; last != nil && d.IsReadable && before.Observed.Holder == r.holder && r.shows(*last) {
			in.Sends, a.sends = Sends{}, 0
		}
		if r.lag > 0 {
			return // what the judge knows is not what can be known
		}
		for _, broken := range (judge{before, d, r.world}).verdict() {
			r.t.Errorf("%s\n%s", broken, describe(before, d, r.world))
		}
	})
	a.last, a.handled = d, true
	r.end(a, d)
}

// lagging returns whom reads show, when they lag.
func (r *run) lagging() *Holder {
	if r.lag == 0 {
		return nil
	}
	shown := r.history[0].holder
	for _, moment := range r.history {
		if !moment.at.After(r.now.Add(-r.lag)) {
			shown = moment.holder
		}
	}
	return &shown
}

// end does what the pass was for.
func (r *run) end(a *actor, d Decision) {
	switch d.Action {
	case Assign:
		r.write(a, d, assign(d.Person, r.now), func() { r.give(d.Person) })
	case Unassign:
		r.write(a, d, unassign(d.Person, r.now), func() { r.take(d.Person) })
	case RemoveFinalizer:
		r.drop(a)
		r.wake()
	default:
		if d.State == SuccessorExpected && a.in.Object.Deletion.WaitsSince.IsZero() {
			a.in.Object.Deletion.WaitsSince = r.now
		}
		a.next = r.nextLook(d)
	}
}

func (r *run) nextLook(d Decision) time.Time {
	switch {
	case !d.Until.IsZero():
		return latest(d.Until, r.now.Add(time.Millisecond))
	case d.Reason == v1alpha1.ReasonAssigned || d.Reason == v1alpha1.ReasonSuspended || d.Reason == "":
		return r.deadline
	default:
		return r.now.Add(20 * time.Second)
	}
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (r *run) write(a *actor, d Decision, w PendingWrite, apply func()) {
	fate := answered
	if r.writes < len(r.fates) {
		fate = r.fates[r.writes]
	}
	r.writes++
	o, sends := &a.in.Object, &a.in.Sends
	o.Record, o.WorkspaceID = d.Record.With(w, d.IsRecordedPerson), home
	a.sends++
	*sends = Sends{Last: &w, NotBefore: r.now.Add(timeout << (a.sends - 1))}
	switch fate {
	case answered:
		apply()
		w.Acknowledged = true
		r.accepted = &w
		o.Record.Pending[len(o.Record.Pending)-1].Acknowledged = true
		if o.Deletion != nil {
			o.Deletion.Unassigned = true
		}
	case lostDone:
		apply()
	case lostSoon, lostLate:
		r.effects = append(r.effects, effect{at: r.now.Add(lands[fate]), apply: func() {
			before := r.changes
			apply()
			if fate == lostLate {
				r.tooLate += r.changes - before
			}
		}})
	}
	r.wake()
}

// until lets time go on to the next effect or look, and returns the object that is due; nil at the end.
func (r *run) until() *actor {
	for {
		var due *actor
		at := r.deadline
		for _, a := range r.actors {
			if !a.isGone && !a.isFrozen && a.next.Before(at) {
				due, at = a, a.next
			}
		}
		slices.SortStableFunc(r.effects, func(a, b effect) int { return a.at.Compare(b.at) })
		if len(r.effects) == 0 || r.effects[0].at.After(at) {
			r.now = latest(r.now, at)
			return due
		}
		next := r.effects[0]
		r.effects = r.effects[1:]
		r.now = latest(r.now, next.at)
		next.apply()
	}
}

// schedule lets something happen some time from now.
func (r *run) schedule(later time.Duration, happens func()) {
	r.effects = append(r.effects, effect{at: r.now.Add(later), apply: func() {
		happens()
		r.wake()
	}})
}

// play lets objects be looked at until nothing is due any more.
func (r *run) play() {
	for r.passes = 1; r.passes < r.mostPasses; r.passes++ {
		switch due := r.until(); {
		case r.t.Failed():
			return
		case due != nil:
			due.next = r.deadline
			r.look(due)
			r.watch()
		case len(r.plans) == 0:
			return
		default: // what was to happen in the midst of it happens at rest
			r.deadline = r.now.Add(20 * time.Minute)
			r.carryOutPlan()
		}
		for len(r.plans) > 0 && r.plans[0].passes <= r.passes {
			r.carryOutPlan()
		}
	}
	r.t.Errorf("no end after %d passes: %+v", r.passes, r.actors[0].last)
}

// carryOutPlan lets happen what was planned to happen next.
func (r *run) carryOutPlan() {
	next := r.plans[0]
	r.plans = r.plans[1:]
	next.happens()
}

// mind is what somebody does to the object.
type mind struct {
	name string
	// change is made to the object; nil for its deletion.
	change change
	check  func(r *run, a *actor)
}

func isHeldBy(p Person) func(*run, *actor) {
	return func(r *run, a *actor) {
		o := a.in.Object
		if r.holder != Holder(p) || a.last.Reason != v1alpha1.ReasonAssigned {
			r.t.Errorf("%+v holds it in the end, %s: %+v", r.holder, p, a.last)
		}
		if o.Record.AssignedPerson() != p || len(o.Record.Pending) > 0 || o.Finalizer == o.Declared.Retain {
			r.t.Errorf("the record is %s, finalizer %t", recordText(o.Record), o.Finalizer)
		}
	}
}

func writesNoMore(reasons ...string) func(*run, *actor) {
	return func(r *run, a *actor) {
		if !slices.Contains(reasons, a.last.Reason) || len(a.in.Object.Record.Pending) > 0 {
			r.t.Errorf("ended with %+v, record %s", a.last, recordText(a.in.Object.Record))
		}
	}
}

func isGone(r *run, a *actor) {
	if !a.isGone {
		r.t.Errorf("it is still there: %+v", a.last)
	}
	if !a.in.Object.Declared.Retain && (r.holder == Holder(alice) || r.holder == Holder(bob)) {
		r.t.Errorf("%+v keeps it though nobody declares it", r.holder)
	}
}

var minds = []mind{
	{name: "stays", change: func(*Input) {}, check: isHeldBy(alice)},
	{name: "wants Bob", change: declares(bob), check: isHeldBy(bob)},
	{name: "deletes it", check: isGone},
	{name: "retains", change: retain, check: isHeldBy(alice)},
	{name: "observes", change: observe, check: writesNoMore("Assigned", "Drifted")},
	{name: "suspends", change: suspended, check: writesNoMore("Suspended")},
	{name: "enforces", change: enforce, check: isHeldBy(alice)},
}

var beginnings = []struct {
	name  string
	given []change
	held  Person
}{
	{name: "free"},
	{name: "free, retained", given: []change{retain}},
	{name: "to move from Bob", given: []change{assignedTo(bob)}, held: bob},
	{name: "to move from Bob, retained", given: []change{retain, assignedTo(bob)}, held: bob},
	{name: "to move from Bob's identity", given: []change{assignedTo(bobIdentity)}, held: bob},
	{name: "making room", given: []change{makingRoom}},
	{name: "to take from Carol", given: []change{enforce}, held: carol},
}

// TestWhateverGetsLostTheDeclarationComesTrue tells of one object whose writes get lost, whose process is killed and about
// which somebody changes their mind, each at any point.
func TestWhateverGetsLostTheDeclarationComesTrue(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and most of what it sees the tables tell, too")
	}
	for _, b := range beginnings {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			for _, m := range minds {
				for code := range 5 * 5 * 3 * 4 {
					first, second, point, restart := fate(code%5), fate(code/5%5), code/25%3+1, code/75
					tell := func(lag time.Duration) {
						r := newRun(t, b.held)
						r.fates, r.lag = []fate{first, second}, lag
						a := r.create(0, b.given...)
						r.change(a, m, point)
						if restart > 0 {
							r.then(restart, r.restart)
						}
						r.play()
						r.judge(a, m)
						if t.Failed() {
							t.Fatalf("it %s after pass %d, the operator restarts after %d, the fates are %v and %v, reads lag by %s", m.name, point, restart, first, second, lag)
						}
					}
					tell(0)
					if first != lostLate && second != lostLate {
						tell(10 * time.Second)
					}
				}
			}
		})
	}
}

// then plans something after so many passes.
func (r *run) then(passes int, happens func()) {
	r.plans = append(r.plans, plan{passes, happens})
	slices.SortStableFunc(r.plans, func(a, b plan) int { return a.passes - b.passes })
}

func (r *run) change(a *actor, m mind, passes int) {
	r.then(passes, func() {
		if m.change == nil {
			r.delete(a)
			return
		}
		m.change(&a.in)
		a.in.Sends = Sends{}
		a.next = r.now
		if d := a.in.Object.Declared; d.Suspended || d.Mode == v1alpha1.ModeObserve {
			r.mostWrites = r.writes
		}
	})
}

func (r *run) judge(a *actor, m mind) {
	m.check(r, a)
	most := 2
	if m.name != "stays" {
		most = 4
	}
	if r.changes-2*r.tooLate > most {
		r.t.Errorf("%d changes at Seam, %d of them by writes that were late", r.changes, r.tooLate)
	}
	if r.writes > r.mostWrites {
		r.t.Errorf("%d writes after it was told to write nothing", r.writes-r.mostWrites)
	}
}
