package main

import (
	"cmp"
	"hash/maphash"
	"slices"

	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// model explores all states that can be reached.
type model struct {
	decide func(assignment.Input) assignment.Decision
	faults int // how many edits and faults a path may have

	nodes []node
	index map[uint64]int32
	seed  maphash.Seed
	// fairNext is what follows from a node when nothing goes wrong any more; -1 where that is not explored.
	fairNext [2][]int32

	violations []violation
	count      map[string]int // by rule
	cut        int            // states that were not entered
}

// node is a state and how it is reached with the fewest faults, and with the fewest steps among those.
type node struct {
	state  state
	parent int32
	by     step
	faults uint8
	depth  uint16
}

// deepest returns the number of steps of the longest of the shortest paths.
func (m *model) deepest() int {
	deepest := uint16(0)
	for i := range m.nodes {
		deepest = max(deepest, m.nodes[i].depth)
	}
	return int(deepest)
}

// violation is a rule that is broken after a node: by a step, or at the end that follows by itself.
type violation struct {
	rule   string
	node   int32
	by     step
	isEnd  bool
	policy lateness
}

func newModel(faults int) *model {
	return &model{decide: assignment.Decide, faults: faults, index: map[uint64]int32{}, seed: maphash.MakeSeed(), count: map[string]int{}}
}

// begin adds a beginning, as if it had taken so many edits and faults.
func (m *model) begin(s state, faults int) {
	m.reach(s, -1, step{}, uint8(faults), 0)
}

// explore visits states by the number of faults that lead to them, then by the number of steps.
func (m *model) explore() {
	q := queue{byDepth: make([][][]int32, m.faults+1)}
	for id := range m.nodes {
		q.add(int32(id), &m.nodes[id])
	}
	for id, where := q.next(); id >= 0; id, where = q.next() {
		if n := &m.nodes[id]; int(n.faults) == where.faults && int(n.depth) == where.depth { // else it was reached on a nearer way
			m.expand(id, &q)
		}
	}
}

// queue holds nodes by their faults and depth.
type queue struct {
	byDepth [][][]int32
	at      position
}

type position struct{ faults, depth int }

func (q *queue) add(id int32, n *node) {
	depths := &q.byDepth[n.faults]
	for len(*depths) <= int(n.depth) {
		*depths = append(*depths, nil)
	}
	(*depths)[n.depth] = append((*depths)[n.depth], id)
}

// next takes the nearest node out, and returns where it was; -1 when there is none.
func (q *queue) next() (id int32, from position) {
	for ; q.at.faults < len(q.byDepth); q.at = (position{faults: q.at.faults + 1}) {
		for ; q.at.depth < len(q.byDepth[q.at.faults]); q.at.depth++ {
			ids := &q.byDepth[q.at.faults][q.at.depth]
			if last := len(*ids) - 1; last >= 0 {
				id = (*ids)[last]
				*ids = (*ids)[:last]
				return id, q.at
			}
		}
	}
	return -1, q.at
}

// reach returns the node of a state, and whether it was not known so near.
func (m *model) reach(s state, parent int32, by step, faults uint8, depth uint16) (id int32, isNearer bool) {
	for h := maphash.Comparable(m.seed, s); ; h++ {
		id, known := m.index[h]
		if !known {
			id = int32(len(m.nodes))
			m.index[h] = id
			m.nodes = append(m.nodes, node{s, parent, by, faults, depth})
			for policy := range m.fairNext {
				m.fairNext[policy] = append(m.fairNext[policy], -1)
			}
			return id, true
		}
		n := &m.nodes[id]
		if n.state != s {
			continue
		}
		if faults < n.faults || faults == n.faults && depth < n.depth {
			n.parent, n.by, n.faults, n.depth = parent, by, faults, depth
			return id, true
		}
		return id, false
	}
}

// expand takes every step from a node.
func (m *model) expand(id int32, q *queue) {
	n := m.nodes[id]
	fair := [...]step{n.state.fair(neverLands), n.state.fair(landsLast)}
	for _, st := range n.state.steps(int(n.faults) < m.faults) {
		after, broken, isCut := m.after(n.state, st)
		for _, rule := range broken {
			m.add(violation{rule: rule, node: id, by: st})
		}
		if isCut {
			m.cut++
		}
		if isCut || len(broken) > 0 {
			continue
		}
		faults := n.faults
		if st.isFault() {
			faults++
		}
		next, isNearer := m.reach(after, id, st, faults, n.depth+1)
		if isNearer {
			q.add(next, &m.nodes[next])
		}
		for policy := range fair {
			if st == fair[policy] {
				m.fairNext[policy][id] = next
			}
		}
	}
}

// after takes one step from a state. It returns the state that follows, the rules that the step broke, and whether it leads
// to where there is no room for.
func (m *model) after(s state, st step) (after state, broken []string, isCut bool) {
	p := operator{decide: m.decide, state: &s}
	p.happen(st)
	return s, p.broken, p.isCut
}

// add keeps the first violation of each rule, which has the shortest path, and counts the others.
func (m *model) add(v violation) {
	if m.count[v.rule]++; m.count[v.rule] == 1 {
		m.violations = append(m.violations, v)
	}
}

// judgeEnds follows every state by what happens when nothing goes wrong any more, until that repeats itself. It returns the
// longest way there, in steps.
func (m *model) judgeEnds() (longest int) {
	for policy := range m.fairNext {
		f := follower{model: m, next: m.fairNext[policy], wrong: make([]string, len(m.nodes)), steps: make([]int32, len(m.nodes))}
		for id := range m.nodes {
			f.follow(int32(id))
			longest = max(longest, int(f.steps[id]))
		}
		m.addWrongEnds(&f, lateness(policy))
	}
	return longest
}

// addWrongEnds adds the ends that are wrong, those with the shortest paths first.
func (m *model) addWrongEnds(f *follower, policy lateness) {
	nearest := map[string]int32{}
	for id := range m.nodes {
		rule := f.wrong[id]
		if rule == "" {
			continue
		}
		m.count[rule]++
		if before, known := nearest[rule]; !known || m.isNearer(int32(id), before) {
			nearest[rule] = int32(id)
		}
	}
	for rule, id := range nearest {
		m.violations = append(m.violations, violation{rule: rule, node: id, isEnd: true, policy: policy})
	}
}

// isNearer compares two nodes by their faults, then by their depth.
func (m *model) isNearer(a, b int32) bool {
	return cmp.Or(cmp.Compare(m.nodes[a].faults, m.nodes[b].faults), cmp.Compare(m.nodes[a].depth, m.nodes[b].depth)) < 0
}

// follower follows what happens by itself. It knows of each state how that ends, and in how many steps.
type follower struct {
	*model
	next  []int32
	wrong []string
	steps []int32 // until it repeats itself, and one more; 0 when that was not followed, negative while it is
}

// follow goes on from a node until it meets one that was followed before. What is wrong in the end is wrong with all on the way.
func (f *follower) follow(id int32) {
	var path []int32
	for id >= 0 && f.steps[id] == 0 {
		f.steps[id] = -1
		path = append(path, id)
		id = f.next[id]
	}
	wrong, steps := "", int32(0)
	switch {
	case id < 0: // what follows is not explored, or broke a rule that was told
	case f.steps[id] < 0:
		round := path[slices.Index(path, id):]
		wrong = f.wrongWithRound(round)
		for _, k := range round {
			f.wrong[k], f.steps[k] = wrong, 1
		}
		path, steps = path[:len(path)-len(round)], 1
	default:
		wrong, steps = f.wrong[id], f.steps[id]
	}
	for k := len(path) - 1; k >= 0; k-- {
		steps++
		f.wrong[path[k]], f.steps[path[k]] = wrong, steps
	}
}

// wrongWithRound says what is wrong with states that follow on each other for ever: they have to be one state of rest, and
// looks at it that change nothing.
func (f *follower) wrongWithRound(round []int32) string {
	rest := -1
	for k, id := range round {
		if f.nodes[id].state.isAtRest() {
			rest = k
		}
	}
	if rest < 0 {
		return "it never comes to rest"
	}
	at := &f.nodes[round[rest]].state
	for _, id := range round {
		s := &f.nodes[id].state
		for i := range s.objects {
			if s.objects[i].look.phase == recorded || s.objects[i].expose() != at.objects[i].expose() {
				return "it goes on writing for ever"
			}
		}
	}
	return at.wrongAtEnd()
}
