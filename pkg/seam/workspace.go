package seam

import "errors"

// Workspace is what a key gives access to. Only WorkspaceID is sure to be set. Source: workspace in Seam's OpenAPI.
type Workspace struct {
	WorkspaceID string
	// IsSandbox tells whether its devices are simulated.
	IsSandbox bool
	Name      Redacted
}

func decodeWorkspace(body []byte, _ string) (Workspace, error) {
	o, err := decodeThing(body, "workspace")
	if err != nil {
		return Workspace{}, err
	}
	id := lenient[string](o, "workspace_id")
	if id == "" {
		return Workspace{}, errors.New("answer has no workspace_id")
	}
	return Workspace{
		WorkspaceID: id,
		IsSandbox:   lenient[bool](o, "is_sandbox"),
		Name:        lenient[Redacted](o, "name"),
	}, nil
}
