package main

import (
	"fmt"
	"slices"
	"strings"
)

// steps returns the nodes of a path and how each was reached; the last one breaks a rule, or leads to a wrong end by itself.
func (m *model) steps(v violation) []node {
	var nodes []node
	for id := v.node; id >= 0; id = m.nodes[id].parent {
		nodes = append(nodes, m.nodes[id])
	}
	slices.Reverse(nodes)
	if v.isEnd {
		return nodes
	}
	after, _, _ := m.after(m.nodes[v.node].state, v.by)
	return append(nodes, node{state: after, by: v.by})
}

// path tells how a rule comes to be broken, from a beginning on.
func (m *model) path(v violation) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%d times). The shortest path:\n", v.rule, m.count[v.rule])
	for i, n := range m.steps(v) {
		if i == 0 {
			fmt.Fprintf(&text, "    %s\n", n.state.text())
			continue
		}
		tellStep(&text, n.by, &n.state)
	}
	if v.isEnd {
		m.tellEnd(&text, v)
	}
	return text.String()
}

// tellEnd tells what follows by itself, until it repeats itself.
func (m *model) tellEnd(text *strings.Builder, v violation) {
	text.WriteString("  and by itself:\n")
	known := map[int32]bool{}
	for id := v.node; id >= 0 && !known[id]; {
		known[id] = true
		by := m.nodes[id].state.fair(v.policy)
		if id = m.fairNext[v.policy][id]; id >= 0 {
			tellStep(text, by, &m.nodes[id].state)
		}
	}
}

// tellStep writes what happened, and the state after it.
func tellStep(text *strings.Builder, by step, after *state) {
	fmt.Fprintf(text, "  - %s\n    %s\n", by.text(), after.text())
}

// text tells a state in one line.
func (s *state) text() string {
	parts := []string{"holder " + personNames[s.holder]}
	if s.lag {
		parts[0] += ", reads show " + personNames[s.lagged]
	}
	if s.late.op != none {
		parts = append(parts, "under way "+s.late.text())
	}
	for _, w := range s.orphans {
		if w.op != none {
			parts = append(parts, "left behind "+w.text())
		}
	}
	for i := range s.objects {
		if s.objects[i].exists {
			parts = append(parts, uids[i]+": "+s.objects[i].text())
		}
	}
	return strings.Join(parts, "; ")
}

func (w write) text() string {
	return fmt.Sprintf("%s %s (age %d)", strings.ToLower(string(verbs[w.op])), personNames[w.person], w.age)
}

// text tells an object in a few words: what it declares, what it carries, and what its status says.
func (o *object) text() string {
	parts := []string{personNames[o.person], modeNames[o.mode]}
	for _, flag := range []struct {
		holds bool
		name  string
	}{
		{o.retain, "Retain"},
		{o.suspended, "suspended"},
		{o.deleting, "deleted"},
		{o.abandoned, "abandoned"},
		{o.revoked, "key revoked"},
		{o.finalizer, "finalizer"},
		{o.look.phase == hasRead, "read " + personNames[o.look.seen]},
		{o.look.phase == recorded, "call under way"},
		{o.owner == makesRoom, "assignedTo nobody"},
		{o.owner > makesRoom, "assignedTo " + personNames[o.owner.person()]},
	} {
		if flag.holds {
			parts = append(parts, flag.name)
		}
	}
	for _, w := range o.pending {
		if w.op != none {
			parts = append(parts, "pending "+w.text())
		}
	}
	if o.ready != 0 {
		parts = append(parts, fmt.Sprintf("Ready %s %s", readyStatuses[o.ready], reasons[o.reason]))
	}
	return strings.Join(parts, ", ")
}
