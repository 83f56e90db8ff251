package invariants

import (
	"slices"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// entry is one call in an object's status.pendingWrites.
type entry struct {
	uid       string
	operation v1alpha1.Operation
	person    Person
	startedAt int64
}

// entriesOf returns the calls that an object's status records as its own.
func entriesOf(o *v1alpha1.CredentialAssignment) []entry {
	var entries []entry
	for _, w := range o.Status.PendingWrites {
		if w.UID == string(o.UID) {
			entries = append(entries, entry{w.UID, w.Operation, Person{w.ACSUserID, w.UserIdentityID}, w.StartedAt.Unix()})
		}
	}
	return entries
}

// intent is a call as the operator recorded it before it was sent, and the version of the object that this made.
type intent struct {
	entry
	version *Version
	isUsed  bool
}

// intents returns all calls that the operator recorded, in order.
func (h *History) intents() []*intent {
	var found []*intent
	before := map[string][]entry{}
	for i := range h.Versions {
		v := &h.Versions[i]
		uid := string(v.Object.UID)
		now := entriesOf(&v.Object)
		for _, e := range now {
			if v.Process != "" && !slices.Contains(before[uid], e) {
				found = append(found, &intent{entry: e, version: v})
			}
		}
		before[uid] = now
	}
	return found
}

// recordedWrite is a call that changes Seam, with its record; nil when it has none.
type recordedWrite struct {
	*Call
	intent *intent
}

// writes returns the calls that change Seam, each with the record that stood when it arrived. A record is good for one call.
func (h *History) writes() []recordedWrite {
	intents := h.intents()
	var found []recordedWrite
	for i := range h.Calls {
		c := &h.Calls[i]
		if !c.isWrite() {
			continue
		}
		w := recordedWrite{Call: c}
		for _, in := range intents {
			if !in.isUsed && in.operation == c.operation() && in.person == c.Person && in.version.Revision <= c.Arrived.Revision &&
				in.version.Object.Spec.ACSCredentialID == c.CredentialID && in.version.Process == c.Process {
				w.intent = in
			}
		}
		if w.intent != nil {
			w.intent.isUsed = true
		}
		found = append(found, w)
	}
	return found
}
