package controllers_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
)

// plug cuts an operator off from the world at a chosen moment, as a crash does: after so many calls to Seam and writes
// to the API server nothing reaches anybody any more.
type plug struct {
	mu     sync.Mutex
	armed  bool
	left   int
	answer bool // the last call that is let through gets no answer
	out    chan struct{}
	cut    string // the call at which it went out

	passing func(*http.Request) error // called before each call to Seam and each write to the API server, which fails with its error; nil for nothing
}

// pass lets a call be looked at, changed or refused before it goes out.
func (p *plug) pass(req *http.Request) error {
	p.mu.Lock()
	passing := p.passing
	p.mu.Unlock()
	if passing == nil {
		return nil
	}
	return passing(req)
}

// pull arranges that the plug is out after n calls; with lostAnswer the last of them takes place but is not answered.
func (p *plug) pull(n int, lostAnswer bool) (out <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed, p.left, p.answer, p.out, p.cut = true, n, lostAnswer, make(chan struct{}), ""
	return p.out
}

// mend puts the plug in again, and returns the call at which it went out; "" when it did not.
func (p *plug) mend() (cut string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = false
	return p.cut
}

// next reports whether the next call takes place, and whether it is answered. Who lets one take place that is not
// answered says afterwards that the plug is out.
func (p *plug) next(req *http.Request) (takesPlace, answered bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.armed {
		return true, true
	}
	if p.left--; p.left == -1 {
		p.cut = req.Method + " " + req.URL.Path
	}
	switch {
	case p.left == -1 && p.answer:
		return true, false
	case p.left == -1:
		close(p.out)
		return false, false
	case p.left < -1:
		return false, false
	default:
		return true, true
	}
}

func (p *plug) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.pass(r) != nil {
			panic(http.ErrAbortHandler)
		}
		takesPlace, answered := p.next(r)
		if takesPlace && answered {
			next.ServeHTTP(w, r)
			return
		}
		if takesPlace {
			next.ServeHTTP(deaf{}, r.WithContext(context.WithoutCancel(r.Context())))
			close(p.out)
		}
		panic(http.ErrAbortHandler)
	})
}

var errUnplugged = errors.New("the plug is out")

func (p *plug) roundTrip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	if err := p.pass(req); err != nil {
		return nil, err
	}
	takesPlace, answered := p.next(req)
	if !takesPlace {
		return nil, errUnplugged
	}
	resp, err := next.RoundTrip(req)
	if answered {
		return resp, err
	}
	defer close(p.out)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	return nil, errUnplugged
}

// deaf takes an answer that nobody hears.
type deaf struct{}

func (deaf) Header() http.Header         { return http.Header{} }
func (deaf) Write(b []byte) (int, error) { return len(b), nil }
func (deaf) WriteHeader(int)             {}
