package seam

import "net/http"

// The operations, as Observation and Error name them.
const (
	OpAssignCredential       = "assign_credential"        // PATCH /acs/credentials/assign
	OpUnassignCredential     = "unassign_credential"      // PATCH /acs/credentials/unassign
	OpGetCredential          = "get_credential"           // GET /acs/credentials/get
	OpGetUnmanagedCredential = "get_unmanaged_credential" // GET /acs/credentials/unmanaged/get
	OpGetACSUser             = "get_acs_user"             // GET /acs/users/get
	OpGetUserIdentity        = "get_user_identity"        // POST /user_identities/get
	OpGetWorkspace           = "get_workspace"            // GET /workspaces/get
)

// route is how an operation is called.
type route struct{ operation, method, path string }

var (
	assignCredential       = route{OpAssignCredential, http.MethodPatch, "/acs/credentials/assign"}
	unassignCredential     = route{OpUnassignCredential, http.MethodPatch, "/acs/credentials/unassign"}
	getCredential          = route{OpGetCredential, http.MethodGet, "/acs/credentials/get"}
	getUnmanagedCredential = route{OpGetUnmanagedCredential, http.MethodGet, "/acs/credentials/unmanaged/get"}
	getACSUser             = route{OpGetACSUser, http.MethodGet, "/acs/users/get"}
	getWorkspace           = route{OpGetWorkspace, http.MethodGet, "/workspaces/get"}

	// POST with JSON is the only form that Seam documents strictly for this read.
	getUserIdentity = route{OpGetUserIdentity, http.MethodPost, "/user_identities/get"}
)

// isWrite reports whether an operation changes something at Seam.
func isWrite(operation string) bool {
	return operation == OpAssignCredential || operation == OpUnassignCredential
}
