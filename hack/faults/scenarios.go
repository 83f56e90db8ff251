package main

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// scenario is something that people do, and that comes to the same end whatever goes wrong on the way.
type scenario struct {
	name    string
	prepare func(*run) error // what stood before, in a world without faults; nil for nothing
	begin   func(*run) error // what somebody does then
	// during is what somebody does while the operator's first request of that name waits.
	during map[string]func(*run) error
	// then is what somebody does next, each when its time has come.
	then []next
	// isDone tells the end apart from what looks settled before it; nil when that is enough.
	isDone func(*run) bool
	// patience is how long it may take by the clock of the world; zero for the usual time.
	patience time.Duration
	// bystander is an object that nothing concerns that goes wrong with the others' workspace; empty for none.
	bystander string
}

// next is something that somebody does when its time has come.
type next struct {
	when func(*run) bool
	do   func(*run) error
}

// The objects of the scenarios.
const (
	key     = "alice-mobile-key"
	renamed = "front-desk-key"
	// neighbour is an object of another workspace.
	neighbour = "neighbours-key"
)

// scenarios may grow at the end only: the numbers of plans go by their places.
var scenarios = []scenario{
	{name: "assign", begin: func(r *run) error { return r.Declare(r.FrontDesk, key) }},
	{name: "assign by identity", begin: func(r *run) error {
		return r.Declare(r.FrontDesk, key, world.ForIdentity(world.AliceIdentity))
	}},
	{name: "move", prepare: declared, begin: moveTo(world.Bob)},
	{
		name: "move in flight", prepare: declared, begin: moveTo(world.Bob),
		during: map[string]func(*run) error{"unassign_credential": moveTo(world.Carol)},
	},
	{
		name: "swap",
		prepare: func(r *run) error {
			if err := r.Declare(r.FrontDesk, renamed, world.ForUser(world.Bob), forCredential(world.OtherCredential)); err != nil {
				return err
			}
			return declared(r)
		},
		begin: func(r *run) error {
			if err := r.Edit(r.FrontDesk, key, world.ForUser(world.Bob)); err != nil {
				return err
			}
			return r.Edit(r.FrontDesk, renamed, world.ForUser(world.Alice))
		},
	},
	{name: "delete", prepare: declared, begin: deleteKey},
	{
		name: "delete while assigning", begin: func(r *run) error { return r.Declare(r.FrontDesk, key) },
		during: map[string]func(*run) error{"assign_credential": deleteKey},
		isDone: func(r *run) bool { return r.isGone(key) },
	},
	{
		name: "recreate with the same name", prepare: declared, begin: deleteKey,
		then: []next{{when: keyIsGone, do: func(r *run) error { return r.Declare(r.FrontDesk, key, world.ForUser(world.Bob)) }}},
	},
	{
		name: "two claimants", prepare: declared,
		begin: func(r *run) error { return r.Declare(r.Tenant, renamed, world.ForUser(world.Bob)) },
		then:  []next{{when: renamedIsHandled, do: deleteKey}},
	},
	{
		name: "hand-over, pruned first", prepare: declared,
		begin: func(r *run) error {
			if err := deleteKey(r); err != nil {
				return err
			}
			return r.Declare(r.FrontDesk, renamed)
		},
	},
	{
		name: "hand-over, created first", prepare: declared,
		begin: func(r *run) error { return r.Declare(r.FrontDesk, renamed) },
		then:  []next{{when: renamedIsHandled, do: deleteKey}},
	},
	{
		name: "hand-over to a revoked key", prepare: declared,
		begin: func(r *run) error {
			r.Seam.RevokeToken(world.TenantKey)
			if err := r.Declare(r.Tenant, renamed); err != nil {
				return err
			}
			return deleteKey(r)
		},
	},
	{
		name: "key rotated", prepare: declared,
		begin: func(r *run) error {
			r.Seam.AddAPIKey(world.NewKey, world.Workspace)
			if err := r.PutSecret(r.FrontDesk, "seam", world.NewKey); err != nil {
				return err
			}
			r.Seam.RevokeToken(world.FrontDeskKey)
			return moveTo(world.Bob)(r)
		},
	},
	{
		name: "drift", prepare: declared, patience: 80 * time.Minute,
		begin:  func(r *run) error { r.HandByConsole(""); return nil },
		isDone: func(r *run) bool { return r.Holder().ACSUserID == world.Alice },
	},
	{
		name: "enforce", patience: 80 * time.Minute,
		prepare: func(r *run) error { return r.Declare(r.FrontDesk, key, inMode(v1alpha1.ModeEnforce)) },
		begin:   func(r *run) error { r.HandByConsole(world.Carol); return nil },
		isDone:  func(r *run) bool { return r.Holder().ACSUserID == world.Alice },
	},
	{
		name: "suspend in mid-move", prepare: declared, begin: moveTo(world.Bob),
		during: map[string]func(*run) error{"unassign_credential": suspend(true)},
		then:   []next{{when: isSuspended, do: suspend(false)}},
		isDone: func(r *run) bool { return r.Holder().ACSUserID == world.Bob },
	},
	{
		name: "mode changed in mid-move", prepare: declared, begin: moveTo(world.Bob),
		during: map[string]func(*run) error{"unassign_credential": func(r *run) error {
			return r.Edit(r.FrontDesk, key, inMode(v1alpha1.ModeObserve))
		}},
	},
	{
		name: "status wiped", prepare: declared,
		begin: func(r *run) error { return r.EditStatus(r.FrontDesk, key, wipeStatus) },
	},
	{
		name: "namespace deleted", prepare: declared,
		begin: func(r *run) error { return r.DeleteNamespace(r.FrontDesk) },
	},
	{
		name: "leader change", prepare: declared, begin: moveTo(world.Bob),
		during: map[string]func(*run) error{"unassign_credential": func(r *run) error { r.askToReplace(); return nil }},
	},
	{
		name: "trouble in another workspace",
		prepare: func(r *run) error {
			if err := r.PutSecret(r.Tenant, neighbour, world.NeighbourKey); err != nil {
				return err
			}
			if err := r.Declare(r.Tenant, neighbour, world.ForUser(world.Dave), ofTheNeighbour); err != nil {
				return err
			}
			return declared(r)
		},
		begin: func(r *run) error {
			r.mu.Lock()
			r.trouble = r.Now().Add(3 * time.Minute)
			r.mu.Unlock()
			r.calmFrom(3 * time.Minute)
			if err := moveTo(world.Bob)(r); err != nil {
				return err
			}
			return r.Edit(r.Tenant, neighbour, world.ForUser(world.Erin))
		},
		bystander: neighbour,
	},
	{
		name: "edited while assigning", begin: func(r *run) error { return r.Declare(r.FrontDesk, key) },
		during: map[string]func(*run) error{"assign_credential": moveTo(world.Carol)},
	},
	{
		name: "deleted while somebody else holds it", prepare: declared,
		begin: func(r *run) error {
			r.HandByConsole(world.Bob)
			return deleteKey(r)
		},
	},
	{
		// Nothing keeps the object whose call is under way, so that the other one has the claim, and wants to write, as soon as it
		// sees the effect. Who of two recorded ones has the claim goes by age and UID, and would be another one in each run.
		name:    "deleted with Retain in mid-move",
		prepare: func(r *run) error { return r.Declare(r.FrontDesk, key, retained) },
		begin: func(r *run) error {
			if err := r.Declare(r.Tenant, renamed, world.ForUser(world.Bob), inMode(v1alpha1.ModeEnforce)); err != nil {
				return err
			}
			return moveTo(world.Carol)(r)
		},
		during: map[string]func(*run) error{"unassign_credential": deleteKey},
	},
}
