package controllers

import (
	"context"
	"errors"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/controllers/internal/status"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// attempt is one look at one object, and what it does: it observes what the decision asks for, carries the decision out, and
// reports.
type attempt struct {
	*Reconciler
	stop       context.Context // when done, no new call to Seam starts
	credential *credentialState
	state      *objectState
	obj        *v1alpha1.CredentialAssignment
	hasClaim   bool

	in       assignment.Input
	key      *keys.Key
	seen     observer
	live     versions   // what the API server itself was asked for
	written  *sentWrite // the change at Seam that this attempt made; nil when it made none
	assigned time.Time  // when the assign was sent whose effect was seen
	next     time.Time  // when the object is due again; zero for never
	isPutOff bool       // the attempt ended before its turn
	hasRead  bool       // the credential was read
	isSpare  bool       // it was read with another key than the object's own
	isUrgent bool       // it does not give way to others with the same key
	epoch    int        // that of the credential when the other objects were looked at
}

func newAttempt(r *Reconciler, c *credentialState, state *objectState, obj *v1alpha1.CredentialAssignment, claim assignment.Claim, leading time.Time) *attempt {
	a := &attempt{Reconciler: r, credential: c, state: state, obj: obj, live: versions{}, seen: observer{clock: r.Clock}, epoch: c.epoch}
	now := r.Clock.Now()
	a.in = assignment.Input{
		Object: assignment.Object{
			UID:         string(obj.UID),
			Declared:    r.declaration(obj),
			Finalizer:   status.HasFinalizer(obj),
			Record:      state.recordOf(obj, now),
			WorkspaceID: obj.Status.WorkspaceID,
		},
		Claim:        claim,
		Peers:        c.peers,
		Orphans:      c.orphansBeside(nil),
		Acknowledged: c.acknowledged,
		Timing:       assignment.Timing{SeamTimeout: r.SeamTimeout, HandOverGrace: r.HandOverGrace, LeadingSince: leading},
	}
	if !obj.DeletionTimestamp.IsZero() {
		a.in.Object.Deletion = &assignment.Deletion{
			SeenAt:     state.deletionSeen,
			WaitsSince: state.own.waitsSince,
			Unassigned: state.own.hasUnassigned,
		}
	}
	return a
}

// lookTimeout is how long a call for an object without the claim may take, so that no key keeps a worker for long.
const lookTimeout = 5 * time.Second

// run makes the attempt with the object's own key. A deleted object whose key is of no use is cleaned up with the last key
// that worked.
func (a *attempt) run(ctx context.Context) error {
	if a.isStopping() {
		a.next, a.isPutOff = a.Clock.Now().Add(a.MinRetryDelay), true // a lease that was late may be renewed after all
		return nil
	}
	a.keepKey(ctx)
	spare := a.state.own.key.spare()
	d, err := a.pursue(ctx, a.ownKey)
	for _, k := range spare {
		if err != nil || a.in.Object.Deletion == nil || !isKeysFault(d.Reason) {
			break
		}
		if k != nil && k != a.key {
			d, err = a.pursueWith(ctx, k, d)
		}
	}
	if err != nil || d.Action != assignment.Report {
		return err
	}
	return a.report(ctx, d)
}

// pursueWith tries another key, and returns what came before when that is of no use either.
func (a *attempt) pursueWith(ctx context.Context, k *keys.Key, before assignment.Decision) (assignment.Decision, error) {
	a.closeKey()
	a.isSpare = true
	a.seen = observer{clock: a.Clock} // what the other key read proves nothing
	a.next, a.isPutOff, a.state.own.sends.Refused = time.Time{}, false, nil
	d, err := a.pursue(ctx, func(context.Context) (*keys.Key, error) { return k, nil })
	if err == nil && isKeysFault(d.Reason) {
		before.Record = d.Record
		return before, nil
	}
	return d, err
}

// isKeysFault reports whether another key could mend what a reason says.
func isKeysFault(reason string) bool {
	switch reason {
	case v1alpha1.ReasonSecretNotFound, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonWorkspaceMismatch, v1alpha1.ReasonCredentialNotFound:
		return true
	default:
		return false
	}
}

// pursue decides and acts until there is nothing more to do but to report, or the object was let go.
func (a *attempt) pursue(ctx context.Context, findKey func(context.Context) (*keys.Key, error)) (assignment.Decision, error) {
	for range mostSteps {
		d, err := a.decideByNow(ctx)
		if err != nil || d.Action == assignment.Report {
			return d, err
		}
		if a.written != nil && d.Action.IsWrite() {
			return a.onTheWay(d), nil
		}
		if a.isStopping() {
			return a.explain(ctx, errStopping)
		}
		if err := a.carryOut(ctx, d, findKey); err != nil {
			return a.explain(ctx, err)
		}
		if d.Action == assignment.RemoveFinalizer && a.in.Object.Deletion != nil {
			return d, nil
		}
	}
	return assignment.Decision{}, errTooManySteps
}

// mostSteps is more than any attempt takes.
const mostSteps = 64

var errTooManySteps = errors.New("an attempt came to no end")

// decideByNow decides, and once more by the objects as they are now before it says that the declared person holds the
// credential: another object may have begun to write since.
func (a *attempt) decideByNow(ctx context.Context) (assignment.Decision, error) {
	d := a.decide()
	if d.Action != assignment.Report || d.Reason != v1alpha1.ReasonAssigned || !a.othersWrote() {
		return d, nil
	}
	if err := a.refreshPeers(ctx); err != nil {
		return d, err
	}
	return a.decide(), nil
}

// othersWrote reports whether a write for the credential began or ended since this was asked last.
func (a *attempt) othersWrote() bool {
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	changed := a.credential.epoch != a.epoch
	a.epoch = a.credential.epoch
	return changed
}

// decide takes the time, and keeps what the record becomes.
func (a *attempt) decide() assignment.Decision {
	a.in.Now = a.Clock.Now()
	a.in.Sends = a.state.own.sends.at(a.in.Now)
	a.in.Observed = a.seen.Observed
	d := assignment.Decide(a.in)
	ctrl.Log.WithName("credentialassignment").V(1).Info("decided", "object", a.obj.Namespace+"/"+a.obj.Name, "state", d.State, "action", d.Action, "reason", d.Reason)
	a.in.Object.Record = d.Record
	if !d.AssignedAt.IsZero() {
		a.assigned = d.AssignedAt
	}
	a.state.own.sends.settle(d.Record, a.in.Now, a.SeamTimeout)
	return d
}

// carryOut does what is decided, and adds what it brought to the input.
func (a *attempt) carryOut(ctx context.Context, d assignment.Decision, findKey func(context.Context) (*keys.Key, error)) error {
	switch d.Action {
	case assignment.AddFinalizer:
		return a.setFinalizer(ctx, true)
	case assignment.RemoveFinalizer:
		return a.removeFinalizer(ctx, d)
	case assignment.ReadRivals:
		return a.readRivals(ctx)
	case assignment.ConfirmSuccessor:
		return a.confirm(ctx, d.Successor)
	default:
		return a.call(ctx, d, findKey)
	}
}

// call reads from Seam or writes to it, once it is the object's turn with its key.
func (a *attempt) call(ctx context.Context, d assignment.Decision, findKey func(context.Context) (*keys.Key, error)) error {
	if err := a.openKey(ctx, findKey); err != nil {
		return err
	}
	if d.Action.IsWrite() {
		return a.write(ctx, d)
	}
	return a.observe(ctx, d)
}

// observe reads one fact from Seam.
func (a *attempt) observe(ctx context.Context, d assignment.Decision) error {
	if !a.hasClaim && a.in.Object.Deletion == nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookTimeout)
		defer cancel()
	}
	a.noteWrites(d)
	if err := a.seen.read(ctx, a.key, a.obj.Spec.ACSCredentialID, d); err != nil {
		return err
	}
	a.key.Worked()
	a.hasRead = a.hasRead || d.Action == assignment.ReadCredential
	a.noteRead()
	return nil
}

