// Command model explores the decision state by state. It puts pkg/assignment into a small world (one credential, Alice and
// Bob, two CredentialAssignments and one operator process), lets everything happen that can happen, in every order, and holds
// each state that can be reached against the rules. It prints the shortest path to each rule that is broken, and ends with
// the line "N states, M violations"; the exit status is 1 when there are any. "make model" runs it: it takes a
// minute of one core and 3 GB, for some 6.6 million states, up to 41 steps away from where paths begin.
//
// What happens by itself happens without limit, in every order: an object that is due is read, its finalizer is put on or
// taken off, a write is recorded, Seam carries out the call, the report is stored; time passes; a lost call takes effect. Each
// of these is a step, and anything may come between two. Edits and faults are counted, and a path has a few of them: spec is
// edited in any of its fields, an object is created, deleted or given up, a key is revoked or restored, somebody moves the
// credential at Seam, reads lag behind a call, an answer is lost while its call takes effect now, later or never, and the
// process is killed, with a call under way or without. States that differ only in what has no bearing any more are one.
//
// Two kinds of rules are held. No step may break the invariants S1, S2, S4, S5, S7 and S8 of the contract; that is judged by what is
// true in this world, not by what the decision says of it. And from every state the end that the declarations name must
// follow when there are no more edits and faults: deleted objects are gone, the credential is with the declared person of the
// object that has the claim, or Ready says truly why not, and then nothing is written any more.
//
// Time has the steps that matter, of 30 s each: within the time-out of a write, before twice the time-out, and after that.
// The grace of a hand-over is as long as a time-out.
//
// Left out are, because other tests hold them or because they would multiply the states:
//   - Seam: user identities, persons whom it does not know, a credential that is gone or must not be used, other workspaces,
//     refusals other than of the key, 429 and outages, reads that lag for a time-out or longer, and an
//     answer that shows the credential.
//   - More than two objects, and more than one lost call at a time that takes effect later.
//   - A lost call whose effect somebody else brings about while it is still under way: the contract takes it for settled, and
//     so does the model. A lost call of an object that is gone, and then the process is killed: the gap that the contract states.
//   - The operator around the decision: its cache, conflicts with its own earlier writes, the mutex by which writes do not
//     overlap (S3 is taken for granted), the last key that worked, delays that grow, the order in which keys serve objects.
//   - How often a change of spec changes Seam (S6).
//   - Ready=True by a read that was true when it was made, and that a write of another object undid within the same look. The
//     next look, which that write makes due, tells the truth.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

func main() {
	faults := flag.Int("faults", 3, "how many edits and faults a path may have")
	flag.Parse()
	debug.SetGCPercent(20) // nearly all that is allocated is kept to the end
	report, violations := run(*faults)
	fmt.Print(report)
	if violations > 0 {
		os.Exit(1)
	}
}

// run explores, and tells what it found and how many violations that are.
func run(faults int) (report string, violations int) {
	began := time.Now()
	m := newModel(faults)
	for _, b := range beginnings() {
		m.begin(b.state, min(faults, b.faults))
	}
	m.explore()
	longest := m.judgeEnds()
	var text strings.Builder
	slices.SortFunc(m.violations, func(a, b violation) int { return len(m.steps(a)) - len(m.steps(b)) })
	for _, v := range m.violations {
		text.WriteString(m.path(v) + "\n")
		violations += m.count[v.rule]
	}
	fmt.Fprintf(&text, "%d beginnings, up to %d edits and faults; paths of up to %d steps, then up to %d to the end; %d steps not taken; %.0f s\n",
		len(beginnings()), faults, m.deepest(), longest, m.cut, time.Since(began).Seconds())
	fmt.Fprintf(&text, "%d states, %d violations\n", len(m.nodes), violations)
	return text.String(), violations
}

// beginning is a state in which paths begin, as if it had taken so many edits and faults.
type beginning struct {
	state  state
	faults int
}

// beginnings are one or two objects that were just created, whoever holds the credential. The second object counts as an edit,
// and so does all that is not usual, and a Seam that unassigns whoever holds the credential.
func beginnings() []beginning {
	var all []beginning
	for _, first := range declarations(alice) { // with Bob's it would be the same
		for _, second := range slices.Concat([]object{{}}, declarations(alice), declarations(bob)) {
			for _, holder := range []person{nobody, alice, bob} {
				b := beginning{state: state{holder: holder, leading: timeout, objects: [2]object{first, second}}}
				if second.exists {
					b.faults++
				}
				if holder != nobody || !first.isUsual() || !second.isUsual() {
					b.faults++
				}
				all = append(all, b)
				if b.faults++; b.faults <= 2 {
					b.state.ignoresName = true
					all = append(all, b)
				}
			}
		}
	}
	return all
}

// declarations are the objects that declare a person.
func declarations(q person) []object {
	return []object{
		{exists: true, person: q},
		{exists: true, person: q, retain: true},
		{exists: true, person: q, mode: modeEnforce},
		{exists: true, person: q, mode: modeEnforce, retain: true},
		{exists: true, person: q, mode: modeObserve},
	}
}

func (o *object) isUsual() bool { return o.mode == modeAssign && !o.retain }
