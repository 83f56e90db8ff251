package fakeseam

import "net/http"

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
}

var (
	readMethods  = []string{http.MethodGet, http.MethodPost}
	writeMethods = []string{http.MethodPatch, http.MethodPost}
)

var routes = map[string]route{
	"/acs/credentials/assign":        {OpAssignCredential, writeMethods},
	"/acs/credentials/unassign":      {OpUnassignCredential, writeMethods},
	"/acs/credentials/get":           {OpGetCredential, readMethods},
	"/acs/credentials/list":          {OpListCredentials, readMethods},
	"/acs/credentials/unmanaged/get": {OpGetUnmanagedCredential, readMethods},
	"/acs/users/get":                 {OpGetACSUser, readMethods},
	"/acs/users/list":                {OpListACSUsers, readMethods},
	"/user_identities/get":           {OpGetUserIdentity, readMethods},
	"/workspaces/get":                {OpGetWorkspace, readMethods},
}

func isWrite(operation string) bool {
	return operation == OpAssignCredential || operation == OpUnassignCredential
}
