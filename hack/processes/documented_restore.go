package main

import (
	"context"
	"fmt"
)

// restoredAsDocumented stops the operator first, suspends what came back before it starts again, and takes the suspension off
// where the declaration is right. A credential that is free by now is not given to whom the past declares.
func restoredAsDocumented(ctx context.Context, on *stage) (string, error) {
	past, err := on.startReplica(ctx, "past")
	if err != nil {
		return "", err
	}
	revoked := on.newCredential()
	if err := on.declareReady(ctx, "revoked", revoked, alice); err != nil {
		return "", err
	}
	operator, s, snapshot, err := on.prepare(ctx, past)
	if err != nil {
		return "", err
	}
	if err := on.remove(ctx, "revoked"); err != nil {
		return "", err
	}
	// Nobody holds this credential when etcd is set back: an operator that knew nothing else would give it to Alice again.
	operator.Stop()
	writes := len(on.Writes())
	if err := on.restore(ctx, snapshot); err != nil {
		return "", err
	}
	if err := on.startSuspended(ctx, "moved", "replaced", "revoked"); err != nil {
		return "", err
	}
	// Whoever takes the suspension off says what is true now. The other two stay as they are, which nobody wants any more.
	if err := on.patch(ctx, "moved", `{"spec":{"acsUserID":"`+bob+`","suspend":false}}`); err != nil {
		return "", err
	}
	if err := on.ready(ctx, "moved"); err != nil {
		return "", err
	}
	if holder := on.holder(revoked); holder != "" {
		return "", fmt.Errorf("%s holds what was taken from her before the restore", names[holder])
	}
	if err := on.heldByBob(s); err != nil {
		return "", err
	}
	return "operator stopped, objects suspended before it started again: a free credential stayed free, nobody lost one", on.noWritesAfter(writes)
}

// startSuspended suspends objects, starts an operator and returns when it has seen them.
func (on *stage) startSuspended(ctx context.Context, suspended ...string) error {
	for _, name := range suspended {
		if err := on.patch(ctx, name, `{"spec":{"suspend":true}}`); err != nil {
			return err
		}
	}
	if _, err := on.startReplica(ctx, "after"); err != nil {
		return err
	}
	for _, name := range suspended {
		if err := on.handled(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
