package invariants

import (
	"encoding/json"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// nothingSecretIsTold is S9: the API key, PIN codes and card numbers appear in no log, event, metric, status or error.
func nothingSecretIsTold(h *History, broken func(string, ...any)) {
	texts := h.Texts
	for i := range h.Versions {
		status, err := json.Marshal(h.Versions[i].Object.Status)
		if err != nil {
			panic(err) // the type can be encoded
		}
		texts = append(texts, Text{"the status of " + nameOf(&h.Versions[i].Object), string(status)})
	}
	for _, t := range texts {
		for n, secret := range h.Secrets {
			if strings.Contains(t.Content, secret) {
				broken("secret %d stands in %s", n+1, t.Where)
			}
		}
	}
}

// restCostsNothing is S10: with nothing changing, nothing is written to Seam or to the API server.
func restCostsNothing(h *History, broken func(string, ...any)) {
	if h.AtRest.Time.IsZero() {
		return
	}
	for i := range h.Versions {
		if v := &h.Versions[i]; v.Process != "" && v.Revision > h.AtRest.Revision {
			broken("%s was written though nothing had changed", nameOf(&v.Object))
		}
	}
	for i := range h.Calls {
		if c := &h.Calls[i]; c.isWrite() && c.Arrived.Order > h.AtRest.Order {
			broken("%s of %s was sent though nothing had changed", c.Operation, c.Person)
		}
	}
}

// everythingSettles is L1: when faults stop, every object is Ready or Stalled with the true reason, within the maximum retry
// delay, and stays so.
func everythingSettles(h *History, broken func(string, ...any)) {
	for _, v := range h.last() {
		o := &v.Object
		if v.IsGone || !o.DeletionTimestamp.IsZero() {
			continue
		}
		if late := v.Time.Sub(h.Calm.Time); v.Process != "" && late > h.Settle {
			broken("%s was still changed %s after the last fault", nameOf(o), late)
		}
		if why := h.untrue(o); why != "" {
			broken("%s %s", nameOf(o), why)
		}
	}
}

// untrue returns what is wrong with the conditions of an object at the end; empty when they are true.
func (h *History) untrue(o *v1alpha1.CredentialAssignment) string {
	ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
	stalled := meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionStalled)
	holder, exists := h.Truth[o.Spec.ACSCredentialID]
	held := h.holds(holder, declared(o))
	switch {
	case ready == nil || o.Status.ObservedGeneration != o.Generation:
		return "was never handled"
	case meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReconciling):
		return fmt.Sprintf("is still reconciling: %s, %s", ready.Reason, ready.Message)
	case o.Spec.Suspend:
		return ""
	case isReady(o) && !held:
		return fmt.Sprintf("is Ready, and %s holds the credential", holder)
	case !isReady(o) && !stalled:
		return fmt.Sprintf("is neither Ready nor Stalled: %s", ready.Reason)
	case ready.Reason == v1alpha1.ReasonHeldByOther && (held || holder.isFree()),
		ready.Reason == v1alpha1.ReasonDrifted && held,
		ready.Reason == v1alpha1.ReasonCredentialNotFound && exists:
		return fmt.Sprintf("is stalled by %s, and %s holds the credential", ready.Reason, holder)
	default:
		return ""
	}
}

// deletedObjectsGo is L2: a deleted object goes away, or says why not.
func deletedObjectsGo(h *History, broken func(string, ...any)) {
	for _, v := range h.last() {
		o := &v.Object
		if v.IsGone || o.DeletionTimestamp.IsZero() || !hasFinalizer(o) {
			continue
		}
		stalled := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionStalled)
		if stalled == nil || stalled.Message == "" {
			broken("%s is deleted, and neither goes nor says why not", nameOf(o))
		}
	}
}

// last returns the last version of each object.
func (h *History) last() map[string]*Version {
	last := map[string]*Version{}
	for i := range h.Versions {
		last[string(h.Versions[i].Object.UID)] = &h.Versions[i]
	}
	return last
}

// troubleStaysWhereItIs is L3: one workspace's trouble does not slow another's.
func troubleStaysWhereItIs(h *History, broken func(string, ...any)) {
	for i := range h.Versions {
		declares := &h.Versions[i]
		o := &declares.Object
		if !h.Bystanders[string(o.UID)] || declares.Process != "" || o.Status.ObservedGeneration == o.Generation {
			continue
		}
		if !h.isReadyBy(o, declares) {
			broken("%s was not Ready within %s, though nothing was wrong with its workspace", nameOf(o), h.Patience)
		}
	}
}

// isReadyBy reports whether what an object declares from a version on was Ready in time.
func (h *History) isReadyBy(o *v1alpha1.CredentialAssignment, declares *Version) bool {
	for i := range h.Versions {
		v := &h.Versions[i]
		if v.Object.UID == o.UID && v.Object.Status.ObservedGeneration >= o.Generation && isReady(&v.Object) &&
			v.Time.Sub(declares.Time) <= h.Patience {
			return true
		}
	}
	return false
}
