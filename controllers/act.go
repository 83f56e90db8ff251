package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// errOtherWrites says that another object of the credential writes.
var errOtherWrites = errors.New("another object of the credential writes")

// otherWriteDelay is how soon an object looks again that wants to write while another one of its credential does.
const otherWriteDelay = time.Second

// sentWrite is a change at Seam that an attempt made.
type sentWrite struct {
	assignment.PendingWrite
	cause assignment.Cause
}

// writeOutcome is what became of a write.
type writeOutcome int

const (
	writeAccepted writeOutcome = iota
	writeRefused               // Seam said no, and says so again until something changes
	writeLost                  // the answer was lost: nobody knows
	writeUnsent                // it did not go out, or Seam said to come later
)

// writeOutcomeOf returns what the answer to a write says. Its errors are those of seam.Client.
func writeOutcomeOf(err error) writeOutcome {
	if err == nil {
		return writeAccepted
	}
	switch seam.ClassOf(err) {
	case seam.NotFound, seam.Invalid, seam.Unauthorized:
		return writeRefused
	case seam.RateLimited, seam.Unavailable:
		return writeUnsent
	default: // seam.OutcomeUnknown, and whatever nobody has thought of: it may come about
		return writeLost
	}
}

// write records the decided change and then asks Seam for it, in that order: no record, no call. While it lasts, no other
// object of the credential writes.
func (a *attempt) write(ctx context.Context, d assignment.Decision) error {
	if err := a.session.open(ctx, &a.state.own.key.turn, a.isUrgent()); err != nil {
		return err
	}
	// From here on no other object of the credential writes, so that what is decided now stays true until the answer.
	if !a.credential.beginWrite() {
		return errOtherWrites
	}
	defer a.credential.endWrite()
	if err := a.lookAround(ctx); err != nil {
		return err
	}
	// Since the decision the turn with the key may have taken long, and the cache may show a rival with a record.
	if again := a.decide(ctx); again.Action != d.Action || again.Person != d.Person {
		return nil // the others changed: the attempt goes on with what is decided now
	}
	if a.session.seen.isOld(a.credential) {
		a.session.seen.forget()
		return nil
	}
	// The turn with the key has come already: the time in the record is the time of the call, but for the patch between.
	w := sentWrite{PendingWrite: newWrite(d, a.in.Object.Record.Pending, a.Clock.Now()), cause: assignment.CauseOf(a.in.Object)}
	record := a.in.Object.Record.With(w.PendingWrite, d.IsRecordedPerson)
	if err := a.putRecord(ctx, record, a.session.seen.WorkspaceID); err != nil {
		return err
	}
	a.in.Object.Record, a.in.Object.WorkspaceID = record, a.obj.Status.WorkspaceID
	answer, err := a.send(ctx, w.PendingWrite)
	return a.takeAnswer(ctx, w, answer, err)
}

// newWrite returns the entry of the decided change. Its time in the record is in whole seconds, and told apart from others.
func newWrite(d assignment.Decision, pending []assignment.PendingWrite, now time.Time) assignment.PendingWrite {
	w := assignment.PendingWrite{
		Operation: d.Action.Operation(),
		Person:    d.Person,
		StartedAt: now.Truncate(time.Second),
		SentAt:    now,
	}
	// Two entries of the same second would be taken for one, and an answer would settle both.
	for slices.ContainsFunc(pending, w.Same) {
		w.StartedAt = w.StartedAt.Add(time.Second)
	}
	return w
}

// send asks Seam for the recorded change. The call ends, whatever happens, a time-out after its record was sent.
func (a *attempt) send(ctx context.Context, w assignment.PendingWrite) (seam.WriteResult, error) {
	ctx, cancel := context.WithTimeout(ctx, a.SeamTimeout-a.Clock.Since(w.SentAt))
	defer cancel()
	if a.isStopping() || a.session.seen.isOld(a.credential) {
		cancel() // nothing goes out any more, and the client says so
	}
	request := seam.Assignment{
		CredentialID:   a.obj.Spec.ACSCredentialID,
		ACSUserID:      w.Person.ACSUserID,
		UserIdentityID: w.Person.UserIdentityID,
	}
	if w.Operation == v1alpha1.OperationUnassign {
		return a.session.key.UnassignCredential(ctx, request)
	}
	return a.session.key.AssignCredential(ctx, request)
}

