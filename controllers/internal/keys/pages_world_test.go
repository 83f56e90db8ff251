package keys

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

var plenty = Limits{QPS: 1e6, Burst: 1e6, InFlight: 100, MaxRest: time.Minute}

// hotel is a fake Seam with credentials, and objects that want to know how these stand with one key.
type hotel struct {
	*story
	seam  *fakeseam.Server
	k     *Key
	looks []*look
	mu    sync.Mutex
	ready []*look // woken, in order
	// admissions are how many objects were let in to call Seam.
	admissions int
}

func newHotel(t *testing.T, credentials int) *hotel {
	t.Helper()
	return newHotelWith(t, credentials, plenty)
}

func newHotelWith(t *testing.T, credentials int, limits Limits) *hotel {
	t.Helper()
	h := &hotel{seam: fakeseam.New()}
	server := httptest.NewServer(h.seam)
	t.Cleanup(server.Close)
	t.Cleanup(h.seam.Close)
	h.seam.AddWorkspace(fakeseam.Workspace{ID: workspace})
	h.seam.AddAPIKey(apiKey, workspace)
	for i := range credentials {
		h.seam.AddCredential(fakeseam.Credential{ID: credential(i), ACSUserID: guest(i)})
	}
	h.story = newStoryAt(t, server.URL, limits)
	h.k = h.key(apiKey, "")
	return h
}

func credential(i int) string { return fmt.Sprintf("66666666-6666-6666-6666-%012d", i) }
func guest(i int) string      { return fmt.Sprintf("33333333-3333-3333-3333-%012d", i) }

// look is an object that is looked at.
type look struct {
	h        *hotel
	id       string
	question Question
	turn     Turn
	due      time.Time // when it comes if nobody wakes it
	waited   time.Duration
	visits   int
	wakes    int
	isOver   bool
	reading  Reading
	err      error
}

// look returns an object with a credential, which is due at once.
func (h *hotel) look(i int) *look {
	l := &look{h: h, id: credential(i), due: h.clock.Now()}
	l.question.Wake = func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ready = append(h.ready, l)
		l.wakes++
	}
	h.looks = append(h.looks, l)
	return l
}

// visit lets the object come as a worker would, once.
func (l *look) visit() {
	l.visits++
	isAdmitted := false
	l.reading, l.err = l.h.k.ReadCredential(l.h.Context(), &l.question, l.id, func() error {
		if isAdmitted {
			return nil
		}
		if err := l.h.k.Admit(&l.turn, withClaim); err != nil {
			return err
		}
		isAdmitted = true
		return nil
	})
	if isAdmitted {
		l.h.k.Leave()
		l.h.mu.Lock()
		l.h.admissions++
		l.h.mu.Unlock()
	}
	var busy *BusyError
	if l.isOver = !errors.As(l.err, &busy); !l.isOver {
		l.waited, l.due = busy.Wait, l.h.clock.Now().Add(busy.Wait)
	}
}

// next takes the object that comes next: one that was woken, or else the one that is due first, for which time passes. It is nil
// when all are over.
func (h *hotel) next() *look {
	h.mu.Lock()
	ready := h.ready
	h.ready = nil
	h.mu.Unlock()
	for i, l := range ready {
		if !l.isOver {
			h.mu.Lock()
			h.ready = append(slices.Clone(ready[i+1:]), h.ready...)
			h.mu.Unlock()
			return l
		}
	}
	var first *look
	for _, l := range h.looks {
		if !l.isOver && (first == nil || l.due.Before(first.due)) {
			first = l
		}
	}
	if first != nil && first.due.After(h.clock.Now()) {
		h.clock.SetTime(first.due)
	}
	return first
}

// finish lets all objects come until they know.
func (h *hotel) finish() {
	h.Helper()
	for _, l := range h.looks {
		if l.visits == 0 {
			l.visit()
		}
	}
	for range 20 * len(h.looks) {
		l := h.next()
		if l == nil {
			return
		}
		l.visit()
	}
	h.Fatalf("objects come again and again: %v", h.calls())
}

// calls tells what Seam was asked: how many pages, and how many credentials by themselves.
func (h *hotel) calls() (asked struct{ pages, alone int }) {
	for _, call := range h.seam.Calls() {
		switch call.Operation {
		case fakeseam.OpListCredentials:
			asked.pages++
		case fakeseam.OpGetCredential:
			asked.alone++
		default:
			h.Errorf("Seam was asked for %s", call)
		}
	}
	return asked
}

func (h *hotel) asked(pages, alone int) {
	h.Helper()
	if got := h.calls(); got.pages != pages || got.alone != alone {
		h.Errorf("Seam was asked for %d pages and %d credentials, want %d and %d", got.pages, got.alone, pages, alone)
	}
}

// allKnow wants each object to know its own holder, from a picture that is no older than its question.
func (h *hotel) allKnow() {
	h.Helper()
	for _, l := range h.looks {
		want := strings.Replace(l.id, "66666666-6666-6666-6666", "33333333-3333-3333-3333", 1)
		if l.err != nil || l.reading.Credential.ACSUserID != want || l.reading.Began.Before(monday) || l.reading.Answered.Before(l.reading.Began) {
			h.Fatalf("%s after %d visits: %+v, %v", l.id, l.visits, l.reading, l.err)
		}
	}
}

// waitsAbout wants the object to have been told to wait so long, give or take a tenth.
func (l *look) waitsAbout(want time.Duration) {
	l.h.Helper()
	if l.isOver || l.waited < want*9/10 || l.waited > want*11/10 {
		l.h.Errorf("%s waits %s, %v; want about %s", l.id, l.waited, l.err, want)
	}
}

// remembersNobody wants nobody to be remembered any more.
func (h *hotel) remembersNobody() {
	h.Helper()
	p := &h.k.pages
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open != nil || p.caller != nil || p.walk != nil || p.isFetching {
		h.Errorf("%d questions are open, the caller is %p, the walk %v", len(p.open), p.caller, p.walk)
	}
}

// gathered lets so many objects ask, and time pass until no more is gathered. The first of them is the caller.
func (h *hotel) gathered(objects int) []*look {
	var asked []*look
	for i := range objects {
		l := h.look(i)
		l.visit()
		asked = append(asked, l)
	}
	h.clock.Step(gatherQuiet)
	return asked
}

// failed wants an error of this class from this operation.
func (l *look) failed(operation string, class seam.Class) {
	l.h.Helper()
	failure, isSeams := errors.AsType[*seam.Error](l.err)
	if !isSeams || failure.Operation != operation || seam.ClassOf(l.err) != class {
		l.h.Errorf("%s is told %v, want %s of %s", l.id, l.err, class, operation)
	}
}
