package fakeseam

// World is all that there is at this Seam, and how it behaves. It is at hand in
// a Server only.
type World struct {
	*Workspaces
	*Users
	*Identities
	*Credentials
	*Switches
}

func emptyWorld(common *shared) *World {
	switches := &Switches{shared: common}
	workspaces := &Workspaces{shared: common}
	credentials := &Credentials{shared: common, workspaces: workspaces, switches: switches}
	users := &Users{shared: common, workspaces: workspaces, switches: switches, credentials: credentials,
		everLinked: map[string][]string{}}
	identities := &Identities{shared: common, workspaces: workspaces, users: users, credentials: credentials,
		merged: map[string]string{}}
	switches.lagging = []lagging{&credentials.all, &users.all}
	return &World{workspaces, users, identities, credentials, switches}
}