// noteWrites notes which writes of any object the read comes after.
func (a *attempt) noteWrites(d assignment.Decision) {
	if d.Action != assignment.ReadCredential {
		return
	}
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	a.seen.writes = a.credential.writes
	a.in.Acknowledged = a.credential.acknowledged
}

// noteRead lets the other objects know what the object's own key read, once it reads the credential in the right workspace.
func (a *attempt) noteRead() {
	a.in.Observed = a.seen.Observed
	if !assignment.IsReadable(a.in) {
		return
	}
	own := &a.state.own
	own.key.lastGood = a.key
	read := assignment.ReadOf(a.in)
	a.credential.mu.Lock()
	defer a.credential.mu.Unlock()
	if !read.At.IsZero() { // else it does not tell yet, and what was read before stands
		a.state.lastRead = read
	}
}

// keepKey keeps the key of an object that has something to clean up and is not looked at by itself: when it is deleted with
// its namespace, the Secret may be gone before it is looked at. A key that worked is worth more.
func (a *attempt) keepKey(ctx context.Context) {
	o := a.in.Object
	if own := &a.state.own.key; own.lastGood == nil && o.Finalizer && (o.Deletion != nil || o.Declared.Suspended) {
		if k, err := a.ownKey(ctx); err == nil {
			own.lastGood = k
		}
	}
}

