package controllers

import (
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

const (
	// rivalsTimeout is how long the API server is asked for rivals. Somebody may have made them many and large: what is not
	// told in this time is left to the cache.
	rivalsTimeout = 500 * time.Millisecond
	rivalsPage    = 20
)

// takePeers takes over the objects of the credential as they are known now. The caller holds the credential's mutex. It
// reports whether the attempt's own object is among them.
func (a *attempt) takePeers(peers []assignment.Peer) bool {
	a.in.Peers, a.in.Orphans, a.in.Acknowledged = peers, a.credential.orphans(), a.credential.writes.acknowledged
	i := slices.IndexFunc(peers, func(p assignment.Peer) bool { return p.UID == a.in.Object.UID })
	if i >= 0 {
		a.in.Claim = assignment.ClaimOf(peers, i, assignment.Judge(peers))
	}
	return i >= 0
}

// refreshPeers judges the claim anew by the objects as they are known now. It fails with NotFound when the attempt's own
// object is not among them any more.
func (a *attempt) refreshPeers(ctx context.Context) error {
	cached, err := a.objectsOf(ctx, CredentialID(a.obj.Spec.ACSCredentialID))
	if err != nil {
		return err
	}
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	now := a.Clock.Now()
	a.credential.refresh(cached, &a.Options, now)
	if !a.takePeers(a.credential.peersWith(a.live, &a.Options, now)) {
		return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "credentialassignments"}, a.obj.Name)
	}
	return nil
}

// readRivals asks the API server itself, once, for the other objects of the credential: one may have come that the cache
// does not show yet.
func (a *attempt) readRivals(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, rivalsTimeout)
	defer cancel()
	namespaces := a.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	for _, namespace := range namespaces {
		err := a.readRivalsIn(asking, namespace)
		if asking.Err() != nil && ctx.Err() == nil {
			break
		}
		if err != nil {
			return fmt.Errorf("looking for other CredentialAssignments of credential %s: %w", a.obj.Spec.ACSCredentialID, err)
		}
	}
	a.in.Object.Deletion.AskedRivals = true
	return a.refreshPeers(ctx)
}

func (a *attempt) readRivalsIn(ctx context.Context, namespace string) error {
	options := &client.ListOptions{Namespace: namespace, LabelSelector: a.Selector, Limit: rivalsPage}
	client.MatchingFields{credentialIndex: a.obj.Spec.ACSCredentialID}.ApplyToList(options)
	for {
		var list v1alpha1.CredentialAssignmentList
		if err := a.Live.List(ctx, &list, options); err != nil {
			return err
		}
		for i := range list.Items {
			if obj := list.Items[i]; obj.UID != a.obj.UID { // a copy: the page itself may be large
				stripBallast(&obj)
				a.live[obj.UID] = &obj
			}
		}
		if list.Continue == "" {
			return nil
		}
		options.Continue = list.Continue
	}
}

// confirm asks the API server itself whether the object that takes over still stands.
func (a *attempt) confirm(ctx context.Context, uid string) error {
	known := a.known(types.UID(uid))
	if known == nil {
		return a.refreshPeers(ctx) // it has gone
	}
	var obj v1alpha1.CredentialAssignment
	err := a.Live.Get(ctx, client.ObjectKeyFromObject(known), &obj)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return fmt.Errorf("looking at the successor of %s/%s: %w", a.obj.Namespace, a.obj.Name, err)
	case err != nil || string(obj.UID) != uid || a.Selector != nil && !a.Selector.Matches(labels.Set(obj.Labels)):
		a.live[known.UID] = nil
	default:
		stripBallast(&obj)
		a.live[obj.UID] = &obj
	}
	return a.refreshPeers(ctx)
}

// known returns an object of the credential as it is known; nil when it is not.
func (a *attempt) known(uid types.UID) *v1alpha1.CredentialAssignment {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	if state := a.credential.objects[uid]; state != nil && state.obj != nil {
		return state.obj
	}
	return a.live[uid]
}
