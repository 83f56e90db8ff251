package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

const (
	// residentMost is the limit of memory in config/manager: past it the operator is killed.
	residentMost = 256 << 20
	// liveMore is how much more memory may be in use after an attack than before it: less than what an attack puts into
	// annotations or Secrets.
	liveMore = 8 << 20
	// goroutinesMore is how many more goroutines there may be after it: connections to Seam that nobody uses live for 90 s.
	goroutinesMore = 80
	// retained is how long the operator may take until it holds no more than that.
	retained = 30 * time.Second

	scrapesPerSecond = 4
)

// attackRow is what was measured during an attack and after it.
type attackRow struct {
	row
	patience      time.Duration
	before, after usage

	mu   sync.Mutex
	peak usage
}

// notePeak keeps the most that the operator held at one time.
func (w *world) notePeak(ctx context.Context, r *attackRow) {
	u, err := w.scrape(ctx)
	if err != nil {
		return // the next one comes soon
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peak.resident, r.peak.goroutines = max(r.peak.resident, u.resident), max(r.peak.goroutines, u.goroutines)
}

// hasShrunk reports whether the operator holds no more after the attack than before it.
func (r *attackRow) hasShrunk() bool {
	return r.after.live <= r.before.live+liveMore && r.after.goroutines <= r.before.goroutines+goroutinesMore
}

// missed returns the bounds that an attack broke, compared with the owner alone.
func (r *attackRow) missed(alone row) (missed []error) {
	measured := r.row
	measured.revoked = slices.Clone(r.revoked)
	for i := range measured.revoked {
		measured.revoked[i] -= r.patience
	}
	missed = measured.missed(alone)
	if r.peak.resident > residentMost {
		missed = append(missed, fmt.Errorf("beside %s the operator takes %s, more than its limit of memory", r.what, megabytes(r.peak.resident)))
	}
	if !r.hasShrunk() {
		missed = append(missed, fmt.Errorf("after %s the operator keeps %s and %.0f goroutines, before it were %s and %.0f",
			r.what, megabytes(r.after.live), r.after.goroutines, megabytes(r.before.live), r.before.goroutines))
	}
	return missed
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/(1<<20)) }

// printAttacks writes the table as Markdown, and returns an error that names each bound that was missed.
func printAttacks(out io.Writer, alone row, rows []*attackRow) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.TabIndent)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("| what another tenant does\t| a move takes at most\t| a revocation, beyond the grace\t| four writes by hand, each seen\t| most memory\t| in use before and after\t| goroutines before, at most, after\t|")
	line("|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	line("| nothing\t| %d ms\t| %d ms\t| %d ms\t| \t| \t| \t|", slices.Max(alone.moves).Milliseconds(), slices.Max(alone.revoked).Milliseconds(),
		slices.Max(alone.byHand).Milliseconds())
	var missed []error
	for _, r := range rows {
		line("| %s\t| %d ms\t| %d ms\t| %d ms\t| %s\t| %s, %s\t| %.0f, %.0f, %.0f\t|", r.what, slices.Max(r.moves).Milliseconds(),
			slices.Max(r.revoked).Milliseconds(), slices.Max(r.byHand).Milliseconds(), megabytes(r.peak.resident),
			megabytes(r.before.live), megabytes(r.after.live), r.before.goroutines, r.peak.goroutines, r.after.goroutines)
		missed = append(missed, r.missed(alone)...)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "%d attacks, %d bounds missed\n", len(rows), len(missed))
	return errors.Join(missed...)
}
