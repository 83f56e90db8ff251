package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// How often each is measured in a row of the table of crowds, and in that of attacks.
const (
	moves       = 6
	revocations = 3

	attackMoves       = 3
	attackRevocations = 1
)

// row is one line of the table.
type row struct {
	what     string
	moves    []time.Duration
	revoked  []time.Duration // beyond the grace
	byHand   []time.Duration // four writes to the API server meanwhile
	cpu      float64         // of one core
	isAtRest bool            // cpu is bounded
}

// table is what was measured. Its first row is the owner alone.
type table struct{ rows []row }

// alone measures the owner without a crowd.
func (w *world) alone(ctx context.Context, o options, t *table) error {
	own := w.newOwner()
	if err := own.declare(ctx); err != nil {
		return err
	}
	r := row{what: "nobody else", isAtRest: true}
	var err error
	if r.cpu, err = w.operator.share(ctx, o.rest/2); err != nil {
		return err
	}
	if err := own.measure(ctx, &r, moves, revocations); err != nil {
		return err
	}
	t.add(r)
	return nil
}

// besideBogusKeys measures the owner beside objects with keys of their own that Seam does not know.
func (w *world) besideBogusKeys(ctx context.Context, o options, t *table) error {
	own := w.newOwner()
	c := &crowd{world: w, credential: own.credential, size: o.size, objects: o.objects, keys: bogus}
	if err := errors.Join(own.declare(ctx), c.create(ctx)); err != nil {
		return err
	}
	what := fmt.Sprintf("%d objects, %d kB each, each with a key of its own that Seam does not know", o.objects, o.size/1000)
	quiet, edited := row{what: what, isAtRest: true}, row{what: fmt.Sprintf("the same, %g edits a second", o.edits)}
	var err error
	if quiet.cpu, err = w.operator.share(ctx, o.rest); err != nil {
		return err
	}
	if err := own.measure(ctx, &quiet, moves, revocations); err != nil {
		return err
	}
	t.add(quiet)
	if err := own.declare(ctx); err != nil {
		return err
	}
	if err := c.whileEdited(ctx, o, &edited, func() error { return own.measure(ctx, &edited, moves, revocations) }); err != nil {
		return err
	}
	t.add(edited)
	return c.remove(ctx)
}

// besideOneKey measures the owner beside objects that share a key that reads the credential: when the owner goes, one of
// them has the claim.
func (w *world) besideOneKey(ctx context.Context, o options, t *table) error {
	own := w.newOwner()
	c := &crowd{world: w, credential: own.credential, size: o.size, objects: o.objects, keys: one}
	if err := errors.Join(own.declare(ctx), c.create(ctx)); err != nil {
		return err
	}
	r := row{what: fmt.Sprintf("%d objects, %d kB each, with one key that reads the credential, %g edits a second", o.objects, o.size/1000, o.edits)}
	if err := c.whileEdited(ctx, o, &r, func() error { return own.measure(ctx, &r, moves, 1) }); err != nil {
		return err
	}
	t.add(r)
	return c.remove(ctx)
}

// besideNoKeys measures what twice as many objects cost that have no Secret.
func (w *world) besideNoKeys(ctx context.Context, o options, t *table) error {
	own := w.newOwner()
	c := &crowd{world: w, credential: own.credential, objects: 2 * o.objects, keys: none}
	if err := errors.Join(own.declare(ctx), c.create(ctx)); err != nil {
		return err
	}
	say("waiting %s, until the operator looks at them as seldom as it ever does …", o.settle)
	if err := process.Pause(ctx, o.settle); err != nil {
		return err
	}
	r := row{what: fmt.Sprintf("%d objects without any Secret", c.objects), isAtRest: true}
	var err error
	if r.cpu, err = w.operator.share(ctx, o.rest); err != nil {
		return err
	}
	if err := own.measure(ctx, &r, moves, revocations); err != nil {
		return err
	}
	t.add(r)
	return c.remove(ctx)
}

