package world

import (
	"fmt"
	"slices"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/invariants"
)

// Objects returns the objects as the API server has them, by namespace and name.
func (w *World) Objects() (map[client.ObjectKey]*v1alpha1.CredentialAssignment, error) {
	found := map[client.ObjectKey]*v1alpha1.CredentialAssignment{}
	for _, namespace := range []string{w.FrontDesk, w.Tenant} {
		var list v1alpha1.CredentialAssignmentList
		if err := w.API.List(w.ctx, &list, client.InNamespace(namespace)); err != nil {
			return nil, err
		}
		for i := range list.Items {
			found[client.ObjectKeyFromObject(&list.Items[i])] = &list.Items[i]
		}
	}
	return found, nil
}

// CatchUp waits until the history shows the objects as the API server has them.
func (w *World) CatchUp() error {
	objects, err := w.Objects()
	if err != nil {
		return err
	}
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !w.history.shows(objects) {
		if time.Now().After(deadline) {
			return fmt.Errorf("the watch does not show the objects as they are")
		}
		<-tick.C
		if objects, err = w.Objects(); err != nil {
			return err
		}
	}
	return nil
}

// shows reports whether the last versions that were kept are the given ones.
func (r *recorder) shows(objects map[client.ObjectKey]*v1alpha1.CredentialAssignment) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := map[client.ObjectKey]*invariants.Version{}
	for i := range r.versions {
		last[client.ObjectKeyFromObject(&r.versions[i].Object)] = &r.versions[i]
	}
	for key, v := range last {
		if o := objects[key]; (o == nil) != v.IsGone || o != nil && o.ResourceVersion != v.Object.ResourceVersion {
			return false
		}
	}
	for key := range objects {
		if last[key] == nil {
			return false
		}
	}
	return true
}

// History returns all that happened so far.
func (w *World) History() (*invariants.History, error) {
	if err := w.CatchUp(); err != nil {
		return nil, err
	}
	h := &invariants.History{
		Identities: map[string]string{Alice: AliceIdentity},
		Truth:      map[string]invariants.Holder{},
		Secrets:    []string{FrontDeskKey, NewKey, TenantKey, NeighbourKey, pinCode, cardNumber},
		Texts:      []invariants.Text{{Where: "the log", Content: w.Log()}},
		Bystanders: map[string]bool{},
	}
	for _, id := range []string{Credential, OtherCredential, NeighbourCredential} {
		if c, ok := w.Seam.Credential(id); ok {
			h.Truth[id] = invariants.Holder{ACSUserID: c.ACSUserID, UserIdentityID: c.UserIdentityID}
		}
	}
	w.fillIn(h)
	return h, w.addEvents(h)
}

// fillIn takes over what was kept, and who changed what.
func (w *World) fillIn(h *invariants.History) {
	changed := map[string]bool{}
	for _, c := range w.Seam.Calls() {
		changed[c.UserAgent] = c.Changed
	}
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	h.ChangedByHand = slices.Clone(w.history.byHand)
	for _, v := range w.history.versions {
		v.Process = w.history.writers[v.Revision]
		if v.IsGone {
			v.Process = w.history.released[string(v.Object.UID)]
		}
		h.Versions = append(h.Versions, v)
	}
	slices.SortStableFunc(h.Versions, func(a, b invariants.Version) int { return int(a.Revision - b.Revision) })
	for _, c := range w.history.calls {
		call := c.Call
		call.Changed = changed[c.tag]
		h.Calls = append(h.Calls, call)
	}
}

// addEvents adds what the operator tells in events: no secret may stand there.
func (w *World) addEvents(h *invariants.History) error {
	for _, namespace := range []string{w.FrontDesk, w.Tenant} {
		var events eventsv1.EventList
		if err := w.API.List(w.ctx, &events, client.InNamespace(namespace)); err != nil {
			return err
		}
		for i := range events.Items {
			h.Texts = append(h.Texts, invariants.Text{Where: "an event", Content: events.Items[i].String()})
		}
	}
	return nil
}

// Moment returns the present moment.
func (w *World) Moment() invariants.Moment { return w.moment() }

// Holder returns who holds the credential: the truth, whatever reads show.
func (w *World) Holder() invariants.Holder {
	c, _ := w.Seam.Credential(Credential)
	return invariants.Holder{ACSUserID: c.ACSUserID, UserIdentityID: c.UserIdentityID}
}

// Latest returns the last version of each object, as the watch has told it so far, by namespace and name.
func (w *World) Latest() map[client.ObjectKey]*invariants.Version {
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	last := map[client.ObjectKey]*invariants.Version{}
	for _, v := range w.history.versions {
		last[client.ObjectKeyFromObject(&v.Object)] = &v
	}
	return last
}

// NameOf names a holder as the worlds know them. Alice and her identity are one.
func NameOf(h invariants.Holder) string {
	switch {
	case h == invariants.Holder{}:
		return "nobody"
	case h.ACSUserID == Alice, h.ACSUserID == "" && h.UserIdentityID == AliceIdentity:
		return "Alice"
	case h.ACSUserID == Bob:
		return "Bob"
	case h.ACSUserID == Carol:
		return "Carol"
	case h.ACSUserID == Frank:
		return "Frank"
	case h.ACSUserID == Dave:
		return "Dave"
	case h.ACSUserID == Erin:
		return "Erin"
	default:
		return "somebody else"
	}
}
