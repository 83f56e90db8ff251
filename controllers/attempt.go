package controllers

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
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
	*subject
	stop     context.Context // when done, no new call to Seam starts
	standing standing
	// isRoutine says that nothing is to be done, as far as anybody knows: it gives way to others with the same key.
	isRoutine bool
	// unlessKeyChanged is when the object is due again if the only news, a new version of its Secret, brings no new key; zero when
	// there is other news.
	unlessKeyChanged time.Time
	in               assignment.Input
	rivals           rivals
	session          session
	result           result
	events           []objectEvent // to be written when it has ended
}

// standing is whom an attempt keeps waiting, and so for whom it gives way.
type standing int

const (
	// onlyLooks: nobody waits for it. It gives way to others with the same key.
	onlyLooks standing = iota
	// looksUrgently: others wait for it, or it is being deleted. It takes its turn with the key as an owner does.
	looksUrgently
	// hasClaim: its object has the claim. Its calls, and those of deleted objects, may take as long as --seam-timeout says, all others 5 s.
	hasClaim
)

// result is what an attempt came to.
type result struct {
	written    *sentWrite // the change at Seam that it made; nil when it made none
	assignedAt time.Time  // when the assign was sent whose effect was seen
	hasRead    bool       // the credential was read
	next       time.Time  // when the object is due again; zero for never
	isPutOff   bool       // it ended before its turn
	failing    *keys.Key  // the key that it did not call, because the last calls with it failed; nil when it did
}

// newAttempt takes an object up, which is one of its credential's peers. The caller holds the credential's mutex.
func newAttempt(r *Reconciler, c *credentialState, state *objectState, s standing, leading time.Time) *attempt {
	object := &subject{client: r.Client, credential: c, state: state, obj: state.obj}
	if turn := &state.own.key.turn; turn.Wake == nil {
		credential := CredentialID(state.obj.Spec.ACSCredentialID)
		turn.Wake = func() { r.wake.add(credential) }
		state.own.key.question.Wake = turn.Wake
	}
	a := &attempt{Reconciler: r, subject: object, standing: s, rivals: rivals{Reconciler: r, subject: object, live: versions{}}}
	a.session = session{seen: observer{clock: r.Clock}, find: func(ctx context.Context) (*keys.Key, error) {
		return r.keyOf(ctx, a.obj, &state.own.key, state.schedule.trigger.secret)
	}}
	a.in = assignment.Input{
		Object: assignment.Object{
			UID:         string(a.obj.UID),
			Declared:    r.declaration(a.obj),
			Finalizer:   status.HasFinalizer(a.obj),
			Record:      state.datedRecord(a.obj, r.Clock.Now()),
			WorkspaceID: a.obj.Status.WorkspaceID,
		},
		Timing: assignment.Timing{SeamTimeout: r.SeamTimeout, HandOverGrace: r.HandOverGrace, LeadingSince: leading},
	}
	if state.deletion != nil {
		deletion := *state.deletion
		deletion.AskedRivals = false
		a.in.Object.Deletion = &deletion
	}
	v, _ := c.viewOf(a.obj.UID, a.in.Object.Record, c.peers)
	v.putInto(&a.in)
	return a
}

// lookAround takes over how the objects of the credential stand now.
func (a *attempt) lookAround(ctx context.Context) error {
	v, err := a.rivals.view(ctx, a.in.Object.Record)
	if err == nil {
		v.putInto(&a.in)
	}
	return err
}

