package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/invariants"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// outcome is how a plan ended.
type outcome struct {
	boundaries []string
	isStruck   bool
	restarted  bool
	end        end
	broken     []invariants.Violation
	history    *invariants.History
	log        string
}

// end is what stands when all is over: who holds each credential, and each object in words.
type end struct {
	holders map[string]string
	objects map[string]string
}

// judge looks at what happened, from when the scenario began; after rest nothing may have been written.
func (r *run) judge(began, rest invariants.Moment) *outcome {
	out := &outcome{isStruck: r.struck > 0 || r.plan.boundary == 0, restarted: r.restarted}
	h, err := r.History()
	if err != nil {
		r.must(err)
		return out
	}
	h.AtRest, h.Calm, h.Timeout = rest, began, world.SeamTimeout
	h.Settle = r.calmAt().Sub(began.Time) + max(r.plan.scenario().patience, retryTime)
	if r.plan.fault().healsAtResync {
		h.Settle += restWatched
	}
	if o := r.object(r.plan.scenario().bystander); o != nil && r.plan.sparesBystanders() {
		h.Bystanders[string(o.UID)], h.Patience = true, bystandersPatience
	}
	out.history = h
	out.broken = invariants.Check(h)
	out.end = endOf(h)
	return out
}

// bystandersPatience is how long a change of an object may take whose workspace is well.
const bystandersPatience = 30 * time.Second

// sparesBystanders reports whether nothing goes wrong but in the workspace of others: what strikes a process strikes all.
func (p plan) sparesBystanders() bool { return p.boundary == 0 }

// endOf returns what stands at the end of a history.
func endOf(h *invariants.History) end {
	e := end{holders: map[string]string{}, objects: map[string]string{}}
	for id, holder := range h.Truth {
		e.holders[id] = world.NameOf(holder)
	}
	for i := range h.Versions {
		v := &h.Versions[i]
		words := inWords(&v.Object)
		if v.IsGone {
			words = "gone"
		}
		e.objects[v.Object.Name] = words
	}
	return e
}

// inWords tells of an object what is to be the same after a fault.
func inWords(o *world.Object) string {
	var words []string
	if !o.DeletionTimestamp.IsZero() {
		words = append(words, "deleted")
	}
	ready := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionReady)
	if ready != nil {
		words = append(words, fmt.Sprintf("%s %s", ready.Reason, ready.Status))
	}
	if to := o.Status.AssignedTo; to != nil {
		words = append(words, "assigned to "+world.NameOf(invariants.Holder{ACSUserID: to.ACSUserID, UserIdentityID: to.UserIdentityID}))
	}
	if len(o.Finalizers) > 0 {
		words = append(words, "with finalizer")
	}
	return strings.Join(words, ", ")
}

func (e end) String() string {
	var words []string
	for _, id := range slices.Sorted(maps.Keys(e.holders)) {
		words = append(words, fmt.Sprintf("%s holds …%s", e.holders[id], id[len(id)-4:]))
	}
	for _, name := range slices.Sorted(maps.Keys(e.objects)) {
		words = append(words, fmt.Sprintf("%s is %s", name, e.objects[name]))
	}
	return strings.Join(words, "; ")
}

func (e end) equals(other end) bool {
	return maps.Equal(e.holders, other.holders) && maps.Equal(e.objects, other.objects)
}

// whatBroke returns the invariants that broke, one in a line.
func (o *outcome) whatBroke() string {
	var lines []string
	for _, v := range o.broken {
		lines = append(lines, v.String())
	}
	return strings.Join(lines, "\n")
}
