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

// rivals are the other objects of a credential, as an attempt at one of them sees them.
type rivals struct {
	*Reconciler
	*subject
	// live is what the API server itself was asked for in this attempt. It counts where the cache is older, and says that
	// somebody is confirmed.
	live versions
}

// view is what the objects of the credential mean for one of them.
type view struct {
	peers        []assignment.Peer
	orphans      []assignment.PendingWrite
	acknowledged *assignment.PendingWrite
	claim        assignment.Claim
}

func (v view) putInto(in *assignment.Input) {
	in.Peers, in.Orphans, in.Acknowledged, in.Claim = v.peers, v.orphans, v.acknowledged, v.claim
}

// viewOf returns what the peers mean for one of them; false when it is not among them. It counts with the record that its
// attempt has come to, which may not be written yet. The caller holds the mutex.
func (c *credentialState) viewOf(uid types.UID, record assignment.Record, peers []assignment.Peer) (view, bool) {
	v := view{peers: slices.Clone(peers), orphans: c.orphans(), acknowledged: c.writes.acknowledged}
	peers = v.peers
	i := indexOf(peers, uid)
	if i < 0 {
		return v, false
	}
	peers[i].Record = record
	v.claim = assignment.ClaimOf(peers, i, assignment.Judge(peers))
	return v, true
}

// indexOf returns the index of an object among peers; -1 when it is not among them.
func indexOf(peers []assignment.Peer, uid types.UID) int {
	return slices.IndexFunc(peers, func(p assignment.Peer) bool { return p.UID == string(uid) })
}

// view looks at the objects as they are known now. It fails with NotFound when the attempt's own object is not among them
// any more.
func (r *rivals) view(ctx context.Context, record assignment.Record) (view, error) {
	cached, err := r.objectsOf(ctx, CredentialID(r.obj.Spec.ACSCredentialID))
	if err != nil {
		return view{}, err
	}
	r.credential.mu.Lock()
	defer r.credential.mu.Unlock()
	now := r.Clock.Now()
	r.credential.refresh(cached, &r.Options, now)
	peers := r.credential.peers
	if len(r.live) > 0 {
		peers = r.credential.peersWith(r.live, &r.Options, now)
	}
	v, isThere := r.credential.viewOf(r.obj.UID, record, peers)
	if !isThere {
		return v, apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "credentialassignments"}, r.obj.Name)
	}
	return v, nil
}

// ask asks the API server itself, once, for the other objects of the credential: one may have come that the cache does not
// show yet.
func (r *rivals) ask(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, rivalsTimeout)
	defer cancel()
	namespaces := r.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{metav1.NamespaceAll}
	}
	for _, namespace := range namespaces {
		err := r.askIn(asking, namespace)
		if asking.Err() != nil && ctx.Err() == nil {
			break
		}
		if err != nil {
			return fmt.Errorf("looking for other CredentialAssignments of credential %s: %w", r.obj.Spec.ACSCredentialID, err)
		}
	}
	return nil
}

func (r *rivals) askIn(ctx context.Context, namespace string) error {
	options := &client.ListOptions{Namespace: namespace, LabelSelector: r.Selector, Limit: rivalsPage}
	client.MatchingFields{credentialIndex: r.obj.Spec.ACSCredentialID}.ApplyToList(options)
	for {
		var list v1alpha1.CredentialAssignmentList
		if err := r.Live.List(ctx, &list, options); err != nil {
			return err
		}
		for i := range list.Items {
			if obj := list.Items[i]; obj.UID != r.obj.UID { // a copy: the page itself may be large
				stripBallast(&obj)
				r.live[obj.UID] = &obj
			}
		}
		if list.Continue == "" {
			return nil
		}
		options.Continue = list.Continue
	}
}

// confirm asks the API server itself whether the object that takes over still stands.
func (r *rivals) confirm(ctx context.Context, uid types.UID) error {
	known := r.known(uid)
	if known == nil {
		return nil // it has gone
	}
	var obj v1alpha1.CredentialAssignment
	err := r.Live.Get(ctx, client.ObjectKeyFromObject(known), &obj)
	switch {
	case client.IgnoreNotFound(err) != nil:
		return fmt.Errorf("looking at the successor of %s/%s: %w", r.obj.Namespace, r.obj.Name, err)
	case err != nil || obj.UID != uid || r.Selector != nil && !r.Selector.Matches(labels.Set(obj.Labels)):
		r.live[uid] = nil
	default:
		stripBallast(&obj)
		r.live[uid] = &obj
	}
	return nil
}

// known returns an object of the credential as it is known; nil when it is not.
func (r *rivals) known(uid types.UID) *v1alpha1.CredentialAssignment {
	r.credential.mu.Lock()
	defer r.credential.mu.Unlock()
	if state := r.credential.objects[uid]; state != nil && state.obj != nil {
		return state.obj
	}
	return r.live[uid]
}
