package assignment

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// choices turns a fuzzer's bytes into choices; when they are used up, each choice is the first.
type choices []byte

func (c *choices) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	first := (*c)[0]
	*c = (*c)[1:]
	return int(first) % n
}

func (c *choices) yes() bool { return c.of(2) == 1 }

func (c *choices) rarely() bool { return c.of(8) == 7 }

func pick[T any](c *choices, from ...T) T { return from[c.of(len(from))] }

// ago is a time before noon, to the second; the marks at which a wait ends are as likely as all between them.
func (c *choices) ago() time.Time {
	marks := []time.Duration{grace, MaxReadAge, timeout, 2 * timeout}
	if c.yes() {
		return before(pick(c, marks...) + time.Duration(c.of(3)-1)*time.Second)
	}
	return before(time.Duration(c.of(90)) * time.Second)
}

func (c *choices) person() Person {
	return pick(c, alice, bob, aliceIdentity, carol, bobIdentity, identity("id-old"), user("nobody-knows"))
}

func (c *choices) write() PendingWrite {
	w := assign(c.person(), c.ago())
	if c.yes() {
		w.Operation = v1alpha1.OperationUnassign
	}
	return w
}

// writes are mostly few: many of them would leave nothing to decide but to wait.
func (c *choices) writes(most int) []PendingWrite {
	var writes []PendingWrite
	for range min(most, pick(c, 0, 0, 0, 1, 1, 2, 3, most)) {
		writes = append(writes, c.write())
	}
	slices.SortStableFunc(writes, func(a, b PendingWrite) int { return a.SentAt.Compare(b.SentAt) })
	return writes
}

func (c *choices) workspace() string {
	if c.rarely() {
		return elsewhere
	}
	return home
}

func (c *choices) record(most int) Record {
	var r Record
	if c.yes() {
		r.AssignedTo = &AssignedTo{Person: pick(c, c.person(), nobody), WorkspaceID: c.workspace(), Since: morning}
	}
	r.Pending = c.writes(most)
	return r
}

func (c *choices) declaration() Declaration {
	return Declaration{
		Person:      c.person(),
		Mode:        pick(c, "", v1alpha1.ModeAssign, v1alpha1.ModeEnforce, v1alpha1.ModeObserve),
		WorkspaceID: pick(c, "", "", "", c.workspace()),
		Retain:      c.of(4) == 1,
		Suspended:   c.rarely(),
		Abandoned:   c.rarely(),
	}
}

// peer is another object of the credential: as its status tells, and as it was read, if it was.
func (c *choices) peer(uid string, w *world) Peer {
	p := Peer{
		UID: uid, Created: pick(c, morning, noon, after(time.Minute)), Declared: c.declaration(),
		Deleting: c.of(4) == 1, Finalizer: c.yes(), Record: c.record(2), Handled: !c.rarely(),
	}
	if p.Handled {
		p.Seen = PeerStatus{ReadsIn: pick(c, "", home, elsewhere), OtherWorkspace: c.rarely(), Unreached: c.rarely()}
		p.Seen.Stalled = pick(c, "", "", v1alpha1.ReasonHeldByOther, v1alpha1.ReasonInvalidRequest)
	}
	if p.Handled && c.yes() {
		p.LastRead = PeerRead{At: c.ago(), WorkspaceID: c.workspace(), Person: pick(c, p.Declared.Person, c.person()), Holder: w.holder}
		p.LastRead.IsHeld = w.holds(p.LastRead.Person)
	}
	return p
}

// world is what is true at Seam.
func (c *choices) world() *world {
	w := newWorld(pick(c,
		Holder{}, Holder(alice), Holder{ACSUserID: "alice", UserIdentityID: "id-alice"}, Holder(bob), Holder(carol), Holder(aliceIdentity),
		Holder{UserIdentityID: "id-old"}, Holder{ACSUserID: "bob", UserIdentityID: "id-bob"},
	))
	w.credential = pick(c, Found, Found, Found, Found, Missing)
	w.unmanaged = pick(c, Missing, Missing, Found)
	w.unusable = c.rarely()
	w.workspace = c.workspace()
	return w
}