// takeAnswer takes over what the answer to a write says. The error that it returns ends the attempt.
func (a *attempt) takeAnswer(ctx context.Context, w sentWrite, answer seam.WriteResult, err error) error {
	a.credential.update(func() { // reads from before it are not acted on
		a.credential.writes.ended++
		a.state.ownWrites++
	})
	// Whatever the answer is, what was read before the call is not true any more, or not known to be.
	holder := a.session.seen.Holder
	a.session.seen.forget()
	switch writeOutcomeOf(err) {
	case writeAccepted:
		a.accept(ctx, w, answer)
		return nil
	case writeLost:
		// Its entry stays. The attempt ends here, so that the next call for the credential is a read.
		a.result.written = &w
		a.state.own.sends.sent(w.PendingWrite, a.SeamTimeout, a.MaxRetryDelay)
		return err
	case writeRefused:
		a.in.Object.Record = a.in.Object.Record.Without(w.PendingWrite)
		own := &a.state.own.sends
		own.Refused = refusalOf(w.PendingWrite, holder, err, a.obj.Spec.APIKeySecretRef.Name)
		again := a.paceOf(a.obj).resync
		if seam.IsUnauthorized(err) {
			again = min(again, a.MaxRetryDelay/2) // the key is at fault, not the request: it is tried again with the next look
		}
		own.refusedUntil = a.Clock.Now().Add(again)
		if seam.IsUnauthorized(err) && a.in.Object.Deletion != nil {
			return err // perhaps another key may
		}
		return nil
	default:
		// Nothing can come of it: its entry leaves with the report of this attempt.
		a.in.Object.Record = a.in.Object.Record.Without(w.PendingWrite)
		if !a.isStopping() && seam.ClassOf(err) == seam.Unavailable {
			return nil // writing the record took too long for the call: the credential is read again
		}
		return err
	}
}

// accept takes over a change that Seam accepted. What is left to see is that reads show it.
func (a *attempt) accept(ctx context.Context, w sentWrite, answer seam.WriteResult) {
	w.Acknowledged = true
	a.result.written, a.in.Acknowledged = &w, &w.PendingWrite
	a.in.Object.Record = a.in.Object.Record.Without(w.PendingWrite).With(w.PendingWrite, false)
	a.credential.update(func() {
		a.state.remember(w.PendingWrite)
		a.credential.writes.acknowledged = &w.PendingWrite
	})
	own := &a.state.own
	own.key.lastWrote, own.sends.Refused, own.isWriteReported = a.session.key, nil, true
	own.sends.sent(w.PendingWrite, a.SeamTimeout, a.MaxRetryDelay)
	if deletion := a.in.Object.Deletion; deletion != nil {
		deletion.Unassigned = true
	}
	a.session.key.Worked()
	writes.WithLabelValues(w.Operation.Verb(), string(w.cause)).Inc()
	a.emit(ctx, a.obj, eventForWrite(w, a.obj.Spec.ACSCredentialID, answer.RequestID))
	if answer.Credential != nil && a.in.Object.Deletion == nil && hasValidIDs(*answer.Credential) {
		a.session.seen.take(*answer.Credential) // the answer counts as a read
		a.session.seen.writes, _ = a.credential.writesSoFar()
	}
}

// refusalOf returns what a refused write means for the next one of its kind.
func refusalOf(w assignment.PendingWrite, holder assignment.Holder, err error, secretName string) *assignment.Refusal {
	reason, message := reasonOf(err, secretName)
	switch {
	case seam.IsNotFound(err) && w.Operation == v1alpha1.OperationUnassign:
		reason, message = v1alpha1.ReasonAssigneeNotFound, fmt.Sprintf("Seam shows %s as the holder and says that there is nobody of that ID to unassign", w.Person)
	case seam.IsNotFound(err):
		reason, message = v1alpha1.ReasonAssigneeNotFound, fmt.Sprintf("Seam has no %s in this workspace: correct spec", w.Person)
	}
	if w.Operation == v1alpha1.OperationAssign && holder.IsFree() {
		message += "; nobody holds the credential now"
	}
	return &assignment.Refusal{Operation: w.Operation, Person: w.Person, Holder: holder, Reason: reason, Message: message}
}

// reasonDuring is Ready's reason while the effect of a write does not show.
func reasonDuring(operation v1alpha1.Operation) string {
	if operation == v1alpha1.OperationUnassign {
		return v1alpha1.ReasonUnassigning
	}
	return v1alpha1.ReasonAssigning
}
