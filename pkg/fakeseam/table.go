package fakeseam

import (
	"iter"
	"slices"
	"sort"
	"time"
)

// table keeps things by ID in the order they were added, each with the versions
// that a reader behind a lag may still be shown.
type table[T any] struct {
	byID  map[string]*row[T]
	order []*row[T]
	added int
}

type row[T any] struct {
	id       string
	number   int // of the row, growing: what a page cursor remembers
	versions []version[T]
}

// version is one state of a thing. A settled one is shown whatever the lag.
type version[T any] struct {
	value   T
	written time.Time
	settled bool
}

// put stores what somebody seeded or did in Seam's console: shown at once.
func (t *table[T]) put(id string, value T) {
	t.ensureRow(id).versions = []version[T]{{value: value, settled: true}}
}

// write stores what a call of the API changed at the time now: shown once the
// readers' horizon has reached it.
func (t *table[T]) write(id string, value T, now, horizon time.Time) {
	r := t.ensureRow(id)
	r.settle(horizon)
	r.versions = append(r.versions, version[T]{value: value, written: now})
}

// ensureRow returns the row of an ID, which it adds if it is not there yet. A row
// keeps its number when its thing is replaced.
func (t *table[T]) ensureRow(id string) *row[T] {
	if r, ok := t.byID[id]; ok {
		return r
	}
	if t.byID == nil {
		t.byID = map[string]*row[T]{}
	}
	t.added++
	r := &row[T]{id: id, number: t.added}
	t.byID[id] = r
	t.order = append(t.order, r)
	return r
}

func (t *table[T]) remove(id string) {
	delete(t.byID, id)
	t.order = slices.DeleteFunc(t.order, func(r *row[T]) bool { return r.id == id })
}

// truth is the thing as it is, regardless of lag.
func (t *table[T]) truth(id string) (T, bool) {
	r, ok := t.byID[id]
	if !ok {
		var none T
		return none, false
	}
	return r.versions[len(r.versions)-1].value, true
}

// seen is the thing as a read shows it.
func (t *table[T]) seen(id string, horizon time.Time) (T, bool) {
	if r, ok := t.byID[id]; ok {
		return r.seen(horizon)
	}
	var none T
	return none, false
}

// truths yields everything as it is, in the order it was added.
func (t *table[T]) truths() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, r := range t.order {
			if !yield(r.versions[len(r.versions)-1].value) {
				return
			}
		}
	}
}

// sights yields everything in rows after a number as reads show it, with the number of its row.
func (t *table[T]) sights(horizon time.Time, after int) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		first := sort.Search(len(t.order), func(i int) bool { return t.order[i].number > after })
		for _, r := range t.order[first:] {
			if v, ok := r.seen(horizon); ok && !yield(r.number, v) {
				return
			}
		}
	}
}

// sightsOf yields the things of some IDs as reads show them, in the order they were
// added, with the numbers of their rows.
func (t *table[T]) sightsOf(horizon time.Time, ids []string) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		for _, r := range t.rowsOf(ids) {
			if v, ok := r.seen(horizon); ok && !yield(r.number, v) {
				return
			}
		}
	}
}

// truthsOf yields the things of some IDs as they are, in the order they were added.
func (t *table[T]) truthsOf(ids []string) iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, r := range t.rowsOf(ids) {
			if !yield(r.versions[len(r.versions)-1].value) {
				return
			}
		}
	}
}

func (t *table[T]) rowsOf(ids []string) []*row[T] {
	var rows []*row[T]
	for _, id := range ids {
		if r, ok := t.byID[id]; ok {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b *row[T]) int { return a.number - b.number })
	return rows
}

// settle makes what is shown now stay shown, even if the lag grows.
func (t *table[T]) settle(horizon time.Time) {
	for _, r := range t.order {
		r.settle(horizon)
	}
}

func (r *row[T]) seen(horizon time.Time) (T, bool) {
	for _, v := range slices.Backward(r.versions) {
		if v.shown(horizon) {
			return v.value, true
		}
	}
	var none T
	return none, false
}

func (r *row[T]) settle(horizon time.Time) {
	for i, v := range slices.Backward(r.versions) {
		if v.shown(horizon) {
			r.versions = r.versions[i:]
			r.versions[0].settled = true
			return
		}
	}
}

func (v version[T]) shown(horizon time.Time) bool {
	return v.settled || !v.written.After(horizon)
}
