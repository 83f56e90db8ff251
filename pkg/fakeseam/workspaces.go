package fakeseam

import "strings"

// Workspace is one of Seam's workspaces: what an API key opens.
type Workspace struct {
	ID      string // generated when empty
	Name    string
	Sandbox bool
}

// System is an ACS system: what users and credentials live in.
type System struct {
	ID          string // generated when empty
	WorkspaceID string // the first workspace when empty

	connectedAccountID string
}

// Workspaces are the workspaces with their ACS systems.
type Workspaces struct {
	shared  *shared
	all     table[Workspace]
	systems table[System]
}

// AddWorkspace adds a workspace, or replaces the one with its ID. Everywhere else
// a workspace or system that is named but not there yet is added too; where the
// name is left empty, the first one is meant.
func (ws *Workspaces) AddWorkspace(w Workspace) Workspace {
	defer ws.shared.enter()()
	return ws.addWorkspace(w)
}

func (ws *Workspaces) addWorkspace(w Workspace) Workspace {
	w.ID = ws.shared.ids.given(w.ID, kindWorkspace)
	if w.Name == "" {
		w.Name = "Workspace " + w.ID[:8]
	}
	ws.all.put(w.ID, w)
	return w
}

// AddSystem adds an ACS system, or replaces the one with its ID.
func (ws *Workspaces) AddSystem(sys System) System {
	defer ws.shared.enter()()
	return ws.addSystem(sys)
}

func (ws *Workspaces) addSystem(sys System) System {
	sys.ID = ws.shared.ids.given(sys.ID, kindSystem)
	sys.WorkspaceID = ws.ensureWorkspace(sys.WorkspaceID)
	sys.connectedAccountID = ws.shared.ids.next(kindConnectedAccount)
	ws.systems.put(sys.ID, sys)
	return sys
}

// ensureWorkspace returns the ID of the workspace that a seed names, which it adds
// if it is not there yet.
func (ws *Workspaces) ensureWorkspace(id string) string {
	if id == "" {
		for first := range ws.all.truths() {
			return first.ID
		}
	}
	if w, ok := ws.all.truth(strings.ToLower(id)); ok {
		return w.ID
	}
	return ws.addWorkspace(Workspace{ID: id}).ID
}

// ensureSystem returns the ID of the ACS system that a seed names, which it adds
// if it is not there yet.
func (ws *Workspaces) ensureSystem(id string) string {
	if id == "" {
		for first := range ws.systems.truths() {
			return first.ID
		}
	}
	if sys, ok := ws.systems.truth(strings.ToLower(id)); ok {
		return sys.ID
	}
	return ws.addSystem(System{ID: id}).ID
}

// workspaceOf returns the ID of an ACS system's workspace.
func (ws *Workspaces) workspaceOf(systemID string) string {
	sys, _ := ws.systems.truth(systemID)
	return sys.WorkspaceID
}
