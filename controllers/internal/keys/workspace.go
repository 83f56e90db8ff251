package keys

import (
	"context"
	"errors"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

// errAskerLeft says that whoever asked Seam for the workspace gave up.
var errAskerLeft = errors.New("the question was given up")

// Workspace returns the ID of the workspace that the key belongs to: the one named with a personal access token, else
// Seam's answer, asked for once in the key's life. Of several who want it one asks for all, and when that one gives up
// another asks anew. Errors are *seam.Error.
func (k *Key) Workspace(ctx context.Context) (string, error) {
	for {
		answer := k.asking.DoChan("", func() (any, error) { return k.askWorkspace(ctx) })
		select {
		case got := <-answer:
			if !errors.Is(got.Err, errAskerLeft) {
				return got.Val.(string), got.Err
			}
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			return "", &seam.Error{Operation: seam.OpGetWorkspace, Unsent: true, Err: err}
		}
	}
}

func (k *Key) askWorkspace(ctx context.Context) (string, error) {
	if k.workspaceID != "" {
		return k.workspaceID, nil
	}
	w, err := k.GetWorkspace(ctx)
	switch {
	case err == nil:
		k.workspaceID = w.WorkspaceID
	case ctx.Err() != nil:
		err = errAskerLeft
	}
	return w.WorkspaceID, err
}