// newOwner returns the owner of a new credential.
func (w *world) newOwner() *owner {
	return &owner{world: w, credential: w.seam.AddCredential(fakeseam.Credential{SystemID: system}).ID}
}

// whileEdited measures while the crowd is edited.
func (c *crowd) whileEdited(ctx context.Context, o options, r *row, measure func() error) error {
	stop := c.edit(ctx, o.edits)
	began := time.Now()
	share, err := c.operator.share(ctx, o.rest/4)
	if err == nil {
		err = measure()
	}
	done := stop()
	r.cpu = share
	say("%.0f edits a second were made", float64(done)/time.Since(began).Seconds())
	return err
}

// measure moves the credential a few times, and then takes it away, so often. It leaves no owner.
func (o *owner) measure(ctx context.Context, r *row, moves, revocations int) error {
	say("measuring moves and revocations beside: %s", r.what)
	stop, err := o.byHand(ctx)
	if err != nil {
		return err
	}
	defer func() { r.byHand = stop() }()
	for n := range moves {
		took, err := o.move(ctx, []string{bob, alice}[n%2])
		if err != nil {
			return err
		}
		r.moves = append(r.moves, took)
		if err := o.reported(ctx); err != nil {
			return err
		}
	}
	for n := range revocations {
		took, err := o.revoke(ctx)
		if err != nil {
			return err
		}
		r.revoked = append(r.revoked, took)
		if n == revocations-1 {
			break
		}
		if err := o.declare(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) add(r row) {
	t.rows = append(t.rows, r)
	say("  moves %s, revocations after the grace %s, four writes by hand %s, %.1f %% of a core",
		rounded(r.moves), rounded(r.revoked), slices.Max(rounded(r.byHand)), 100*r.cpu)
}

func rounded(all []time.Duration) []time.Duration {
	out := make([]time.Duration, len(all))
	for i, d := range all {
		out[i] = d.Round(time.Millisecond)
	}
	return out
}

// print writes the table as Markdown, and returns an error that names each bound that was missed.
func (t *table) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', tabwriter.TabIndent)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }
	line("| objects of others for the credential\t| a move takes at most\t| a revocation, beyond the grace\t| four writes by hand, each seen\t| CPU\t|")
	line("|---\t|---\t|---\t|---\t|---\t|")
	var missed []error
	for _, r := range t.rows {
		move, revocation := slices.Max(r.moves), slices.Max(r.revoked)
		rest := ""
		if r.isAtRest {
			rest = " at rest"
		}
		line("| %s\t| %d ms\t| %d ms\t| %d ms\t| %.1f %%%s\t|", r.what, move.Milliseconds(), revocation.Milliseconds(),
			slices.Max(r.byHand).Milliseconds(), 100*r.cpu, rest)
		missed = append(missed, r.missed(t.rows[0])...)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return errors.Join(missed...)
}

// missed returns the bounds that a row misses, compared with the owner alone. What the API server itself takes longer, as
// writes by hand show it, is not the operator's.
func (r row) missed(alone row) (missed []error) {
	slower := max(slices.Max(r.byHand)-slices.Max(alone.byHand), 0)
	if by := slices.Max(r.moves) - slices.Max(alone.moves) - slower; by >= latest {
		missed = append(missed, fmt.Errorf("beside %s a move is %s later", r.what, by.Round(time.Millisecond)))
	}
	if by := slices.Max(r.revoked) - slices.Max(alone.revoked) - slower; by >= latest {
		missed = append(missed, fmt.Errorf("beside %s a revocation is %s later", r.what, by.Round(time.Millisecond)))
	}
	if r.isAtRest && r.cpu >= dearest {
		missed = append(missed, fmt.Errorf("beside %s the operator takes %.1f %% of a core at rest", r.what, 100*r.cpu))
	}
	return missed
}
