package main

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// since is what happens after a snapshot is taken: one credential moves from Alice to Bob, one is deleted by the object that
// gave it to Alice and given to Bob by another one, one is declared for the first time.
type since struct{ moved, replaced, added string }

// The operator stops for the snapshot, which may keep the API server away for longer than its lease, and the one that is
// returned goes on.
func (on *stage) prepare(ctx context.Context, past *replica, args ...string) (operator *replica, s since, snapshot string, err error) {
	s = since{on.newCredential(), on.newCredential(), on.newCredential()}
	for name, credential := range map[string]string{"moved": s.moved, "replaced": s.replaced} {
		if err := on.declareReady(ctx, name, credential, alice); err != nil {
			return nil, s, "", err
		}
	}
	past.Stop()
	if snapshot, err = on.snapshot(ctx); err != nil {
		return nil, s, "", err
	}
	if operator, err = on.startReplica(ctx, "before", args...); err != nil {
		return nil, s, "", err
	}
	if err := on.move(ctx, "moved", s.moved, bob); err != nil {
		return nil, s, "", err
	}
	if err := on.remove(ctx, "replaced"); err != nil {
		return nil, s, "", err
	}
	for name, credential := range map[string]string{"replacement": s.replaced, "added": s.added} {
		if err := on.declareReady(ctx, name, credential, bob); err != nil {
			return nil, s, "", err
		}
	}
	return operator, s, snapshot, on.ready(ctx, "moved")
}

// nothingTaken waits until the objects of the past are seen for what they are, and fails if Seam was asked for any change.
func (on *stage) nothingTaken(ctx context.Context, s since, writes int) error {
	for _, name := range []string{"moved", "replaced"} {
		if err := on.is(ctx, name, metav1.ConditionFalse, v1alpha1.ReasonHeldByOther); err != nil {
			return err
		}
	}
	for _, name := range []string{"replacement", "added"} {
		if err := on.gone(ctx, name); err != nil {
			return err
		}
	}
	if err := on.heldByBob(s); err != nil {
		return err
	}
	return on.noWritesAfter(writes)
}

func (on *stage) heldByBob(s since) error {
	for _, credential := range []string{s.moved, s.replaced, s.added} {
		if holder := on.holder(credential); holder != bob {
			return fmt.Errorf("%s holds what Bob should hold", names[holder])
		}
	}
	return nil
}

func (on *stage) noWritesAfter(writes int) error {
	if all := on.Writes(); len(all) > writes {
		return fmt.Errorf("after the restore the operator sent %v", all[writes:])
	}
	return nil
}

// restoredUnderARunningOperator sets etcd back while the operator runs. What it watches tells it nothing of that: the API
// server goes on from the revision that the watch had reached, which lies in the future now. It has to do nothing by what it
// remembers, and by what the past declares to take nothing from anybody, once it was started anew as Kubernetes asks for.
func restoredUnderARunningOperator(ctx context.Context, on *stage) (string, error) {
	past, err := on.startReplica(ctx, "past", on.withLease()...)
	if err != nil {
		return "", err
	}
	operator, s, snapshot, err := on.prepare(ctx, past, on.withLease()...)
	if err != nil {
		return "", err
	}
	writes := len(on.Writes())
	if err := on.restore(ctx, snapshot); err != nil {
		return "", err
	}
	// Changes at the restored API server, as somebody makes who finds old declarations there.
	for _, name := range []string{"moved", "replaced"} {
		if err := on.ask(ctx, name, "after the restore"); err != nil {
			return "", err
		}
	}
	// That it renews its lease proves that it is awake and reaches the API server: it could act if it wanted.
	if err := on.renewed(ctx, operator, renewals); err != nil {
		return "", err
	}
	if err := on.noWritesAfter(writes); err != nil {
		return "", err
	}
	operator.Stop()
	if _, err := on.startReplica(ctx, "next", on.withLease()...); err != nil {
		return "", err
	}
	if err := on.nothingTaken(ctx, s, writes); err != nil {
		return "", err
	}
	// What is declared anew is true already: it is adopted, and nothing is sent for it.
	if err := on.move(ctx, "moved", s.moved, bob); err != nil {
		return "", err
	}
	if err := on.ready(ctx, "moved"); err != nil {
		return "", err
	}
	return "it sent nothing before it was started anew, and nothing afterwards: stale declarations are HeldByOther", on.noWritesAfter(writes)
}

// renewals is how often the leader is to renew its lease, at the restored API server, until its silence counts: for more than
// its longest delay.
const renewals = 8

// renewed returns when the operator renewed its lease so often, or ended.
func (on *stage) renewed(ctx context.Context, operator *replica, times int) error {
	var last time.Time
	return process.Until(ctx, limit, func() bool {
		ends, err := on.leaseEnds(ctx)
		if err == nil && ends.After(last) {
			last = ends
			times--
		}
		return times < 0 || hasEnded(operator.Process)
	})
}