// run makes the attempt with the object's own key. A deleted object whose key is of no use is cleaned up with the last key
// that worked.
func (a *attempt) run(ctx context.Context) error {
	if a.isStopping() {
		a.result.putOff(a.Clock.Now().Add(a.MinRetryDelay)) // a lease that was late may be renewed after all
		return nil
	}
	if a.isKeyAsBefore(ctx) {
		a.result.next = a.unlessKeyChanged
		return nil
	}
	a.keepKey(ctx)
	spare := a.state.own.key.spare()
	d, err := a.pursue(ctx)
	for _, k := range spare {
		if err != nil || a.in.Object.Deletion == nil || !isKeysFault(d.Reason) || k == nil || k == a.session.wanted {
			continue
		}
		before := d
		a.session.close()
		a.session, a.result.next, a.result.isPutOff, a.state.own.sends.Refused = spareSession(k, a.Clock), time.Time{}, false, nil
		if d, err = a.pursue(ctx); err == nil && isKeysFault(d.Reason) {
			before.Record = d.Record // of no use either: what the object's own key came to is told
			d = before
		}
	}
	if err != nil || d.Action != assignment.Report {
		return err
	}
	return a.report(ctx, d)
}

// isKeyAsBefore reports whether the only news is a Secret that changed, as by a label, and still holds the key of the last look.
func (a *attempt) isKeyAsBefore(ctx context.Context) bool {
	before := a.state.own.key.current
	if a.unlessKeyChanged.IsZero() || before == nil {
		return false
	}
	k, err := a.session.find(ctx)
	return err == nil && k == before
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

// mostSteps is more than any attempt takes.
const mostSteps = 64

var errTooManySteps = errors.New("an attempt came to no end")

// pursue decides and acts until there is nothing more to do but to report, or the object was let go.
func (a *attempt) pursue(ctx context.Context) (assignment.Decision, error) {
	for range mostSteps {
		d, err := a.decideByNow(ctx)
		switch {
		case err != nil || d.Action == assignment.Report:
			return d, err
		case a.result.written != nil && d.Action.IsWrite():
			a.result.next = a.Clock.Now()
			return onTheWay(d, a.in.Object), nil
		case a.isStopping():
			return a.putOffStopping(), nil
		}
		if err := a.carryOut(ctx, d); err != nil {
			return a.handleError(ctx, err)
		}
		if d.Action == assignment.RemoveFinalizer && a.in.Object.Deletion != nil {
			return d, nil
		}
	}
	return assignment.Decision{}, errTooManySteps
}

// decideByNow decides, and once more by the objects as they are now before it says that the declared person holds the
// credential: another object may have begun to write since, or have ended to, so that the read is old.
func (a *attempt) decideByNow(ctx context.Context) (assignment.Decision, error) {
	d := a.decide(ctx)
	if d.Action != assignment.Report || d.Reason != v1alpha1.ReasonAssigned {
		return d, nil
	}
	if err := a.lookAround(ctx); err != nil {
		return d, err
	}
	if ended, _ := a.credential.writesSoFar(); a.session.seen.writes != ended {
		a.session.seen.forget()
	}
	return a.decide(ctx), nil
}

// decide keeps what the record becomes, and what the read tells.
func (a *attempt) decide(ctx context.Context) assignment.Decision {
	d := assignment.Decide(a.input())
	ctrl.LoggerFrom(ctx).V(1).Info("decided", "state", d.State, "action", d.Action, "reason", d.Reason)
	// The next decision goes by what this one made of the record, although it is written at the end only: the read that showed
	// it is not repeated, and a crash before the report repeats the read.
	a.in.Object.Record = d.Record
	a.result.assignedAt = later(a.result.assignedAt, d.AssignedAt)
	a.state.own.sends.forgetShown(d.Record, a.in.Now, a.SeamTimeout)
	if d.IsReadable {
		a.state.own.key.lastGood = a.session.wanted
	}
	if !d.Read.At.IsZero() { // else it does not tell yet, and what was read before stands
		a.credential.update(func() { a.state.lastRead = d.Read })
	}
	return d
}

// input returns what is known now.
func (a *attempt) input() assignment.Input {
	a.in.Now = a.Clock.Now()
	a.in.Sends = a.state.own.sends.at(a.in.Now)
	a.in.Observed = a.session.seen.Observed
	return a.in
}

// carryOut does what is decided, and adds what it brought to the input.
func (a *attempt) carryOut(ctx context.Context, d assignment.Decision) error {
	switch d.Action {
	case assignment.AddFinalizer:
		err := a.setFinalizer(ctx, true)
		a.in.Object.Finalizer = status.HasFinalizer(a.obj)
		return err
	case assignment.RemoveFinalizer:
		return a.removeFinalizer(ctx, d)
	case assignment.ReadRivals:
		if err := a.rivals.ask(ctx); err != nil {
			return err
		}
		a.in.Object.Deletion.AskedRivals = true
		return a.lookAround(ctx)
	case assignment.ConfirmSuccessor:
		if err := a.rivals.confirm(ctx, types.UID(d.Successor)); err != nil {
			return err
		}
		return a.lookAround(ctx)
	case assignment.Assign, assignment.Unassign:
		return a.write(ctx, d)
	default:
		return a.observe(ctx, d)
	}
}

// removeFinalizer takes the finalizer off; a deleted object is gone then.
func (a *attempt) removeFinalizer(ctx context.Context, d assignment.Decision) error {
	if a.in.Object.Deletion == nil {
		err := a.setFinalizer(ctx, false)
		a.in.Object.Finalizer = status.HasFinalizer(a.obj)
		return err
	}
	obj := a.obj
	if err := a.letGo(ctx, d.Record.Pending); err != nil {
		return err
	}
	a.emit(ctx, obj, eventForGone(d, obj.Spec.ACSCredentialID))
	if successor := a.rivals.live[types.UID(d.Successor)]; successor != nil && d.Reason == assignment.HandedOver {
		a.emit(ctx, successor, eventForSuccessor)
	}
	return nil
}

// lookTimeout is how long a call may take for a live object without the claim, so that no key keeps a worker for long.
const lookTimeout = 5 * time.Second

// observe reads one fact from Seam.
func (a *attempt) observe(ctx context.Context, d assignment.Decision) error {
	if d.Action == assignment.ReadCredential && a.isRoutine && a.session.key == nil {
		if k, err := a.session.find(ctx); err != nil || a.state.own.key.mayShare(k) {
			return a.observeWithOthers(ctx, k, err)
		}
	}
	a.state.own.key.question.Quit()
	if err := a.session.open(ctx, &a.state.own.key.turn, a.isUrgent()); err != nil {
		return err
	}
	ctx, ended := a.session.key.FirstCall(ctx)
	defer ended()
	ctx, cancel := a.boundLook(ctx)
	defer cancel()
	if d.Action == assignment.ReadCredential {
		a.session.seen.writes, a.in.Acknowledged = a.credential.writesSoFar()
	}
	if err := a.session.seen.read(ctx, a.session.key, a.obj.Spec.ACSCredentialID, d); err != nil {
		return err
	}
	a.session.key.Worked()
	a.session.key.BelongsTo(a.session.seen.WorkspaceID)
	a.result.hasRead = a.result.hasRead || d.Action == assignment.ReadCredential
	return nil
}

// observeWithOthers reads the credential as others with the same key read theirs, when there are many: by pages of what Seam lists.
func (a *attempt) observeWithOthers(ctx context.Context, k *keys.Key, err error) error {
	if err != nil {
		return err
	}
	own := &a.state.own.key
	a.session.wanted = k
	ended, acknowledged := a.credential.writesSoFar()
	if !own.question.Waits(k) {
		own.writesBefore = ended
	}
	a.session.seen.writes, a.in.Acknowledged = own.writesBefore, acknowledged
	ctx, cancel := a.boundLook(ctx)
	defer cancel()
	reading, err := k.ReadCredential(ctx, &own.question, a.obj.Spec.ACSCredentialID, func() error {
		return a.session.open(ctx, &own.turn, a.isUrgent())
	})
	if err = a.session.seen.takeReading(reading, err); err != nil {
		return err
	}
	if a.session.key != nil {
		k.Worked()
	}
	k.BelongsTo(a.session.seen.WorkspaceID)
	a.result.hasRead, a.isRoutine = true, false // another read is for what this one showed
	return nil
}

// boundLook bounds a call for a live object without the claim.
func (a *attempt) boundLook(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.standing == hasClaim || a.in.Object.Deletion != nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, lookTimeout)
}

