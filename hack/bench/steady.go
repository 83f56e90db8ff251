package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// rest measures an operator with nothing to do.
func (w *world) rest(ctx context.Context, o *operator, d doors, length time.Duration) (p report.Phase, err error) {
	m, err := w.begin(ctx, o)
	if err != nil {
		return p, err
	}
	if err := process.Pause(ctx, length); err != nil {
		return p, err
	}
	return m.endNow(ctx, report.Rest, d.many, length)
}

// restart starts an operator that finds all objects Ready, and measures until it has nothing left to do at once.
func (w *world) restart(ctx context.Context, binary string, d doors, args ...[]string) (o *operator, p report.Phase, err error) {
	m, err := w.begin(ctx, nil)
	if err != nil {
		return nil, p, err
	}
	if o, err = w.startOperator(ctx, binary, args...); err != nil {
		return nil, p, err
	}
	m.o, m.cpu = o, 0
	since, err := w.caughtUp(ctx, o)
	if err == nil {
		p, err = m.end(ctx, report.Restart, d.many, since.Sub(o.began))
	}
	if err != nil {
		o.Stop()
		return nil, p, err
	}
	return o, p, nil
}

// resyncInterval is what everyMinute sets; with its jitter each object is read again after nine tenths to eleven tenths of it.
const resyncInterval = time.Minute

// resync measures two rounds of an operator that resyncs every minute. It begins half a round after the operator has caught up:
// where all are still read together, no round is cut in two.
func (w *world) resync(ctx context.Context, o *operator, d doors) (p report.Phase, err error) {
	const rounds = 2
	if err := process.Pause(ctx, resyncInterval/2); err != nil {
		return p, err
	}
	m, err := w.begin(ctx, o)
	if err != nil {
		return p, err
	}
	if err := process.Pause(ctx, rounds*resyncInterval); err != nil {
		return p, err
	}
	p, err = m.endNow(ctx, report.Resync, d.many, rounds*resyncInterval)
	p.Rounds = rounds
	return p, err
}

// drift frees one credential in a hundred at Seam, and measures until a resync has found and healed all of them.
func (w *world) drift(ctx context.Context, o *operator, d doors) (p report.Phase, err error) {
	const oneIn = 100
	m, err := w.begin(ctx, o)
	if err != nil {
		return p, err
	}
	waiting := map[int]bool{}
	for i := 0; i < d.many; i += oneIn {
		waiting[i] = true
		w.seam.UpdateCredential(idOf(credentials, d.first+i), func(c *fakeseam.Credential) { c.ACSUserID, c.UserIdentityID = "", "" })
	}
	changed := len(waiting)
	var took []time.Duration
	err = w.until(ctx, o, "what drifted is healed", func() bool {
		for i := range waiting {
			if d.isHeld(w.seam, i) {
				took = append(took, time.Since(m.began))
				delete(waiting, i)
			}
		}
		return len(waiting) == 0
	})
	if err != nil {
		return p, fmt.Errorf("%w (%d of %d are not)", err, len(waiting), changed)
	}
	length := time.Since(m.began)
	// The last result is still on its way into status.
	if err := process.Pause(ctx, time.Second); err != nil {
		return p, err
	}
	p, err = m.endNow(ctx, report.Drift, changed, length)
	p.SetTimes(took)
	return p, err
}
