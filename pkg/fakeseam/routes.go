package fakeseam

import (
	"errors"
	"net/http"
	"slices"
	"strings"
)

// The operations of Seam's API that the server knows: values of Call.Operation
// and Fault.Operation.
const (
	OpAssignCredential       = "assign_credential"
	OpUnassignCredential     = "unassign_credential"
	OpGetCredential          = "get_credential"
	OpListCredentials        = "list_credentials"
	OpGetUnmanagedCredential = "get_unmanaged_credential"
	OpGetACSUser             = "get_acs_user"
	OpListACSUsers           = "list_acs_users"
	OpGetUserIdentity        = "get_user_identity"
	OpGetWorkspace           = "get_workspace"
)

type route struct {
	operation string
	methods   []string
	handle    func(*Server, *exchange) (body, error)
}

var (
	readMethods  = []string{http.MethodGet, http.MethodPost}
	writeMethods = []string{http.MethodPatch, http.MethodPost}
)

var routes = map[string]route{
	"/acs/credentials/assign":        {OpAssignCredential, writeMethods, (*Server).assign},
	"/acs/credentials/unassign":      {OpUnassignCredential, writeMethods, (*Server).unassign},
	"/acs/credentials/get":           {OpGetCredential, readMethods, (*Server).getCredential},
	"/acs/credentials/list":          {OpListCredentials, readMethods, (*Server).listCredentials},
	"/acs/credentials/unmanaged/get": {OpGetUnmanagedCredential, readMethods, (*Server).getUnmanagedCredential},
	"/acs/users/get":                 {OpGetACSUser, readMethods, (*Server).getUser},
	"/acs/users/list":                {OpListACSUsers, readMethods, (*Server).listUsers},
	"/user_identities/get":           {OpGetUserIdentity, readMethods, (*Server).getIdentity},
	"/workspaces/get":                {OpGetWorkspace, readMethods, (*Server).getWorkspace},
}

func isWrite(operation string) bool {
	return operation == OpAssignCredential || operation == OpUnassignCredential
}

// admit checks everything about a call that does not depend on what it is for,
// in Seam's order. What it refuses is kept in the exchange: a Fault comes first.
func (s *Server) admit(ex *exchange) {
	err := s.authenticate(ex.call, ex.header)
	r := routes[ex.call.Path]
	var plain plainRefusal
	switch {
	case errors.As(ex.refused, &plain):
		return
	case err != nil:
		ex.refused = err
	case !slices.Contains(r.methods, ex.call.Method):
		ex.refused = refusal{status: http.StatusMethodNotAllowed, kind: "method_not_allowed",
			message: "only " + strings.Join(r.methods, ",") + " accepted"}
	case ex.foreignBody:
		ex.refused = refusal{status: http.StatusBadRequest, kind: "invalid_content_type",
			message: ex.call.Method + ` requests must have Content-Type header with "application/json"`}
	}
}

// run does what the call asks for and returns its answer.
func (s *Server) run(ex *exchange) answer {
	defer s.enter()()
	return s.perform(ex)
}

func (s *Server) perform(ex *exchange) answer {
	if ex.refused != nil {
		return refuse(ex.refused)
	}
	ex.call.HolderBefore = s.holder(ex.call.CredentialID)
	content, err := routes[ex.call.Path].handle(s, ex)
	ex.call.HolderAfter = s.holder(ex.call.CredentialID)
	ex.call.Changed = ex.call.HolderBefore != ex.call.HolderAfter
	if err != nil {
		return refuse(err)
	}
	return s.accept(ex.call.Operation, content)
}

// accept wraps what an operation found or changed.
func (s *Server) accept(operation string, content body) answer {
	switch {
	case isWrite(operation) && s.behaviour.EmptyAnswers:
		return answer{status: http.StatusOK}
	case isWrite(operation) && s.behaviour.VoidAnswers:
		return jsonAnswer(http.StatusOK, body{})
	}
	content["ok"] = true
	return jsonAnswer(http.StatusOK, content)
}

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
