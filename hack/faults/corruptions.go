package main

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// corruptions are faults by which what the operator stored in an object is not there any more, or says something else.
var corruptions = []fault{
	corruption("status wiped", true, wipeStatus),
	corruption("assignedTo emptied", true, func(o *world.Object) { o.Status.AssignedTo = nil }),
	corruption("assignedTo names another person", true, ifOwner(func(to *v1alpha1.AssignedTo) {
		to.ACSUserID, to.UserIdentityID = world.Carol, ""
	})),
	corruption("assignedTo names nobody", true, ifOwner(func(to *v1alpha1.AssignedTo) {
		to.ACSUserID, to.UserIdentityID = "", ""
	})),
	corruption("assignedTo since the future", false, ifOwner(func(to *v1alpha1.AssignedTo) { to.Since = future() })),
	corruption("assignedTo of another UID", true, ifOwner(func(to *v1alpha1.AssignedTo) { to.UID = "garbage" })),
	corruption("assignedTo in another workspace", true, ifOwner(func(to *v1alpha1.AssignedTo) { to.WorkspaceID = world.OtherWorkspace })),
	corruption("pendingWrites emptied", true, func(o *world.Object) { o.Status.PendingWrites = nil }),
	corruption("pendingWrites name another person", true, eachPending(func(w *v1alpha1.PendingWrite) { w.ACSUserID, w.UserIdentityID = world.Carol, "" })),
	corruption("pendingWrites name nobody", true, eachPending(func(w *v1alpha1.PendingWrite) { w.ACSUserID, w.UserIdentityID = "", "" })),
	corruption("pendingWrites in the future", false, eachPending(func(w *v1alpha1.PendingWrite) { w.StartedAt = *future() })),
	corruption("pendingWrites of another UID", true, eachPending(func(w *v1alpha1.PendingWrite) { w.UID = "garbage" })),
	corruption("a pending unassign forged", true, func(o *world.Object) {
		o.Status.PendingWrites = append(o.Status.PendingWrites, v1alpha1.PendingWrite{
			UID: string(o.UID), Operation: v1alpha1.OperationUnassign, ACSUserID: world.Carol, StartedAt: *future(),
		})
	}),
	corruption("observedGeneration back", false, func(o *world.Object) { o.Status.ObservedGeneration = 0 }),
	corruption("observedGeneration in the future", false, func(o *world.Object) { o.Status.ObservedGeneration = 99 }),
	corruption("workspaceID emptied", true, func(o *world.Object) { o.Status.WorkspaceID = "" }),
	corruption("workspaceID of another workspace", true, func(o *world.Object) { o.Status.WorkspaceID = world.OtherWorkspace }),
	corruption("holder replaced", false, func(o *world.Object) { o.Status.ACSUserID, o.Status.UserIdentityID = world.Carol, "" }),
	corruption("holder emptied", false, func(o *world.Object) { o.Status.ACSUserID, o.Status.UserIdentityID = "", "" }),
	corruption("conditions emptied", false, func(o *world.Object) { o.Status.Conditions = nil }),
	corruption("Ready forged", false, func(o *world.Object) {
		o.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonAssigned, ObservedGeneration: o.Generation, LastTransitionTime: *future(),
		}}
	}),
	corruption("lastAssignedTime in the future", false, func(o *world.Object) { o.Status.LastAssignedTime = future() }),
	corruption("credential emptied", false, func(o *world.Object) { o.Status.Credential = nil }),
	corruption("lastHandledReconcileAt garbage", false, func(o *world.Object) { o.Status.LastHandledReconcileAt = "garbage" }),
	{name: "finalizer taken off", destroys: true, strike: func(r *run, _ world.Request) world.Interference {
		r.must(r.Edit(r.FrontDesk, key, func(o *world.Object) { o.Finalizers = nil }))
		return unharmed
	}},
}

// future is a time that no process of the operator lives to see.
func future() *metav1.Time {
	return &metav1.Time{Time: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// corruption changes the status of the scenario's object while a request of the operator waits.
func corruption(name string, destroys bool, change world.Change) fault {
	return fault{name: name, destroys: destroys, strike: func(r *run, _ world.Request) world.Interference {
		r.must(r.EditStatus(r.FrontDesk, key, change))
		return unharmed
	}}
}

// ifOwner changes whom an object assigned, if status tells of anybody.
func ifOwner(change func(*v1alpha1.AssignedTo)) world.Change {
	return func(o *world.Object) {
		if o.Status.AssignedTo != nil {
			change(o.Status.AssignedTo)
		}
	}
}

// eachPending changes every call that status tells of.
func eachPending(change func(*v1alpha1.PendingWrite)) world.Change {
	return func(o *world.Object) {
		for i := range o.Status.PendingWrites {
			change(&o.Status.PendingWrites[i])
		}
	}
}
