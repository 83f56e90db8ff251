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

// AddWorkspace adds a workspace, or replaces the one with its ID. Everywhere else
// a workspace or system that is named but not there yet is added too; where the
// name is left empty, the first one is meant.
func (s *Server) AddWorkspace(w Workspace) Workspace {
	defer s.enter()()
	return s.addWorkspace(w)
}

func (s *Server) addWorkspace(w Workspace) Workspace {
	w.ID = s.ids.given(w.ID, kindWorkspace)
	if w.Name == "" {
		w.Name = "Workspace " + w.ID[:8]
	}
	s.workspaces.put(w.ID, w)
	return w
}

// AddSystem adds an ACS system, or replaces the one with its ID.
func (s *Server) AddSystem(sys System) System {
	defer s.enter()()
	return s.addSystem(sys)
}

func (s *Server) addSystem(sys System) System {
	sys.ID = s.ids.given(sys.ID, kindSystem)
	sys.WorkspaceID = s.workspaceNamed(sys.WorkspaceID)
	sys.connectedAccountID = s.ids.next(kindConnectedAccount)
	s.systems.put(sys.ID, sys)
	return sys
}

// workspaceNamed returns the ID of the workspace that a seed names.
func (s *Server) workspaceNamed(id string) string {
	if id == "" {
		for first := range s.workspaces.truths() {
			return first.ID
		}
	}
	if w, ok := s.workspaces.truth(strings.ToLower(id)); ok {
		return w.ID
	}
	return s.addWorkspace(Workspace{ID: id}).ID
}

// systemNamed returns the ID of the ACS system that a seed names.
func (s *Server) systemNamed(id string) string {
	if id == "" {
		for first := range s.systems.truths() {
			return first.ID
		}
	}
	if sys, ok := s.systems.truth(strings.ToLower(id)); ok {
		return sys.ID
	}
	return s.addSystem(System{ID: id}).ID
}

func (s *Server) workspaceOf(systemID string) string {
	sys, _ := s.systems.truth(systemID)
	return sys.WorkspaceID
}

func (s *Server) getWorkspace(ex *exchange) (body, error) {
	w, _ := s.workspaces.truth(ex.call.WorkspaceID)
	return body{"workspace": shapeWorkspace(w)}, nil
}
