package invariants

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// maxReadAge is how old the read may be that a write goes by.
const maxReadAge = 10 * time.Second

// writesNeverOverlap is S3: writes for one credential sent by one leader never overlap.
func writesNeverOverlap(h *History, broken func(string, ...any)) {
	for i := range h.Calls {
		for j := range i {
			later, earlier := &h.Calls[i], &h.Calls[j]
			if later.isWrite() && earlier.isWrite() && later.CredentialID == earlier.CredentialID &&
				later.Process == earlier.Process && later.Arrived.Order < earlier.Ended.Order {
				broken("%s of %s arrived while %s of %s was under way", later.Operation, later.Person, earlier.Operation, earlier.Person)
			}
		}
	}
}

// nothingIsTakenFromOthers is S4: unless mode is Enforce, nothing is taken from another holder whom the read before the write
// showed; that read is under 10 s old when the write goes out.
func nothingIsTakenFromOthers(h *History, broken func(string, ...any)) {
	for _, w := range h.writes() {
		read := h.lastLook(w.Call)
		switch {
		case read == nil:
			broken("%s of %s was sent by a process that had not read the credential", w.Operation, w.Person)
			continue
		case w.Arrived.Time.Sub(read.Ended.Time) >= maxReadAge:
			broken("%s of %s was sent %s after the credential was read", w.Operation, w.Person, w.Arrived.Time.Sub(read.Ended.Time))
		}
		if w.intent == nil || w.intent.version.Object.Spec.Mode == v1alpha1.ModeEnforce {
			continue
		}
		holder := read.Shown.Holder
		switch {
		case w.Operation == OpAssign && !holder.isFree() && !h.holds(holder, w.Person):
			broken("%s was assigned while the read before it showed %s", w.Person, holder)
		case w.Operation == OpUnassign && !h.holds(holder, w.Person):
			broken("%s was unassigned while the read before it showed %s", w.Person, holder)
		}
	}
}

// lastLook returns the last answer that showed the credential to the same process, by the same key, before a call arrived.
func (h *History) lastLook(of *Call) *Call {
	var last *Call
	for i := range h.Calls {
		c := &h.Calls[i]
		if c.CredentialID == of.CredentialID && c.Process == of.Process && c.Token == of.Token && c.shows() &&
			c.Ended.Order < of.Arrived.Order && (last == nil || c.Ended.Order > last.Ended.Order) {
			last = c
		}
	}
	return last
}

// shows reports whether an answer reached the operator that tells who holds the credential.
func (c *Call) shows() bool { return c.Shown != nil && c.Status/100 == 2 && !c.Shown.Missing }

// lostAnswersAreLookedAt is S5: after a lost answer, the next call for that credential is a read.
func lostAnswersAreLookedAt(h *History, broken func(string, ...any)) {
	for i := range h.Calls {
		lost := &h.Calls[i]
		if !lost.isWrite() || !lost.isLost() {
			continue
		}
		for j := range h.Calls {
			next := &h.Calls[j]
			if next.CredentialID != lost.CredentialID || next.Arrived.Order <= lost.Ended.Order {
				continue
			}
			if next.Operation != OpGet && next.Operation != OpList {
				broken("after the answer to %s of %s was lost, %s of %s came next", lost.Operation, lost.Person, next.Operation, next.Person)
			}
			break
		}
	}
}
