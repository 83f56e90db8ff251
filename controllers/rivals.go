package controllers

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
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

// refreshPeers judges the claim anew by the objects as they are known now.
func (a *attempt) refreshPeers(ctx context.Context) error {
	cached, err := a.objectsOf(ctx, CredentialID(a.obj.Spec.ACSCredentialID))
	if err != nil {
		return err
	}
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	now := a.Clock.Now()
	a.in.Peers, a.in.Orphans = a.credential.peersOf(cached, a.live, &a.Options, now)
	a.in.Acknowledged, a.epoch = a.credential.acknowledged, a.credential.epoch
	i := indexOf(a.in.Peers, a.obj.UID)
	if i < 0 {
		return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "credentialassignments"}, a.obj.Name)
	}
	a.in.Peers[i] = a.state.peer(a.obj, &a.Options, now)
	a.in.Peers[i].Record = a.in.Object.Record
	a.in.Claim = assignment.ClaimOf(a.in.Peers, i, assignment.Judge(a.in.Peers))
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
	cached, err := a.objectsOf(ctx, CredentialID(a.obj.Spec.ACSCredentialID))
	if err != nil {
		return err
	}
	for i := range cached {
		if string(cached[i].UID) != uid {
			continue
		}
		var obj v1alpha1.CredentialAssignment
		err := a.Live.Get(ctx, client.ObjectKeyFromObject(&cached[i]), &obj)
		switch {
		case client.IgnoreNotFound(err) != nil:
			return fmt.Errorf("looking at the successor of %s/%s: %w", a.obj.Namespace, a.obj.Name, err)
		case apierrors.IsNotFound(err) || string(obj.UID) != uid || !a.isSelected(&obj):
			a.live[cached[i].UID] = nil
		default:
			stripBallast(&obj)
			a.live[obj.UID] = &obj
		}
	}
	return a.refreshPeers(ctx)
}

// isSelected reports whether this operator handles the object.
func (a *attempt) isSelected(obj *v1alpha1.CredentialAssignment) bool {
	return a.Selector == nil || a.Selector.Matches(labels.Set(obj.Labels))
}
