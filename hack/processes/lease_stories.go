package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// leaderKilled kills the leader of two while its assign is done and not answered.
func leaderKilled(ctx context.Context, on *stage) (string, error) {
	leader, _, credential, err := on.pair(ctx)
	if err != nil {
		return "", err
	}
	release := on.hold(fakeseam.OpAssignCredential, true)
	defer release()
	if err := on.move(ctx, "key", credential, bob); err != nil {
		return "", err
	}
	if err := on.held(ctx, fakeseam.OpAssignCredential); err != nil {
		return "", err
	}
	// The lease of a killed leader is not given back: nobody may lead before it ends, whatever is to be done.
	leader.Kill()
	ends, err := on.leaseEnds(ctx)
	if err != nil {
		return "", err
	}
	if err := on.ready(ctx, "key"); err != nil {
		return "", err
	}
	for _, call := range on.Calls() {
		if call.UserAgent == "second" {
			return fmt.Sprintf("the other replica's first call came %s after the lease ended, and nothing was sent twice", call.Time.Sub(ends).Round(time.Millisecond)),
				on.expectChanges(credential, "assign Alice", "unassign Alice", "assign Bob")
		}
	}
	return "", fmt.Errorf("the other replica called nobody")
}

// leaderStoppedAfterARead stops the leader while the read that it wants to act on is under way.
func leaderStoppedAfterARead(ctx context.Context, on *stage) (string, error) {
	leader, second, credential, err := on.pair(ctx)
	if err != nil {
		return "", err
	}
	release := on.hold(fakeseam.OpGetCredential, true)
	if err := on.move(ctx, "key", credential, bob); err != nil {
		return "", err
	}
	if err := on.held(ctx, fakeseam.OpGetCredential); err != nil {
		return "", err
	}
	stopped, err := on.whileStopped(ctx, leader, second, credential, release)
	return fmt.Sprintf("stopped for %s with a read in its hands, it sent nothing when it woke up, and ended", stopped), err
}

// leaderStoppedBeforeACall stops the leader when its change is recorded and was not sent.
func leaderStoppedBeforeACall(ctx context.Context, on *stage) (string, error) {
	p, err := on.newProxy()
	if err != nil {
		return "", err
	}
	defer func() { _ = p.server.Close() }()
	leader, second, credential, err := on.pair(ctx, "--kubeconfig="+p.kubeconfig)
	if err != nil {
		return "", err
	}
	held, release := p.hold()
	if err := on.move(ctx, "key", credential, bob); err != nil {
		return "", err
	}
	if err := await(ctx, held); err != nil {
		return "", fmt.Errorf("waiting for the record: %w", err)
	}
	stopped, err := on.whileStopped(ctx, leader, second, credential, release)
	return fmt.Sprintf("stopped for %s between its record and its call, it sent nothing when it woke up, and ended", stopped), err
}

// whileStopped stops the leader with SIGSTOP, gives it what it waits for, lets another replica lead and move the credential
// on, back to Alice at last, and lets the first one go on. It has to send nothing any more, and to end.
func (on *stage) whileStopped(ctx context.Context, leader, second *replica, credential string, release func()) (time.Duration, error) {
	// A stopped process neither renews its lease nor notices that time goes by, as on a node that is overcommitted or was
	// suspended. It wakes up believing that it leads.
	leader.Signal(syscall.SIGSTOP)
	stopped := time.Now()
	release() // it is there when it wakes up
	if err := on.ready(ctx, "key"); err != nil {
		return 0, err
	}
	// Alice again: if the first replica still sent its old unassign, she would be locked out.
	if err := on.move(ctx, "key", credential, alice); err != nil {
		return 0, err
	}
	if err := on.ready(ctx, "key"); err != nil {
		return 0, err
	}
	woken := time.Now()
	leader.Signal(syscall.SIGCONT)
	if err := process.Until(ctx, limit, func() bool { return hasEnded(leader.Process) }); err != nil {
		return 0, fmt.Errorf("waiting until the replica ends that was stopped: %w", err)
	}
	for _, call := range on.Writes() {
		if call.UserAgent == leader.name && call.Time.After(stopped) {
			return 0, fmt.Errorf("the replica that was stopped sent %s", call)
		}
	}
	// The one that leads must not be disturbed by the one that wakes up.
	if hasEnded(second.Process) {
		return 0, second.End()
	}
	return woken.Sub(stopped).Round(time.Second),
		on.expectChanges(credential, "assign Alice", "unassign Alice", "assign Bob", "unassign Bob", "assign Alice")
}

// lead starts a replica that leads and has given a credential to Alice.
func (on *stage) lead(ctx context.Context, name string, args ...string) (leader *replica, credential string, err error) {
	if leader, err = on.startReplica(ctx, name, append(on.withLease(), args...)...); err != nil {
		return nil, "", err
	}
	credential = on.newCredential()
	return leader, credential, on.declareReady(ctx, "key", credential, alice)
}

// pair starts two replicas, of which the first one leads and has given a credential to Alice. It has the leader's arguments.
func (on *stage) pair(ctx context.Context, leaders ...string) (leader, second *replica, credential string, err error) {
	if leader, credential, err = on.lead(ctx, "first", leaders...); err != nil {
		return nil, nil, "", err
	}
	second, err = on.startReplica(ctx, "second", on.withLease()...)
	return leader, second, credential, err
}

// leaseEnds returns when somebody else may lead.
func (on *stage) leaseEnds(ctx context.Context) (time.Time, error) {
	var lease coordinationv1.Lease
	if err := on.api.Get(ctx, client.ObjectKey{Namespace: on.namespace, Name: "seam-operator"}, &lease); err != nil {
		return time.Time{}, err
	}
	return lease.Spec.RenewTime.Add(time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second), nil
}

func hasEnded(p *process.Process) bool {
	select {
	case <-p.Ended():
		return true
	default:
		return false
	}
}
