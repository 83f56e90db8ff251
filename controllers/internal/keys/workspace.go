package keys

import (
	"context"
	"strings"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// Workspace returns the ID of the workspace that the key belongs to: the one named with a personal access token, else the one
// that Seam named in any answer, for which it is asked once in the key's life. Errors are *seam.Error.
func (k *Key) Workspace(ctx context.Context) (string, error) {
	if known := k.knownWorkspace(); known != "" {
		return known, nil
	}
	w, err := k.GetWorkspace(ctx)
	if err == nil && seam.IsID(w.WorkspaceID) {
		k.BelongsTo(w.WorkspaceID)
	}
	return w.WorkspaceID, err
}

func (k *Key) knownWorkspace() string {
	if k.named != "" {
		return k.named
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.belongsTo
}

// BelongsTo notes the workspace that Seam named in an answer to the key.
func (k *Key) BelongsTo(workspaceID string) {
	k.mu.Lock()
	defer k.unlock()
	if workspaceID = strings.ToLower(workspaceID); workspaceID != "" && workspaceID != k.belongsTo {
		k.regroup(func() { k.belongsTo = workspaceID })
	}
}
