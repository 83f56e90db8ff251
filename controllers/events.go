package controllers

import (
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

// longestNote is the longest note that the API server takes in an event, in bytes.
const longestNote = 1024

// eventReason returns the reason of the event that tells about a write.
func (w *sentWrite) eventReason() string {
	switch {
	case w.Operation == v1alpha1.OperationUnassign:
		return eventUnassigned
	case w.cause == assignment.CauseDrift:
		return eventDriftCorrected
	case w.cause == assignment.CauseSpecChange:
		return eventMoved
	default:
		return v1alpha1.ReasonAssigned
	}
}

// tellWrite writes the event of a change that Seam acknowledged.
func (a *attempt) tellWrite(requestID string) {
	note := fmt.Sprintf("assigned credential %s to %s", a.obj.Spec.ACSCredentialID, a.written.Person)
	if a.written.Operation == v1alpha1.OperationUnassign {
		note = fmt.Sprintf("unassigned credential %s from %s", a.obj.Spec.ACSCredentialID, a.written.Person)
	}
	if requestID != "" {
		note += fmt.Sprintf(" (Seam request %s)", requestID)
	}
	a.tell(corev1.EventTypeNormal, a.written.eventReason(), note)
}

// tellTransition writes the event of a change of Ready's reason, unless the change at Seam that made it so was told.
func (a *attempt) tellTransition(before, after metav1.Condition) {
	isAssigned := after.Reason == v1alpha1.ReasonAssigned
	switch {
	case before.Reason == after.Reason, isAssigned && a.state.own.isWriteTold:
	case isAssigned && before.Reason == "" && a.assigned.IsZero():
		a.tell(corev1.EventTypeNormal, eventAlreadyAssigned, after.Message)
	case assignment.ProgressOf(after.Reason, a.in.Object.Deletion != nil) == assignment.Stalled:
		a.tell(corev1.EventTypeWarning, after.Reason, after.Message)
	default:
		a.tell(corev1.EventTypeNormal, after.Reason, after.Message)
	}
}

// tellGone writes the event of a deleted object that went without its credential being taken away.
func (a *attempt) tellGone(d assignment.Decision) {
	switch d.Reason {
	case "":
	case assignment.Abandoned:
		a.tell(corev1.EventTypeWarning, d.Reason, fmt.Sprintf("credential %s: %s", a.obj.Spec.ACSCredentialID, d.Message))
	case assignment.HandedOver:
		a.tell(corev1.EventTypeNormal, d.Reason, d.Message)
		a.tellSuccessor(d.Successor)
	default:
		a.tell(corev1.EventTypeNormal, d.Reason, d.Message)
	}
}

// tellSuccessor writes, on the object that takes over, that the one before it has gone.
func (a *attempt) tellSuccessor(uid string) {
	for _, obj := range a.live {
		if obj != nil && string(obj.UID) == uid {
			a.Recorder.Eventf(obj, nil, corev1.EventTypeNormal, eventTookOver, "Reconcile", "%s",
				"a deleted CredentialAssignment for the same person left the credential to this one")
		}
	}
}

func (a *attempt) tell(eventType, reason, note string) {
	if len(note) > longestNote {
		note = strings.ToValidUTF8(note[:longestNote-len("…")], "") + "…"
	}
	a.Recorder.Eventf(a.obj, nil, eventType, reason, "Reconcile", "%s", note)
	ctrl.Log.WithName("credentialassignment").Info(note, "object", a.obj.Namespace+"/"+a.obj.Name, "event", reason)
}
