package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
	"github.com/seam-operator/seam-operator/hack/internal/process"
	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// Keys that a tenant may put into a Secret, beside one that works and those that Seam does not know.
const (
	limitedKey  = "seam_test4key_at_its_limit"
	revokedKey  = "seam_test5key_that_was_revoked"
	hangingKey  = "seam_test6key_that_hangs"
	strangerKey = "seam_test7key_of_another_workspace"

	otherWorkspace = "99999999-9999-9999-9999-999999999999"
)

// attack is something that somebody may do who may create and edit objects and Secrets in one namespace.
type attack struct {
	what  string
	crowd crowd
	// storm is done all the time, beside edits of the objects; nil for nothing.
	storm func(ctx context.Context, c *crowd, n int)
	// patience is what the contract lets another tenant's revocation wait for such objects, beyond the grace.
	patience time.Duration
}

// attacks are what is tried. Half of the objects of each name credentials of their own: the operator works at those as at
// anybody's, and does not only look at them.
func attacks(o options) []attack {
	return []attack{
		{what: fmt.Sprintf("objects of %d kB with keys that Seam does not know", o.size/1000), crowd: crowd{keys: bogus, size: o.size}},
		{what: "Secrets of 900 kB, with new keys all the time", crowd: crowd{keys: bogus, secretSize: 900_000}, storm: renewSecret},
		{what: "a key that is at its limit (429)", crowd: crowd{keys: one, key: limitedKey}},
		{what: "a key that was revoked (401)", crowd: crowd{keys: one, key: revokedKey}},
		{what: "a key whose calls hang", crowd: crowd{keys: one, key: hangingKey}},
		{what: "a key of another workspace", crowd: crowd{keys: one, key: strangerKey}},
		{what: "a key that works, objects that come and go", crowd: crowd{keys: one}, storm: comeAndGo},
		// Such objects may be a manifest renamed: those that nobody has looked at yet are waited for, for 5 s in all.
		{what: "new objects for the owner's own person all the time", crowd: crowd{keys: bogus, isOfOwner: true}, storm: comeAndGo, patience: 5 * time.Second},
	}
}

// renewSecret gives an object another key, which Seam does not know either.
func renewSecret(ctx context.Context, c *crowd, n int) {
	secret := newSecret(crowdsNamespace, nameOf(n%c.objects), bogusKey(c.objects+n))
	patch := fmt.Sprintf(`{"stringData":{%q:%q}}`, v1alpha1.DefaultSecretKey, bogusKey(c.objects+n))
	_ = c.api.Patch(ctx, secret, mergePatch(patch)) // the next one comes soon
}

// comeAndGo deletes an object and creates it anew.
func comeAndGo(ctx context.Context, c *crowd, n int) {
	obj := &v1alpha1.CredentialAssignment{ObjectMeta: metav1.ObjectMeta{Namespace: crowdsNamespace, Name: nameOf(n % c.objects)}}
	_ = c.api.Delete(ctx, obj)
	_ = c.putObject(ctx, n%c.objects) // while the old one waits to be cleaned up it fails, and has its turn again later
}

// stageAttacks prepares what the keys of the attacks meet at Seam. It returns how to let go of the calls that hang.
func (w *world) stageAttacks() (letGo func()) {
	for _, key := range []string{limitedKey, revokedKey, hangingKey} {
		w.seam.AddAPIKey(key, workspace)
	}
	w.seam.AddAPIKey(strangerKey, otherWorkspace)
	w.seam.RevokeToken(revokedKey)
	w.seam.Inject(fakeseam.Fault{Token: limitedKey, Status: http.StatusTooManyRequests})
	gate := make(chan struct{})
	w.seam.Inject(fakeseam.Fault{Token: hangingKey, Gate: gate})
	return func() { close(gate) }
}

// withstand makes one attack after the other while the owner's credential is moved and taken away, and prints how it went.
func (w *world) withstand(ctx context.Context, o options) error {
	defer w.stageAttacks()()
	alone := row{what: "nobody else"}
	own := w.newOwner()
	if err := own.declare(ctx); err != nil {
		return err
	}
	if err := own.measure(ctx, &alone, attackMoves, attackRevocations); err != nil {
		return err
	}
	var rows []*attackRow
	for _, a := range attacks(o) {
		if !strings.Contains(a.what, o.only) {
			continue
		}
		began := time.Now()
		r, err := w.withstandOne(ctx, o, a)
		if err != nil {
			return fmt.Errorf("beside %s: %w", a.what, err)
		}
		if len(r.missed(alone)) > 0 {
			say("  a bound was missed: measured once more, since something else may have kept the machine busy")
			if r, err = w.withstandOne(ctx, o, a); err != nil {
				return fmt.Errorf("beside %s: %w", a.what, err)
			}
		}
		rows = append(rows, r)
		say("  moves %s, revocations after the grace %s, four writes by hand %s, at most %s and %.0f goroutines (%s)", rounded(r.moves), rounded(r.revoked),
			slices.Max(rounded(r.byHand)), megabytes(r.peak.resident), r.peak.goroutines, time.Since(began).Round(time.Second))
	}
	return printAttacks(os.Stdout, alone, rows)
}

// withstandOne returns what was measured, also when it breaks a bound: the table tells all of them at the end.
func (w *world) withstandOne(ctx context.Context, o options, a attack) (r *attackRow, err error) {
	r = &attackRow{row: row{what: a.what}, patience: a.patience}
	own, c := w.newOwner(), a.crowd
	c.world, c.credential, c.objects = w, own.credential, o.objects
	for range o.objects / 2 {
		c.own = append(c.own, w.newOwner().credential)
	}
	// What the attack before left behind counts as there before this one: each is held to what it adds.
	if r.before, err = w.settled(ctx); err != nil {
		return nil, err
	}
	// The first move comes while the operator has not looked at most of the objects yet.
	if err := errors.Join(own.declare(ctx), c.put(ctx)); err != nil {
		return nil, err
	}
	if err := w.beside(ctx, o, a, &c, r, own); err != nil {
		return nil, err
	}
	if err := c.remove(ctx); err != nil {
		return nil, err
	}
	// What it may still hold for a while, such as connections, it gives back by itself.
	err = process.Until(ctx, retained, func() bool {
		r.after, err = w.settled(ctx)
		return err != nil || r.hasShrunk()
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return r, nil // what it did not give back is for the table
}

// beside measures the owner while the attack goes on.
func (w *world) beside(ctx context.Context, o options, a attack, c *crowd, r *attackRow, own *owner) error {
	stops := []func() int{c.edit(ctx, o.edits), storm(ctx, scrapesPerSecond, func(int) { w.notePeak(ctx, r) })}
	if a.storm != nil {
		stops = append(stops, storm(ctx, o.edits/2, func(n int) { a.storm(ctx, c, n) }))
	}
	err := own.measure(ctx, &r.row, attackMoves, attackRevocations)
	for _, stop := range stops {
		stop()
	}
	return err
}

func mergePatch(patch string) client.Patch {
	return client.RawPatch(types.MergePatchType, []byte(patch))
}
