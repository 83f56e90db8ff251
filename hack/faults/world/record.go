package world

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/invariants"
)

// recorder keeps what happens.
type recorder struct {
	mu       sync.Mutex
	versions []invariants.Version
	calls    []*seamCall
	byHand   []invariants.ChangeByHand
	writers  map[int64]string  // which process wrote a revision
	released map[string]string // which process took the finalizer off a deleted object
}

// seamCall is a call as it arrived at Seam.
type seamCall struct {
	invariants.Call
	isWrite bool
	tag     string // by which the fake Seam knows it
}

// watchObjects keeps every version of the objects in a namespace from now on.
func (w *World) watchObjects(namespace string) error {
	watching, err := w.API.Watch(w.ctx, &v1alpha1.CredentialAssignmentList{}, client.InNamespace(namespace))
	if err != nil {
		return fmt.Errorf("watching %s: %w", namespace, err)
	}
	go func() {
		defer watching.Stop()
		for event := range watching.ResultChan() {
			w.keep(event)
		}
		if w.ctx.Err() == nil {
			w.fail(fmt.Errorf("the watch of %s broke: the history has a gap", namespace))
		}
	}()
	return nil
}

// keep keeps what a watch tells. Bookmarks tell nothing.
func (w *World) keep(event watch.Event) {
	obj, ok := event.Object.(*v1alpha1.CredentialAssignment)
	if !ok {
		return
	}
	revision, _ := strconv.ParseInt(obj.ResourceVersion, 10, 64)
	v := invariants.Version{Revision: revision, Time: w.Now(), Object: *obj, IsGone: event.Type == watch.Deleted}
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	w.history.versions = append(w.history.versions, v)
}

// wrote notes which process wrote a version, unless the request changed nothing.
func (w *World) wrote(p *Process, asked, stored metav1.ObjectMeta) {
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	if w.history.writers == nil {
		w.history.writers, w.history.released = map[int64]string{}, map[string]string{}
	}
	if asked.ResourceVersion != stored.ResourceVersion {
		revision, _ := strconv.ParseInt(stored.ResourceVersion, 10, 64)
		w.history.writers[revision] = p.Name
	}
	if stored.DeletionTimestamp != nil && len(stored.Finalizers) == 0 {
		w.history.released[string(stored.UID)] = p.Name
	}
}

// moment returns when something happens at Seam now.
func (w *World) moment() invariants.Moment {
	m := invariants.Moment{Order: w.traffic.next(), Time: w.Now()}
	var err error
	if m.Revision, err = w.cluster.revision(w.ctx); err != nil {
		w.fail(err)
	}
	return m
}

// arrives keeps a call, and marks its request so that the fake Seam's journal can be matched with it.
func (w *World) arrives(p *Process, operation string, req *http.Request) *seamCall {
	var in struct {
		Credential string `json:"acs_credential_id"`
		User       string `json:"acs_user_id"`
		Identity   string `json:"user_identity_id"`
	}
	if json.Unmarshal(bodyOf(req), &in) != nil || in.Credential == "" {
		query := req.URL.Query()
		in.Credential, in.User, in.Identity = query.Get("acs_credential_id"), query.Get("acs_user_id"), query.Get("user_identity_id")
	}
	call := &seamCall{Call: invariants.Call{
		Process: p.Name, Operation: operation, CredentialID: in.Credential, Arrived: w.moment(),
		Token: tokenOf(req),
	}}
	if call.isWrite = operation == invariants.OpAssign || operation == invariants.OpUnassign; call.isWrite {
		call.Person = invariants.Person{ACSUserID: in.User, UserIdentityID: in.Identity}
	}
	call.tag = fmt.Sprintf("%s, call %d", p.Name, call.Arrived.Order)
	req.Header.Set("User-Agent", call.tag)
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	w.history.calls = append(w.history.calls, call)
	return call
}

// ends notes that a call has ended for the operator; its effect may still come.
func (w *World) ends(call *seamCall, status int) {
	order, now := w.traffic.next(), w.Now()
	w.history.mu.Lock()
	defer w.history.mu.Unlock()
	call.Status = status
	call.Ended = invariants.Moment{Order: order, Time: now, Revision: call.Arrived.Revision}
}
