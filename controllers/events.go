package controllers

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// The reasons of events that no condition has.
const (
	eventAlreadyAssigned = "AlreadyAssigned"
	eventTookOver        = "TookOver"
)

// tellWrite writes the event of a change that Seam acknowledged.
func (p *pass) tellWrite(d assignment.Decision, requestID string) {
	note := fmt.Sprintf("assigned credential %s to %s", p.obj.Spec.ACSCredentialID, d.Person)
	if d.Step == assignment.Unassign {
		note = fmt.Sprintf("unassigned credential %s from %s", p.obj.Spec.ACSCredentialID, d.Person)
	}
	if requestID != "" {
		note += fmt.Sprintf(" (Seam request %s)", requestID)
	}
	p.tell(corev1.EventTypeNormal, p.changed, note)
}

// tellTransition writes the event of a change of Ready's reason, unless the change at Seam that made it so was told.
func (p *pass) tellTransition(before, after metav1.Condition) {
	if before.Reason == after.Reason || p.changed != "" && after.Reason == v1alpha1.ReasonAssigned {
		return
	}
	switch {
	case after.Reason == v1alpha1.ReasonAssigned && before.Reason == "" && p.mem.last.accepted != "":
		return // it was told, and the report came late
	case after.Reason == v1alpha1.ReasonAssigned && before.Reason == "" && p.mem.assigned == nil:
		p.tell(corev1.EventTypeNormal, eventAlreadyAssigned, after.Message)
	case p.kind(after.Reason) == stalled:
		p.tell(corev1.EventTypeWarning, after.Reason, after.Message)
	default:
		p.tell(corev1.EventTypeNormal, after.Reason, after.Message)
	}
}

// tellFinish writes the event of a deleted object that went without its credential being taken away.
func (p *pass) tellFinish(d assignment.Decision) {
	switch d.Reason {
	case "":
	case assignment.Abandoned:
		p.tell(corev1.EventTypeWarning, d.Reason, fmt.Sprintf("credential %s: %s", p.obj.Spec.ACSCredentialID, d.Message))
	case assignment.HandedOver:
		p.tell(corev1.EventTypeNormal, d.Reason, d.Message)
		p.tellSuccessor(d.Successor)
	default:
		p.tell(corev1.EventTypeNormal, d.Reason, d.Message)
	}
}

// tellSuccessor writes, on the object that takes over, that the one before it has gone.
func (p *pass) tellSuccessor(uid string) {
	for _, o := range p.group.objects {
		if string(o.UID) == uid {
			p.Recorder.Eventf(o, nil, corev1.EventTypeNormal, eventTookOver, "Reconcile", "%s",
				"a deleted CredentialAssignment for the same person left the credential to this one")
		}
	}
}

func (p *pass) tell(eventType, reason, note string) {
	p.Recorder.Eventf(p.obj, nil, eventType, reason, "Reconcile", "%s", capped(note))
	ctrl.Log.WithName("credentialassignment").Info(note, "object", p.obj.Namespace+"/"+p.obj.Name, "event", reason)
}
