package fakeseam

import (
	"errors"
	"net/http"
)

// operations does what calls ask for, in a world.
type operations struct {
	shared *shared
	world  *World
	byName map[string]func(*exchange) (body, error)
}

func operationsOn(common *shared, world *World) *operations {
	read, write := reader{world}, assignments{world}
	return &operations{shared: common, world: world, byName: map[string]func(*exchange) (body, error){
		OpAssignCredential:       write.assign,
		OpUnassignCredential:     write.unassign,
		OpGetCredential:          read.getCredential,
		OpListCredentials:        read.listCredentials,
		OpGetUnmanagedCredential: read.getUnmanagedCredential,
		OpGetACSUser:             read.getUser,
		OpListACSUsers:           read.listUsers,
		OpGetUserIdentity:        read.getIdentity,
		OpGetWorkspace:           read.getWorkspace,
	}}
}

// run does what the call asks for and returns its answer.
func (o *operations) run(ex *exchange) answer {
	defer o.shared.enter()()
	return o.perform(ex)
}

// perform is run for who has entered already. It notes in the call who held the
// credential before and after.
func (o *operations) perform(ex *exchange) answer {
	if ex.refused != nil {
		return refuse(ex.refused)
	}
	ex.call.HolderBefore = o.world.holderOf(ex.call.CredentialID)
	content, err := o.byName[ex.call.Operation](ex)
	ex.call.HolderAfter = o.world.holderOf(ex.call.CredentialID)
	ex.call.Changed = ex.call.HolderBefore != ex.call.HolderAfter
	if err != nil {
		return refuse(err)
	}
	return o.accept(ex.call.Operation, content)
}

// accept wraps what an operation found or changed.
func (o *operations) accept(operation string, content body) answer {
	behaviour := o.world.set
	switch {
	case isWrite(operation) && behaviour.EmptyAnswers:
		return answer{status: http.StatusOK}
	case isWrite(operation) && behaviour.VoidAnswers:
		return jsonAnswer(http.StatusOK, body{})
	}
	content["ok"] = true
	return jsonAnswer(http.StatusOK, content)
}

// refuse is the answer for an error. One that is no refusal is a mistake in this
// package, and answered as Seam answers its own: with a 500.
func refuse(err error) answer {
	var plain plainRefusal
	if errors.As(err, &plain) {
		return answer{status: plain.status, contentType: "text/plain; charset=utf-8", content: []byte(plain.text), anonymous: true}
	}
	var r refusal
	if !errors.As(err, &r) {
		r = refusal{status: http.StatusInternalServerError, kind: "internal_server_error", message: err.Error()}
	}
	return jsonAnswer(r.status, r.envelope())
}
