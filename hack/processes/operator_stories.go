package main

import (
	"context"
	"fmt"

	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// killedDuringAMove kills the operator while Seam works at a change, which comes about before the kill, or only when the next
// process has had its first look.
func killedDuringAMove(ctx context.Context, on *stage) (string, error) {
	operator, err := on.startReplica(ctx, "1")
	if err != nil {
		return "", err
	}
	credential := on.newCredential()
	if err := on.declareReady(ctx, "key", credential, alice); err != nil {
		return "", err
	}
	expected := []string{"assign Alice"}
	persons := []string{alice, bob}
	kills := 0
	for _, operation := range []string{fakeseam.OpUnassignCredential, fakeseam.OpAssignCredential} {
		for _, isDone := range []bool{true, false} {
			kills++
			from, to := persons[(kills-1)%2], persons[kills%2]
			// The call is under way when the operator dies. With isDone it has had its effect, which nobody was told; without,
			// it has its effect later, as far as the next process can tell at any time.
			release := on.hold(operation, isDone)
			if err := on.move(ctx, "key", credential, to); err != nil {
				return "", err
			}
			if err := on.held(ctx, operation); err != nil {
				return "", err
			}
			operator.Kill()
			// Only after the next process has read the credential once does the change come about: a read that shows
			// nothing of it must not be taken for its failure.
			seen := len(on.Calls())
			if operator, err = on.startReplica(ctx, fmt.Sprint(kills+1)); err != nil {
				return "", err
			}
			if err := process.Until(ctx, limit, func() bool { return len(on.Calls()) > seen }); err != nil {
				return "", err
			}
			release()
			if err := on.ready(ctx, "key"); err != nil {
				return "", fmt.Errorf("after kill %d: %w", kills, err)
			}
			expected = append(expected, "unassign "+names[from], "assign "+names[to])
		}
	}
	return fmt.Sprintf("%d kills during changes that came about before or after: each move changed Seam twice, and no more", kills),
		on.expectChanges(credential, expected...)
}