// situation is an object among others, before anything is read in the pass.
func (c *choices) situation(w *world) Input {
	in := given(notRead)
	in.Object.Declared = c.declaration()
	in.Object.Finalizer = !c.rarely() || c.yes()
	in.Object.Record = c.record(v1alpha1.MaxPendingWrites)
	in.Object.WorkspaceID = c.workspace()
	if c.yes() {
		in.Object.Deletion = &Deletion{SeenAt: c.ago(), Unassigned: c.of(4) == 1}
	}
	if in.Object.Deletion != nil && c.yes() {
		in.Object.Deletion.WaitsSince = in.Object.Deletion.SeenAt
	}
	in.Timing.LeadingSince = pick(c, morning, c.ago())
	in.Orphans = c.writes(2)
	if c.of(4) == 1 {
		w := acknowledged(c.write())
		in.Acknowledged = &w
	}
	if c.of(4) == 1 {
		w := c.write()
		in.Sends.Last, in.Sends.NotBefore = &w, after(time.Duration(c.of(20)-10)*time.Second)
	}
	if c.of(4) == 1 {
		in.Sends.Refused = &Refusal{Operation: c.write().Operation, Person: c.person(), Holder: w.holder, Reason: v1alpha1.ReasonInvalidRequest, Message: "refused"}
	}
	in.Peers = []Peer{{UID: self, Created: pick(c, morning, noon), Handled: true}}
	in.Peers[0].Seen.ReadsIn = pick(c, home, "", elsewhere)
	for _, uid := range []string{"uid-0", "uid-zz", "uid-a"}[:c.of(4)] {
		p := c.peer(uid, w)
		if c.rarely() {
			p.Declared.Person, p.Deleting = in.Object.Declared.Person, false
			tookOver(&p)
			p.LastRead.Holder, p.LastRead.IsHeld = w.holder, w.holds(p.Declared.Person)
		}
		in.Peers = append(in.Peers, p)
	}
	reclaim(&in)
	return in
}

// addChoices are seeds that choose this and that.
func addChoices(f *testing.F) {
	f.Helper()
	f.Add([]byte{})
	for seed := range uint64(512) {
		data := make([]byte, 160)
		_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(data)
		f.Add(data)
	}
}

// Whatever the facts are, no decision breaks a rule that TestInEverySituation checks, the questions of a pass come to an
// end, and status says Ready=True for one reason only.
func FuzzPlan(f *testing.F) {
	addChoices(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		w := c.world()
		in := c.situation(w)
		w.pass(t, &in, func(in Input, d Decision) {
			for _, broken := range (judge{in, d, w}).verdict() {
				t.Errorf("%s\n%s", broken, describe(in, d, w))
			}
			v := JudgeReport(in.Object, d, Reported{}, in.Now)
			if isReady := d.Reason == v1alpha1.ReasonAssigned && in.Object.Deletion == nil; !v.Keep && (v.Ready == ReadyTrue) != isReady {
				t.Errorf("status says %+v\n%s", v, describe(in, d, w))
			}
		})
	})
}

// Whoever the objects are, and in whatever order they are listed, one of those that claim the credential has it. While the
// winner has a record, nothing changes that which the user of another object without one may write: spec, finalizer,
// deletion.
func FuzzClaim(f *testing.F) {
	addChoices(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := choices(data)
		w := c.world()
		var peers []Peer
		for i := range 2 + c.of(4) {
			peers = append(peers, c.peer(fmt.Sprintf("uid-%d", i), w))
		}
		first := Judge(peers)
		if claims := slices.IndexFunc(peers, func(p Peer) bool { return p.claims() }) >= 0; claims != (first >= 0) {
			t.Fatalf("%d has the claim among %+v", first, peers)
		}
		if first < 0 {
			return
		}
		winner := peers[first]
		for i := range peers {
			if claim := ClaimOf(peers, i, first); (claim.Winner == nil) != (i == first) {
				t.Errorf("%d stands as %+v while %d has the claim", i, claim, first)
			}
		}
		other := slices.Clone(peers)
		slices.Reverse(other)
		cut := c.of(len(other))
		other = append(slices.Clone(other[cut:]), other[:cut]...)
		if got := other[Judge(other)].UID; got != winner.UID {
			t.Errorf("%s has the claim, and in another order %s: %+v", winner.UID, got, peers)
		}
		i := c.of(len(peers))
		if i == first || winner.Record.IsEmpty() || winner.Seen.OtherWorkspace || !peers[i].Record.IsEmpty() {
			return
		}
		peers[i].Declared, peers[i].Finalizer, peers[i].Deleting, peers[i].Created = c.declaration(), c.yes(), c.yes(), pick(&c, morning, before(time.Hour))
		if got := peers[Judge(peers)].UID; got != winner.UID {
			t.Errorf("%s took the claim from %s: %+v", got, winner.UID, peers)
		}
	})
}
