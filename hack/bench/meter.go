package main

import (
	"context"
	"time"

	"github.com/seam-operator/seam-operator/hack/bench/report"
)

// meter measures one phase from when it was begun.
type meter struct {
	w        *world
	o        *operator // nil for a bare client
	began    time.Time
	cpu      time.Duration
	requests report.Counts
	own      report.Counts
	calls    report.Counts
}

// begin is called while nothing is under way.
func (w *world) begin(ctx context.Context, o *operator) (m *meter, err error) {
	m = &meter{w: w, o: o}
	if m.requests, err = w.requests.byOthers(ctx); err != nil {
		return nil, err
	}
	w.seam.ResetCalls() // the fake's own memory of them
	m.own, m.calls = w.requests.ownSoFar(), w.seam.callsSoFar()
	if o != nil {
		if m.cpu, err = o.CPU(); err != nil {
			return nil, err
		}
	}
	m.began = time.Now()
	return m, nil
}

// end waits until all is quiet, so that what comes too late or never ends is counted too.
func (m *meter) end(ctx context.Context, name string, objects int, took time.Duration) (p report.Phase, err error) {
	requests, calls, err := m.w.settled(ctx)
	if err != nil {
		return p, err
	}
	return m.read(name, objects, took, requests, calls)
}

// endNow takes what was counted up to now, for what never is quiet.
func (m *meter) endNow(ctx context.Context, name string, objects int, took time.Duration) (p report.Phase, err error) {
	requests, err := m.w.requests.byOthers(ctx)
	if err != nil {
		return p, err
	}
	return m.read(name, objects, took, requests, m.w.seam.callsSoFar())
}

func (m *meter) read(name string, objects int, took time.Duration, requests, calls report.Counts) (p report.Phase, err error) {
	p = report.Phase{
		Name: name, Objects: objects, Seconds: took.Seconds(),
		Requests: requests.Since(m.requests), SeamCalls: calls.Since(m.calls),
	}
	if m.o == nil { // this program is the client, and the user who creates and deletes
		p.Requests = interesting(m.w.requests.ownSoFar().Since(m.own))
		for _, users := range []string{"POST credentialassignments", "DELETE credentialassignments"} {
			delete(p.Requests, users)
		}
		return p, nil
	}
	cpu, err := m.o.CPU()
	if err != nil {
		return p, err
	}
	p.CPUSeconds = (cpu - m.cpu).Seconds()
	p.PeakBytes, err = m.o.PeakMemory()
	return p, err
}
