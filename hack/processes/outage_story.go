package main

import (
	"context"
	"fmt"
	"net/http"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// failures is how many calls fail before Seam comes back. After five in a row the objects of a key take turns to try, ever more
// seldom: more would take minutes.
const failures = 8

// seamAway lets Seam answer nothing but 503, and then nothing at all, until many calls have failed. Meanwhile a credential is
// declared, one is to move and one is to be taken away.
func seamAway(ctx context.Context, on *stage) (string, error) {
	if _, err := on.startReplica(ctx, "leader"); err != nil {
		return "", err
	}
	settled, moving, leaving, coming := on.newCredential(), on.newCredential(), on.newCredential(), on.newCredential()
	for name, credential := range map[string]string{"settled": settled, "moving": moving, "leaving": leaving} {
		if err := on.declareReady(ctx, name, credential, alice); err != nil {
			return "", err
		}
	}
	calls := len(on.Calls())
	began := time.Now()
	// 503 is an answer, which the operator counts as one that tells nothing; a closed connection is none. Both are outages.
	end := on.Inject(fakeseam.Fault{Status: http.StatusServiceUnavailable})
	for _, change := range []func() error{
		func() error { return on.declare(ctx, "coming", coming, alice) },
		func() error { return on.move(ctx, "moving", moving, bob) },
		func() error { return on.api.Delete(ctx, on.object("leaving")) },
		func() error { return on.ask(ctx, "settled", "while Seam is away") },
	} {
		if err := change(); err != nil {
			return "", err
		}
	}
	if err := on.AwaitCalls(ctx, calls+failures/2, ""); err != nil {
		return "", err
	}
	on.Inject(fakeseam.Fault{Close: true})
	end()
	if err := on.AwaitCalls(ctx, calls+failures, ""); err != nil {
		return "", err
	}
	if err := on.duringTheOutage(ctx); err != nil {
		return "", err
	}
	on.ClearFaults()
	back := time.Now()
	if err := on.afterTheOutage(ctx); err != nil {
		return "", err
	}
	took := time.Since(back)
	for credential, expected := range map[string][]string{
		settled: {"assign Alice"}, coming: {"assign Alice"}, leaving: {"assign Alice", "unassign Alice"},
		moving: {"assign Alice", "unassign Alice", "assign Bob"},
	} {
		if err := on.expectChanges(credential, expected...); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d calls failed in %s, for retry delays up to %s (5m as shipped); a settled object stayed Ready, and %s after Seam was back all was as declared",
		failures, back.Sub(began).Round(time.Second), retryMost, took.Round(100*time.Millisecond)), nil
}

// duringTheOutage fails unless each object says what is true of it.
func (on *stage) duringTheOutage(ctx context.Context) error {
	if err := on.ready(ctx, "settled"); err != nil {
		return err
	}
	if err := on.is(ctx, "coming", metav1.ConditionFalse, v1alpha1.ReasonSeamUnavailable); err != nil {
		return err
	}
	return on.is(ctx, "moving", metav1.ConditionUnknown, v1alpha1.ReasonSeamUnavailable)
}

// afterTheOutage returns once everything is as declared, and fails if a write comes after that.
func (on *stage) afterTheOutage(ctx context.Context) error {
	for _, name := range []string{"settled", "moving", "coming"} {
		if err := on.ready(ctx, name); err != nil {
			return err
		}
	}
	if err := on.gone(ctx, "leaving"); err != nil {
		return err
	}
	// Everything is as declared: from here on nothing is to be called any more.
	calls := len(on.Calls())
	if err := process.Pause(ctx, 2*retryMost); err != nil {
		return err
	}
	if more := on.Writes(); len(on.Calls()) > calls && len(more) > 0 && more[len(more)-1].Time.After(time.Now().Add(-2*retryMost)) {
		return fmt.Errorf("after everything was as declared the operator sent %s", more[len(more)-1])
	}
	return nil
}