// ownKey returns the key that the object's Secret holds. The Secret is read when it is another version than before.
func (a *attempt) ownKey(ctx context.Context) (*keys.Key, error) {
	own := &a.state.own.key
	_, entry := secretRef(a.obj)
	of := keySource{entry: entry, workspaceID: a.obj.Spec.WorkspaceID, version: a.state.schedule.trigger.secret}
	if own.current != nil && own.source == of {
		return own.current, nil
	}
	token, version, err := a.token(ctx, a.obj)
	if err != nil {
		return nil, err
	}
	k, err := a.Keys.Key(token, a.obj.Spec.WorkspaceID)
	if err != nil {
		return nil, err
	}
	of.version = version
	own.current, own.source = k, of
	return k, nil
}

// openKey waits for the object's turn with a key, by an error that says how long.
func (a *attempt) openKey(ctx context.Context, find func(context.Context) (*keys.Key, error)) error {
	if a.key != nil {
		return nil
	}
	k, err := find(ctx)
	if err != nil {
		return err
	}
	if err := k.Admit(&a.state.own.key.turn, a.isUrgent); err != nil {
		return err
	}
	a.key = k
	return nil
}

func (a *attempt) closeKey() {
	if a.key != nil {
		a.key.Leave()
		a.key = nil
	}
}

// errStopping says that no new call to Seam may start, because the operator was asked to stop or leads no more.
var errStopping = errors.New("the operator is stopping")

// isStopping reports whether no new call to Seam may start.
func (a *attempt) isStopping() bool { return a.stop.Err() != nil || !a.Lease.Held() }

// explain says what an error means for the object. An error of the API server is returned as it is.
func (a *attempt) explain(ctx context.Context, err error) (assignment.Decision, error) {
	d := assignment.Decision{Action: assignment.Report, Record: a.in.Object.Record, HasRead: a.hasRead || a.written != nil}
	var busy *keys.BusyError
	switch {
	case a.isStopping() && !seam.IsOutcomeUnknown(err):
		a.next, a.isPutOff = a.Clock.Now().Add(a.MinRetryDelay), true // as above
		return a.interrupted(d), nil
	case errors.As(err, &busy):
		a.next, a.isPutOff = a.Clock.Now().Add(busy.Wait), true
		if busy.Resting {
			d.Reason, d.Message = v1alpha1.ReasonRateLimited, rateLimited
		}
		return d, nil
	}
	d.Reason, d.Message = a.reasonOf(err)
	if d.Reason == "" {
		return d, err
	}
	ctrl.LoggerFrom(ctx).Info("not done", "object", a.obj.Namespace+"/"+a.obj.Name, "reason", d.Reason, "error", err.Error())
	a.next = a.retryAt(d.Reason)
	if assignment.IsOutage(d.Reason) {
		a.state.own.waitsSince = time.Time{} // it waits for its successor with Seam in sight
	}
	if _, isSaid := seam.RetryAfter(err); isSaid || seam.IsRateLimited(err) {
		a.key.Rest(err)
		a.next = later(a.next, a.key.RestsUntil())
	}
	return d, nil
}

// interrupted is for the operator that stops: what was changed is told, anything else is left to the next process.
func (a *attempt) interrupted(d assignment.Decision) assignment.Decision {
	if a.written == nil {
		return d
	}
	d.Reason, d.Message = reasonDuring(a.written.Operation), "Seam has accepted the change; the operator stopped before it saw it"
	return d
}

// onTheWay ends an attempt that made its one change at Seam and has another one to make.
func (a *attempt) onTheWay(d assignment.Decision) assignment.Decision {
	a.next = a.Clock.Now()
	return assignment.Decision{
		Action:  assignment.Report,
		Reason:  reasonDuring(d.Action.Operation()),
		Message: "on the way to " + a.in.Object.Declared.Person.String(),
		Record:  a.in.Object.Record,
	}
}
