package controllers

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// eventForTransition returns the event of a change of Ready's reason; isOwnDoing says that an assign of this object was seen.
func eventForTransition(before, after metav1.Condition, progress assignment.Progress, isOwnDoing bool) event {
	switch {
	case before.Reason == after.Reason:
		return event{}
	case after.Reason == v1alpha1.ReasonAssigned && before.Reason == "" && !isOwnDoing:
		return event{reason: eventAlreadyAssigned, note: after.Message}
	default:
		return event{isWarning: progress == assignment.Stalled, reason: after.Reason, note: after.Message}
	}
}

// eventForGone returns the event of a deleted object that went without its credential being taken away.
func eventForGone(d assignment.Decision, credentialID string) event {
	if d.Reason == assignment.Abandoned {
		return event{isWarning: true, reason: d.Reason, note: fmt.Sprintf("credential %s: %s", credentialID, d.Message)}
	}
	return event{reason: d.Reason, note: d.Message}
}

// eventForSuccessor is for the object that takes over.
var eventForSuccessor = event{reason: eventTookOver, note: "a deleted CredentialAssignment for the same person left the credential to this one"}

// longestNote is the longest note that the API server takes in an event, in bytes.
const longestNote = 1024

// emit writes an event on the object, and a line into the log.
func (r *Reconciler) emit(ctx context.Context, obj *v1alpha1.CredentialAssignment, e event) {
	if e.reason == "" {
		return
	}
	kind := corev1.EventTypeNormal
	if e.isWarning {
		kind = corev1.EventTypeWarning
	}
	// The API server refuses a longer one, and the event would be lost.
	note := e.note
	if len(note) > longestNote {
		note = strings.ToValidUTF8(note[:longestNote-len("…")], "") + "…"
	}
	r.Recorder.Eventf(obj, nil, kind, e.reason, "Reconcile", "%s", note)
	ctrl.LoggerFrom(ctx).Info(note, "event", e.reason)
}
