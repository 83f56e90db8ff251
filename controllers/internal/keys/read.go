package keys

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

const (
	// So few reads of single credentials are made at once, and then so many a second: whoever is one of a few need not wait
	// for others to share a page with.
	aloneAtOnce    = 3
	alonePerSecond = 1
)

// IsQuiet reports whether so few ask that an object without hurry need not wait for others to share a page with: nobody waits
// for one, and not many have read their credentials alone of late.
func (k *Key) IsQuiet() bool {
	if k.pages.isAsked() {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.alone.AllowN(k.clock.Now(), 1)
}

// Reading is a credential as Seam showed it.
type Reading struct {
	Credential seam.Credential
	// Began is when it was asked for, and so what the reading proves: nothing of what happened after.
	Began time.Time
	// Answered is when the answer came.
	Answered time.Time
}

// ReadCredential reads a credential for an object that is in no hurry: by pages of up to 500, together with others, if those
// who ask are enough to be worth it, else by a call of its own. Its ID is in lower case: no page shows another one. Whoever
// has to wait gets a *BusyError, and comes again with the same question when it is woken. Only who calls Seam needs to be
// admitted: admit is called before, and its error is returned. All other errors are *seam.Error. That a credential is NotFound
// is said by Seam, with the times of that answer: it is never concluded from a list that does not show it.
func (k *Key) ReadCredential(ctx context.Context, q *Question, id string, admit func() error) (Reading, error) {
	if !q.asks(&k.pages, id) {
		q.Quit()
		k.pages.ask(q, id, k.clock.Now())
	}
	for {
		switch next, wait := k.pages.next(q, k.clock.Now()); next {
		case takeAnswer:
			answer := *q.answer
			q.Quit()
			return answer, nil
		case readAlone:
			return k.readAlone(ctx, q, id, admit)
		case fetchPage:
			if err := k.fetchPage(ctx, q, admit); err != nil {
				return Reading{}, err
			}
		default:
			return Reading{}, &BusyError{Wait: wait}
		}
	}
}

func (k *Key) readAlone(ctx context.Context, q *Question, id string, admit func() error) (Reading, error) {
	if err := admit(); err != nil {
		return Reading{}, err
	}
	q.Quit()
	ctx, ended := k.FirstCall(ctx)
	defer ended()
	began := k.clock.Now()
	shown, err := k.GetCredential(ctx, id)
	return Reading{Credential: shown, Began: began, Answered: k.clock.Now()}, err
}

// fetchPage asks for the page that comes next, for all who asked before. Whatever goes wrong, a panic included, leaves each
// question to its object; that Seam has no list for this key is no error, for no object asked for one.
func (k *Key) fetchPage(ctx context.Context, q *Question, admit func() error) error {
	isOver, isRefused := false, false
	defer func() {
		if !isOver {
			k.pages.fail(q, isRefused, k.clock.Now())
		}
	}()
	err := admit()
	if busy, isBusy := errors.AsType[*BusyError](err); isBusy {
		isOver = true
		k.pages.putOff(q, k.clock.Now().Add(busy.Wait))
	}
	if err != nil {
		return err
	}
	ctx, ended := k.FirstCall(ctx)
	defer ended()
	w, began := k.pages.send(), k.clock.Now()
	page, err := k.ListCredentials(ctx, w.cursor)
	switch {
	case isListRefused(err) && ctx.Err() == nil:
		isRefused = true
		return k.restIfAsked(err)
	case err != nil:
		return err
	}
	isOver = true
	k.Worked()
	k.pages.answer(q, w, page, began, k.clock.Now())
	return nil
}

// restIfAsked lets the key rest after an answer with Retry-After that is no error otherwise.
func (k *Key) restIfAsked(err error) error {
	if _, isSaid := seam.RetryAfter(err); !isSaid {
		return nil
	}
	k.Rest(err)
	return &BusyError{Wait: k.RestsUntil().Sub(k.clock.Now()), Resting: true}
}

// isListRefused reports whether an error is about the list, and not about the key or Seam as a whole: single reads may work.
func isListRefused(err error) bool {
	failure, isSeams := errors.AsType[*seam.Error](err)
	if !isSeams {
		return false
	}
	switch status := failure.Status; status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	case http.StatusNotImplemented:
		return true
	default:
		return status >= 200 && status < 300 || status >= 400 && status < 500 // a 2xx that is an error has no list that can be read
	}
}
