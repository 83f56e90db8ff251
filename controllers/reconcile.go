package controllers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// conflictDelay is how soon an object is looked at again that changed while it was handled. Mostly its event comes first.
const conflictDelay = 200 * time.Millisecond

// Reconcile handles every object that names the credential. It may be stopped after any line and started again.
func (r *Reconciler) Reconcile(stop context.Context, id Credential) (ctrl.Result, error) {
	ctx, end := r.outlive(stop)
	defer end()
	if err := r.prime(ctx); err != nil {
		return ctrl.Result{}, err
	}
	group, err := r.group(ctx, id)
	if err != nil {
		return ctrl.Result{}, err
	}
	if group.stale() {
		return ctrl.Result{}, nil // the newer version is on its way, and wakes this credential again
	}
	for i, obj := range group.objects {
		if stop.Err() != nil {
			return ctrl.Result{}, nil
		}
		if i > 0 {
			if known, err := r.knows(ctx, id, group); err != nil || !known {
				return ctrl.Result{RequeueAfter: time.Millisecond}, err
			}
		}
		due, err := r.handle(ctx, stop, group, obj)
		if err != nil {
			return ctrl.Result{}, err
		}
		group.due = earlier(group.due, due)
	}
	if group.due.IsZero() {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{RequeueAfter: max(group.due.Sub(r.Clock.Now()), time.Millisecond)}, nil
}

// group is all objects that name one credential.
type group struct {
	*Options
	objects  []*v1alpha1.CredentialAssignment
	memories map[types.UID]*memory
	lost     *lostWrites
	due      time.Time     // when the first of those handled so far is due again; zero for never
	leads    time.Duration // for how long this process has led
}

// group lists the objects of a credential in the order in which they are handled, with what is remembered of them.
func (r *Reconciler) group(ctx context.Context, id Credential) (*group, error) {
	r.memories.listen(string(id))
	g, err := r.rivals(ctx, id)
	if err != nil {
		return nil, err
	}
	uids := make([]types.UID, 0, len(g.objects))
	for _, obj := range g.objects {
		uids = append(uids, obj.UID)
	}
	now := r.Clock.Now()
	g.memories, g.lost = r.memories.of(string(id), uids, now)
	g.leads = now.Sub(r.primer.since)
	for _, obj := range g.objects {
		if mem := g.memories[obj.UID]; mem.inherited == nil {
			text, _ := recordOf(obj)
			mem.inherited = &text
		}
		g.pend(obj, now) // nobody writes before everybody's lost writes are known
	}
	slices.SortStableFunc(g.objects, func(a, b *v1alpha1.CredentialAssignment) int {
		return cmp.Or(
			cmp.Compare(g.place(a), g.place(b)),
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			cmp.Compare(a.UID, b.UID),
		)
	})
	return g, nil
}

// place returns when an object is handled: those whose recorded claim is borne out come first, so that no rival's key
// keeps them waiting; then those of which nobody can tell yet, since no other claim can be judged before every claimant
// was heard; then the rest.
func (g *group) place(obj *v1alpha1.CredentialAssignment) int {
	switch {
	case g.claims(obj) && g.proven(obj):
		return 0
	case g.noted(obj) || obj.Status.ObservedGeneration < 0 && !g.memory(obj).tried:
		return 1
	default:
		return 2
	}
}

// rivals lists the objects of a credential, as the cache has them now.
func (r *Reconciler) rivals(ctx context.Context, id Credential, options ...client.ListOption) (*group, error) {
	var list v1alpha1.CredentialAssignmentList
	options = append(options, client.MatchingFields{credentialIndex: string(id)})
	if err := r.Client.List(ctx, &list, options...); err != nil {
		return nil, fmt.Errorf("listing the CredentialAssignments of credential %s: %w", id, err)
	}
	g := &group{Options: &r.Options}
	for i := range list.Items {
		g.objects = append(g.objects, &list.Items[i])
	}
	return g, nil
}

// knows reports whether the group has everything that the cache shows by now: while a rival was handled, an object that
// goes before the rest may have been changed or deleted.
func (r *Reconciler) knows(ctx context.Context, id Credential, g *group) (bool, error) {
	now, err := r.rivals(ctx, id, client.UnsafeDisableDeepCopy)
	if err != nil {
		return false, err
	}
	known := map[types.UID]string{}
	for _, obj := range g.objects {
		known[obj.UID] = obj.ResourceVersion
	}
	for _, obj := range now.objects {
		version, ok := known[obj.UID]
		if !ok || isOlder(version, obj.ResourceVersion) {
			return false, nil
		}
	}
	return true, nil
}

// isOlder reports whether the first of two resource versions of one object is the older one.
func isOlder(version, than string) bool {
	order, err := resourceversion.CompareResourceVersion(version, than)
	return err == nil && order < 0
}

// pend brings what is remembered of an object's last write up to date with the record that stands. Others wait for a
// write that this process did not send itself only if the leader before it may have: whoever may annotate an object could
// keep them waiting for ever.
func (g *group) pend(obj *v1alpha1.CredentialAssignment, now time.Time) {
	last := &g.memories[obj.UID].last
	text, record := last.standing(obj)
	credible := g.leads < g.SeamTimeout && (g.noted(obj) || g.proven(obj))
	last.pend(text, record, credible, now, g.SeamTimeout)
}

// lostUntil returns until when a write for the credential, of whatever object, whose answer was lost may still take
// effect. What the plan knows to have taken effect is not lost any more.
func (g *group) lostUntil() time.Time {
	until := g.lost.until
	for _, m := range g.memories {
		until = later(until, m.last.lostUntil())
	}
	return until
}

// stale reports whether the cache is behind what this process itself wrote.
func (g *group) stale() bool {
	return slices.ContainsFunc(g.objects, func(obj *v1alpha1.CredentialAssignment) bool {
		wrote := g.memories[obj.UID].wrote
		return wrote != "" && isOlder(obj.ResourceVersion, wrote)
	})
}

// handle looks at one object, unless nothing changed since the last look and the next is not due. It returns when the
// next look is due; zero for none.
func (r *Reconciler) handle(ctx, stop context.Context, g *group, obj *v1alpha1.CredentialAssignment) (time.Time, error) {
	mem := g.memories[obj.UID]
	if mem.gone {
		return time.Time{}, nil
	}
	p := &pass{Reconciler: r, stop: stop, obj: obj, mem: mem, group: g, claim: g.claim(obj)}
	in, err := p.inputs(ctx)
	if err != nil {
		return time.Time{}, err
	}
	p.secret = in.secret
	now := r.Clock.Now()
	if in == mem.inputs && (mem.next.IsZero() || now.Before(mem.next)) {
		return mem.next, nil
	}
	mem.forgetWhatChanged(in, now)
	mem.tried = true
	out, err := p.run(ctx)
	if err == nil {
		err = p.report(ctx, out)
	}
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return now.Add(conflictDelay), nil // it changed or went while it was handled
	}
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "not handled", "object", obj.Namespace+"/"+obj.Name)
		out.next = p.retryAfter(v1alpha1.ReasonSeamUnavailable)
	}
	in.finalizer, in.record = p.marks()
	mem.inputs, mem.next = in, out.next
	mem.met = mem.met || out.reason != "" && !isOutage(out.reason)
	if err == nil && out.reason == v1alpha1.ReasonAssigned {
		mem.failures = 0
	}
	return out.next, nil
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
