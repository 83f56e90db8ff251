package v1alpha1

// The condition types of a CredentialAssignment. Reconciling and Stalled are present only while True and never
// together, as kstatus wants it.
const (
	// ConditionReady says whether Seam shows the declared person as holder.
	ConditionReady = "Ready"
	// ConditionProviderSynced says whether Seam has pushed the assignment to the access system.
	ConditionProviderSynced = "ProviderSynced"
	// ConditionReconciling is present while the operator is working towards the declaration by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present while somebody must change something before the operator can go on.
	ConditionStalled = "Stalled"
)

// The reasons of Ready.
const (
	// ReasonAssigned: Seam shows the declared holder.
	ReasonAssigned = "Assigned"
	// ReasonAssigning: an assign is not verified yet.
	ReasonAssigning = "Assigning"
	// ReasonUnassigning: an unassign is not verified yet.
	ReasonUnassigning = "Unassigning"
	// ReasonSecretNotFound: the Secret or its key is missing or empty.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonRateLimited: Seam answers 429.
	ReasonRateLimited = "RateLimited"
	// ReasonSeamUnavailable: Seam cannot be reached or gives no readable answer.
	ReasonSeamUnavailable = "SeamUnavailable"
	// ReasonOutcomeUnknown: the answer to a write was lost.
	ReasonOutcomeUnknown = "OutcomeUnknown"
	// ReasonUnauthorized: Seam refuses the key, or it is of a kind that cannot be used.
	ReasonUnauthorized = "Unauthorized"
	// ReasonInvalidRequest: Seam refuses the request.
	ReasonInvalidRequest = "InvalidRequest"
	// ReasonCredentialNotFound: the key's workspace has no such credential.
	ReasonCredentialNotFound = "CredentialNotFound"
	// ReasonAssigneeNotFound: the key's workspace has no such person.
	ReasonAssigneeNotFound = "AssigneeNotFound"
	// ReasonCredentialUnusable: Seam does not manage the credential, or is deleting it.
	ReasonCredentialUnusable = "CredentialUnusable"
	// ReasonHeldByOther: somebody else holds the credential and the mode does not allow to take it.
	ReasonHeldByOther = "HeldByOther"
	// ReasonConflictingClaim: another CredentialAssignment has the credential, for another person.
	ReasonConflictingClaim = "ConflictingClaim"
	// ReasonWorkspaceMismatch: the key's workspace is not the pinned or recorded one.
	ReasonWorkspaceMismatch = "WorkspaceMismatch"
	// ReasonDrifted: mode Observe, and Seam shows something else.
	ReasonDrifted = "Drifted"
	// ReasonSuspended: suspended, and the declaration changed since.
	ReasonSuspended = "Suspended"
)

// The reasons of ProviderSynced.
const (
	// ReasonSynced: the access system has what Seam has.
	ReasonSynced = "Synced"
	// ReasonPending: Seam has not pushed the latest state to the access system yet.
	ReasonPending = "Pending"
	// ReasonProviderError: Seam reports errors about the credential.
	ReasonProviderError = "ProviderError"
	// ReasonNotReported: Seam does not say.
	ReasonNotReported = "NotReported"
)
