package controllers

import (
	"cmp"
	"context"
	"errors"
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
	var next time.Time
	var failed error
	for _, obj := range group.objects {
		if stop.Err() != nil {
			return ctrl.Result{}, nil
		}
		due, err := r.handle(ctx, stop, group, obj)
		next = earlier(next, due)
		failed = errors.Join(failed, r.ordinary(err, &next))
	}
	if failed != nil || next.IsZero() {
		return ctrl.Result{}, failed
	}
	return ctrl.Result{RequeueAfter: max(next.Sub(r.Clock.Now()), time.Millisecond)}, nil
}

// ordinary takes out errors that only say that an object changed or went while it was handled.
func (r *Reconciler) ordinary(err error, next *time.Time) error {
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		*next = earlier(*next, r.Clock.Now().Add(conflictDelay))
		return nil
	}
	return err
}

// group is all objects that name one credential.
type group struct {
	objects  []*v1alpha1.CredentialAssignment
	memories map[types.UID]*memory
	lost     *lostWrites
	retains  func(*v1alpha1.CredentialAssignment) bool // whether its deletion takes nothing away
}

// group lists the objects of a credential, those that nobody has handled yet first: a claim cannot be judged before
// every claimant was heard.
func (r *Reconciler) group(ctx context.Context, id Credential) (*group, error) {
	g, err := r.rivals(ctx, id)
	if err != nil {
		return nil, err
	}
	uids := make([]types.UID, 0, len(g.objects))
	for _, obj := range g.objects {
		uids = append(uids, obj.UID)
	}
	g.memories, g.lost = r.memories.of(string(id), uids, r.Clock.Now())
	return g, nil
}

// rivals lists the objects of a credential, as the cache has them now.
func (r *Reconciler) rivals(ctx context.Context, id Credential) (*group, error) {
	var list v1alpha1.CredentialAssignmentList
	if err := r.Client.List(ctx, &list, client.MatchingFields{credentialIndex: string(id)}); err != nil {
		return nil, fmt.Errorf("listing the CredentialAssignments of credential %s: %w", id, err)
	}
	g := &group{retains: r.retains}
	for i := range list.Items {
		g.objects = append(g.objects, &list.Items[i])
	}
	slices.SortStableFunc(g.objects, func(a, b *v1alpha1.CredentialAssignment) int {
		return cmp.Or(
			cmp.Compare(min(a.Status.ObservedGeneration, 0), min(b.Status.ObservedGeneration, 0)),
			a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
			cmp.Compare(a.UID, b.UID),
		)
	})
	return g, nil
}

// lostUntil returns until when a write for the credential, of whatever object, whose answer was lost may still take
// effect. What the plan knows to have taken effect is not lost any more.
func (g *group) lostUntil() time.Time {
	until := g.lost.until
	for _, m := range g.memories {
		until = later(until, m.lostUntil())
	}
	return until
}

// stale reports whether the cache is behind what this process itself wrote.
func (g *group) stale() bool {
	return slices.ContainsFunc(g.objects, func(obj *v1alpha1.CredentialAssignment) bool {
		wrote := g.memories[obj.UID].wrote
		if wrote == "" {
			return false
		}
		order, err := resourceversion.CompareResourceVersion(obj.ResourceVersion, wrote)
		return err == nil && order < 0
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
	out, err := p.run(ctx)
	if err != nil {
		return time.Time{}, err
	}
	if err := p.report(ctx, out); err != nil {
		return time.Time{}, err
	}
	in.finalizer, in.record = p.marks()
	mem.inputs, mem.next = in, out.next
	return out.next, nil
}

// earlier returns the earlier of two times, of which zero means never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
