package controllers

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// The reasons of events that no condition has.
const (
	eventUnassigned      = "Unassigned"
	eventDriftCorrected  = "DriftCorrected"
	eventMoved           = "Moved"
	eventAlreadyAssigned = "AlreadyAssigned"
	eventTookOver        = "TookOver"
)

// event is what people are told once, when it happens. The zero value is none.
type event struct {
	isWarning bool
	reason    string
	note      string
}

// eventForWrite returns the event of a change that Seam acknowledged.
func eventForWrite(w sentWrite, credentialID, requestID string) event {
	e := event{reason: v1alpha1.ReasonAssigned, note: fmt.Sprintf("assigned credential %s to %s", credentialID, w.Person)}
	switch {
	case w.Operation == v1alpha1.OperationUnassign:
		e.reason, e.note = eventUnassigned, fmt.Sprintf("unassigned credential %s from %s", credentialID, w.Person)
	case w.cause == assignment.CauseDrift:
		e.reason = eventDriftCorrected
	case w.cause == assignment.CauseSpecChange:
		e.reason = eventMoved
	}
	if requestID != "" {
		e.note += fmt.Sprintf(" (Seam request %s)", requestID)
	}
	return e
}

// eventForTransition returns the event of a change of Ready's reason; none when the change at Seam that made it so had one.
func (a *attempt) eventForTransition(before, after metav1.Condition) event {
	e := event{reason: after.Reason, note: after.Message}
	isAssigned := after.Reason == v1alpha1.ReasonAssigned
	switch {
	case before.Reason == after.Reason, isAssigned && a.state.own.isWriteReported:
		return event{}
	case isAssigned && before.Reason == "" && a.result.assignedAt.IsZero():
		e.reason = eventAlreadyAssigned
	case a.progressOf(after.Reason) == assignment.Stalled:
		e.isWarning = true
	}
	return e
}

// emitGone writes the events of a deleted object that went without its credential being taken away.
func (a *attempt) emitGone(ctx context.Context, d assignment.Decision) {
	e := event{reason: d.Reason, note: d.Message}
	if d.Reason == assignment.Abandoned {
		e.isWarning, e.note = true, fmt.Sprintf("credential %s: %s", a.obj.Spec.ACSCredentialID, d.Message)
	}
	a.emit(ctx, e)
	if successor := a.live[types.UID(d.Successor)]; successor != nil && d.Reason == assignment.HandedOver {
		a.Recorder.Eventf(successor, nil, corev1.EventTypeNormal, eventTookOver, "Reconcile", "%s",
			"a deleted CredentialAssignment for the same person left the credential to this one")
	}
}

// longestNote is the longest note that the API server takes in an event, in bytes.
const longestNote = 1024

// emit writes an event on the object, and a line into the log.
func (a *attempt) emit(ctx context.Context, e event) {
	if e.reason == "" {
		return
	}
	kind := corev1.EventTypeNormal
	if e.isWarning {
		kind = corev1.EventTypeWarning
	}
	note := e.note
	if len(note) > longestNote {
		note = strings.ToValidUTF8(note[:longestNote-len("…")], "") + "…"
	}
	a.Recorder.Eventf(a.obj, nil, kind, e.reason, "Reconcile", "%s", note)
	ctrl.LoggerFrom(ctx).Info(note, "event", e.reason)
}
