package assignment

// reading is what was read of the credential, and where: what it proves depends on the workspace.
type reading struct {
	*matcher
	object   *Object
	observed *Observed
}

// recordedWorkspace is the workspace in which the object dealt with the credential; empty when it never did.
func (r *reading) recordedWorkspace() string {
	switch owner := r.object.Record.AssignedTo; {
	case owner != nil && owner.WorkspaceID != "":
		return owner.WorkspaceID
	case r.object.Finalizer || !r.object.Record.IsEmpty():
		return r.object.WorkspaceID
	default:
		return ""
	}
}

func (r *reading) isPinnedElsewhere() bool {
	pin := r.object.Declared.WorkspaceID
	return pin != "" && pin != r.observed.WorkspaceID
}

func (r *reading) isRecordedElsewhere() bool {
	recorded := r.recordedWorkspace()
	return recorded != "" && recorded != r.observed.WorkspaceID
}

// isReadable reports whether the credential was read in the right workspace, whatever may be done to it.
func (r *reading) isReadable() bool {
	return r.observed.Credential == Found && r.observed.WorkspaceID != "" && !r.isPinnedElsewhere() && !r.isRecordedElsewhere()
}

// isGone reports whether the credential is gone from the workspace in which the object dealt with it.
func (r *reading) isGone() bool {
	return r.observed.Credential == Missing && r.observed.Unmanaged == Missing &&
		r.observed.WorkspaceID != "" && !r.isPinnedElsewhere() && r.recordedWorkspace() == r.observed.WorkspaceID
}
