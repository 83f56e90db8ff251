package main

import (
	"fmt"
	"io"
	"sort"

	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// print shows all that happened, in order.
func (o *outcome) print(to io.Writer) {
	for i, b := range o.boundaries {
		_, _ = fmt.Fprintf(to, "  request %d: %s\n", i+1, b)
	}
	if o.history == nil {
		return
	}
	type line struct {
		revision int64
		text     string
	}
	var lines []line
	for _, c := range o.history.Calls {
		text := fmt.Sprintf("%s %s %s %s → %d", c.Arrived.Time.Format("15:04:05"), c.Process, c.Operation, world.NameOf(invariants.Holder(c.Person)), c.Status)
		if c.Shown != nil {
			text += ", shows " + world.NameOf(c.Shown.Holder)
		}
		if c.Changed {
			text += ", changes the holder"
		}
		lines = append(lines, line{c.Arrived.Revision, text})
	}
	for i := range o.history.Versions {
		v := &o.history.Versions[i]
		words := inWords(&v.Object)
		if v.IsGone {
			words = "gone"
		}
		text := fmt.Sprintf("%s %s %s g%d: %s", v.Time.Format("15:04:05"), v.Process, v.Object.Name, v.Object.Generation, words)
		for _, w := range v.Object.Status.PendingWrites {
			text += fmt.Sprintf(", pending %s %s", w.Operation, world.NameOf(invariants.Holder{ACSUserID: w.ACSUserID, UserIdentityID: w.UserIdentityID}))
		}
		lines = append(lines, line{v.Revision, text})
	}
	sort.SliceStable(lines, func(i, j int) bool { return lines[i].revision < lines[j].revision })
	for _, l := range lines {
		_, _ = fmt.Fprintf(to, "  %d %s\n", l.revision, l.text)
	}
	_, _ = fmt.Fprintln(to, o.log)
}
