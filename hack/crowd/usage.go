package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seam-operator/seam-operator/hack/internal/process"
)

// usage is what the operator holds, as its own metrics tell.
type usage struct {
	resident   float64 // bytes that the kernel counts
	live       float64 // bytes that were in use at the last garbage collection
	goroutines float64
	cycles     float64 // garbage collections so far
}

// scrape asks the operator once.
func (w *world) scrape(ctx context.Context) (u usage, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.metrics+"/metrics", nil)
	if err != nil {
		return u, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return u, fmt.Errorf("reading the operator's metrics: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	wanted := map[string]*float64{
		"process_resident_memory_bytes":      &u.resident,
		"go_gc_heap_live_bytes":              &u.live,
		"go_goroutines":                      &u.goroutines,
		"go_gc_cycles_total_gc_cycles_total": &u.cycles,
	}
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		value := wanted[name]
		if value == nil {
			continue
		}
		if *value, err = strconv.ParseFloat(text, 64); err != nil {
			return u, fmt.Errorf("reading the operator's metric %s: %w", name, err)
		}
		delete(wanted, name)
	}
	if len(wanted) > 0 {
		return u, fmt.Errorf("%d of the operator's metrics are missing", len(wanted))
	}
	return u, lines.Err()
}

// collections is how many garbage collections it takes until what nobody holds any more is gone: keys are held weakly, and
// cleaned up after the collection that finds them.
const collections = 3

// settled returns what the operator holds after some garbage collections. Reading its metrics makes the garbage.
func (w *world) settled(ctx context.Context) (u usage, err error) {
	first, err := w.scrape(ctx)
	if err != nil {
		return u, err
	}
	waiting := process.Until(ctx, time.Minute, func() bool {
		u, err = w.scrape(ctx)
		return err != nil || u.cycles >= first.cycles+collections
	})
	if err != nil {
		return u, err
	}
	return u, waiting
}
