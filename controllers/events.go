package controllers

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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

const (
	// longestNote is the longest note that the API server takes in an event, in bytes.
	longestNote = 1024
	// eventTimeout bounds how long the API server is waited for, which may ask webhooks about events.
	eventTimeout = 5 * time.Second
)

// objectEvent is an event on an object.
type objectEvent struct {
	event
	obj *v1alpha1.CredentialAssignment
	at  time.Time
}

// emit keeps an event on an object until the attempt has ended, and writes a line into the log.
func (a *attempt) emit(ctx context.Context, obj *v1alpha1.CredentialAssignment, e event) {
	if e.reason == "" {
		return
	}
	// The API server refuses a longer one, and the event would be lost.
	if len(e.note) > longestNote {
		e.note = strings.ToValidUTF8(e.note[:longestNote-len("…")], "") + "…"
	}
	a.events = append(a.events, objectEvent{event: e, obj: obj, at: a.Clock.Now()})
	ctrl.LoggerFrom(ctx).Info(e.note, "event", e.reason)
}

// publish writes the events of an attempt. The recorders of client-go would do so beside it, and lose what they have not
// written when the process is asked to stop, or when more than a thousand come at once.
func (r *Reconciler) publish(ctx context.Context, list []objectEvent) {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	for _, e := range list {
		err := r.Client.Create(ctx, e.toStore())
		if err != nil && !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			ctrl.LoggerFrom(ctx).Error(err, "an event could not be written", "event", e.reason)
		}
	}
}

func (e objectEvent) toStore() *eventsv1.Event {
	kind := corev1.EventTypeNormal
	if e.isWarning {
		kind = corev1.EventTypeWarning
	}
	return &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: e.obj.Namespace, GenerateName: e.obj.Name + "-"},
		EventTime:           metav1.NewMicroTime(e.at),
		ReportingController: v1alpha1.FieldManager,
		ReportingInstance:   reportingInstance,
		Type:                kind,
		Reason:              e.reason,
		Action:              "Reconcile",
		Note:                e.note,
		Regarding: corev1.ObjectReference{
			APIVersion:      v1alpha1.GroupVersion.String(),
			Kind:            "CredentialAssignment",
			Namespace:       e.obj.Namespace,
			Name:            e.obj.Name,
			UID:             e.obj.UID,
			ResourceVersion: e.obj.ResourceVersion,
		},
	}
}

// reportingInstance tells replicas apart; the API server takes up to 128 characters.
var reportingInstance = func() string {
	host, _ := os.Hostname() // in a pod, its name
	name := v1alpha1.FieldManager + "-" + host
	return name[:min(len(name), 128)]
}()
