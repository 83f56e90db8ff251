package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// moveWithout moves a credential, and takes something away from the operator while the assign is done and not answered: it
// learns what Seam says, and cannot tell anybody.
func (on *stage) moveWithout(ctx context.Context, credential string, takeAway, bringBack func() error) error {
	// The worst moment: Seam has done it, and what is stored says no more than that it may have.
	release := on.hold(fakeseam.OpAssignCredential, true)
	if err := on.move(ctx, "key", credential, bob); err != nil {
		return err
	}
	if err := on.held(ctx, fakeseam.OpAssignCredential); err != nil {
		return err
	}
	if err := takeAway(); err != nil {
		return err
	}
	release()
	if err := bringBack(); err != nil {
		return err
	}
	if err := on.ready(ctx, "key"); err != nil {
		return err
	}
	return on.expectChanges(credential, "assign Alice", "unassign Alice", "assign Bob")
}

// apiServerKilled kills the API server and starts it again at once, within the lease.
func apiServerKilled(ctx context.Context, on *stage) (string, error) {
	operator, credential, err := on.lead(ctx, "leader")
	if err != nil {
		return "", err
	}
	var away time.Duration
	err = on.moveWithout(ctx, credential, func() error { on.apiServer.Kill(); return nil }, func() error {
		began := time.Now()
		defer func() { away = time.Since(began) }()
		return on.startAPIServer(ctx)
	})
	if err != nil {
		return "", err
	}
	// An operator that dies of every restart of the API server would pass too, by way of the next process.
	if hasEnded(operator.Process) {
		return "", fmt.Errorf("within the lease, %w", operator.End())
	}
	return fmt.Sprintf("away for %s when an answer was to be recorded: the leader went on, and nothing was sent twice", away.Round(100*time.Millisecond)), nil
}

// apiServerAway keeps the API server away until the operator ends by itself, and starts both again, as a node would.
func apiServerAway(ctx context.Context, on *stage) (string, error) {
	operator, credential, err := on.lead(ctx, "leader")
	if err != nil {
		return "", err
	}
	var away time.Duration
	err = on.moveWithout(ctx, credential, func() error {
		on.apiServer.Kill()
		began := time.Now()
		defer func() { away = time.Since(began) }()
		return process.Until(ctx, limit, func() bool { return hasEnded(operator.Process) })
	}, func() error {
		if err := on.startAPIServer(ctx); err != nil {
			return err
		}
		_, err := on.startReplica(ctx, "next", on.withLease()...)
		return err
	})
	return fmt.Sprintf("without its lease the leader ended after %s, and the next one sent nothing twice", away.Round(100*time.Millisecond)), err
}

// etcdKilled kills etcd and starts it again at once.
func etcdKilled(ctx context.Context, on *stage) (string, error) {
	operator, credential, err := on.lead(ctx, "leader")
	if err != nil {
		return "", err
	}
	err = on.moveWithout(ctx, credential, func() error { on.etcd.Kill(); return nil }, func() error { return on.startEtcd(ctx) })
	if err != nil {
		return "", err
	}
	if hasEnded(operator.Process) {
		return "", fmt.Errorf("within the lease, %w", operator.End())
	}
	return "killed when an answer was to be recorded: the leader went on, and nothing was sent twice", nil
}