// isUrgent reports whether others with the same key let it go first.
func (a *attempt) isUrgent() bool { return a.standing != onlyLooks && !a.isRoutine }

// isStopping reports whether no new call to Seam may start, because the operator was asked to stop or leads no more.
func (a *attempt) isStopping() bool { return a.stop.Err() != nil || !a.Lease.Held() }

// putOff ends an attempt before its turn.
func (r *result) putOff(until time.Time) { r.next, r.isPutOff = until, true }

// putOffStopping is for the operator that stops: what was changed is told, anything else is left to the next process.
func (a *attempt) putOffStopping() assignment.Decision {
	a.result.putOff(a.Clock.Now().Add(a.MinRetryDelay))
	if w := a.result.written; w != nil {
		return a.interrupted(reasonDuring(w.Operation), "Seam has accepted the change; the operator stopped before it saw it")
	}
	return a.interrupted("", "")
}

// interrupted is the decision of an attempt that an error ended.
func (a *attempt) interrupted(reason, message string) assignment.Decision {
	d := assignment.Interrupted(a.input(), reason, message)
	d.HasRead = a.result.hasRead || a.result.written != nil
	return d
}

// handleError says what an error means for the object. An error of the API server is returned as it is.
func (a *attempt) handleError(ctx context.Context, err error) (assignment.Decision, error) {
	var busy *keys.BusyError
	key := a.session.key
	switch {
	case a.isStopping() && !seam.IsOutcomeUnknown(err): // a lost write has to be told, whatever else ends
		return a.putOffStopping(), nil
	case errors.Is(err, errOtherWrites):
		a.result.putOff(a.Clock.Now().Add(otherWriteDelay))
		return a.interrupted("", ""), nil
	case key != nil && key.IsPreempted():
		a.result.putOff(a.Clock.Now().Add(a.MinRetryDelay))
		return a.interrupted("", ""), nil
	case errors.As(err, &busy):
		a.result.putOff(a.Clock.Now().Add(busy.Wait))
		if busy.Resting {
			return a.interrupted(v1alpha1.ReasonRateLimited, rateLimited), nil
		}
		return a.interrupted("", ""), nil
	}
	reason, message := reasonOf(err, a.obj.Spec.APIKeySecretRef.Name)
	if reason == "" {
		return assignment.Decision{}, err
	}
	ctrl.LoggerFrom(ctx).Info("not done", "reason", reason, "error", err.Error())
	a.result.next = a.state.schedule.retryAt(assignment.ProgressOf(reason, a.in.Object.Deletion != nil), a.paceOf(a.obj), a.Clock.Now())
	if deletion := a.in.Object.Deletion; deletion != nil && assignment.IsOutage(reason) {
		deletion.WaitsSince = time.Time{} // it waits for its successor with Seam in sight
	}
	a.tellKey(err)
	return a.interrupted(reason, message), nil
}

// tellKey tells the key, and so all who use it, what an error says about it.
func (a *attempt) tellKey(err error) {
	_, isSaid := seam.RetryAfter(err)
	failing, isFailing := errors.AsType[*keys.FailingError](err)
	switch key := a.session.key; {
	case isFailing: // it was not called
		a.result.failing = a.session.wanted
		a.result.next = later(a.result.next, failing.Until)
	case isSaid || seam.IsRateLimited(err):
		key.Rest(err)
		a.result.next = later(a.result.next, key.RestsUntil())
	case key != nil && blamesKey(err):
		key.Failed(err)
	}
}

// onTheWay reports on an attempt that made its one change at Seam and has another one to make.
func onTheWay(d assignment.Decision, o assignment.Object) assignment.Decision {
	return assignment.Decision{
		Action:        assignment.Report,
		IsInterrupted: true,
		Reason:        reasonDuring(d.Action.Operation()),
		Message:       "on the way to " + o.Declared.Person.String(),
		Record:        o.Record,
		IsReadable:    d.IsReadable,
	}
}
