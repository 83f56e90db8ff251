package keys

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/seam-operator/seam-operator/pkg/seam"
)

const (
	// worthAPage is how many questions are worth a page that may answer none of them.
	worthAPage = 20
	// gatherQuiet ends the gathering of questions when none has come for so long.
	gatherQuiet = 250 * time.Millisecond
	// gatherLongest bounds how much longer than the first one's patience is gathered because questions go on to come.
	gatherLongest = 5 * time.Second
	// callerGrace is how long after its time the object that is to act for all may be late before another one does.
	callerGrace = 5 * time.Second
	// uncalledRetry is for those that are woken: it only mends what nobody has thought of.
	uncalledRetry = time.Minute
	// answerKept is how long an answer is of use.
	answerKept = 10 * time.Second
	// refusedPause is how long no page is asked for after Seam refused one.
	refusedPause = 10 * time.Minute
)

// pages answers the questions of a key's objects by pages of what Seam lists. Questions are gathered until they stop
// coming; then the objects fetch page by page, one object and one page at a time: there is always one, the caller, whose turn
// it is to do what comes next. It needs neither a goroutine nor a timer.
type pages struct {
	mu     sync.Mutex
	open   map[*Question]struct{} // waiting or called
	gather gathering
	walk   *walk // nil when no page of it was fetched yet
	// caller is whose object comes next, and callerDue when; nil when nothing is asked.
	caller     *Question
	callerDue  time.Time
	isFetching bool
	sent       int // how many pages were asked for, ever
	// refusedUntil is until when no page is asked for.
	refusedUntil time.Time
	wakes        []func() // to be called without the mutex
}

// gathering is when the gathering of questions ends.
type gathering struct {
	firstPatience time.Time // when the first question should be answered
	last          time.Time // when the last question came
}

func (g gathering) end() time.Time {
	end, longest := g.last.Add(gatherQuiet), g.firstPatience.Add(gatherLongest)
	switch {
	case end.Before(g.firstPatience):
		return g.firstPatience
	case end.After(longest):
		return longest
	default:
		return end
	}
}

// walk is the way through the pages of one list.
type walk struct {
	first    int    // the number of its first page
	cursor   string // of the next page
	pages    int    // fetched so far
	answered int    // questions, by these pages
	barren   int    // pages since the last one that answered any
}

// isWorthwhile reports whether the next page may save more calls than it costs: all pages together never outnumber the
// reads that they replaced, and what is left is read one by one rather than sought through a long list.
func (w *walk) isWorthwhile(open int) bool {
	return w.pages <= w.answered && w.barren+1 < min(open, worthAPage)
}

// step is what an object does next for its question.
type step int

const (
	waitForAnswer step = iota
	takeAnswer
	readAlone
	fetchPage
)

func (p *pages) unlock() {
	wakes := p.wakes
	p.wakes = nil
	p.mu.Unlock()
	for _, wake := range wakes {
		wake()
	}
}

// isAsked reports whether a question waits for a page.
func (p *pages) isAsked() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.open) > 0 || p.isFetching
}

// ask puts a question.
func (p *pages) ask(q *Question, id string, now time.Time) {
	p.mu.Lock()
	defer p.unlock()
	q.pages, q.id, q.after, q.state = p, id, p.sent, waiting
	if now.Before(p.refusedUntil) {
		q.state = released
		return
	}
	if due := now.Add(q.Patience); len(p.open) == 0 || due.Before(p.gather.firstPatience) {
		p.gather.firstPatience = due
	}
	p.gather.last = now
	if p.open == nil {
		p.open = map[*Question]struct{}{}
	}
	p.open[q] = struct{}{}
}

// next returns what the object of a question does next, and how long it waits if it is to wait. An object that is told to
// fetch a page is the only one until it says by answer, fail or putOff what came of it.
func (p *pages) next(q *Question, now time.Time) (step, time.Duration) {
	p.mu.Lock()
	defer p.unlock()
	if q.state == called {
		q.state = waiting
	}
	isOthers := p.caller != nil && p.caller != q && now.Before(p.callerDue.Add(callerGrace))
	switch {
	case q.state == answered && now.Sub(q.answer.Answered) < answerKept:
		return takeAnswer, 0
	case q.state != waiting:
		return readAlone, 0
	case p.isFetching:
		return waitForAnswer, p.uncalledWait(now)
	case p.walk == nil && now.Before(p.gather.end()):
		return waitForAnswer, p.gatherOn(q, isOthers, now)
	case isOthers:
		return waitForAnswer, p.uncalledWait(now)
	case p.walk == nil && len(p.open) < worthAPage:
		p.releaseAll(q)
		return readAlone, 0
	default:
		p.isFetching = true
		return fetchPage, 0
	}
}

// gatherOn returns how long an object waits while questions are gathered. The one that comes first when that ends acts for all.
func (p *pages) gatherOn(q *Question, isOthers bool, now time.Time) time.Duration {
	end := p.gather.end()
	if isOthers && !end.Before(p.callerDue) {
		return p.uncalledWait(now)
	}
	p.caller, p.callerDue = q, end
	return end.Sub(now)
}

// uncalledWait is how long an object waits that will be woken.
func (p *pages) uncalledWait(now time.Time) time.Duration {
	return max(p.callerDue.Sub(now), 0) + time.Duration(float64(uncalledRetry)*(0.9+0.2*rand.Float64()))
}

// send notes that a page is about to be asked for: it answers what was asked so far, and nothing that is asked later.
func (p *pages) send() *walk {
	p.mu.Lock()
	defer p.unlock()
	p.sent++
	if p.walk == nil {
		p.walk = &walk{first: p.sent}
	}
	return p.walk
}

// answer takes over what a page shows, and calls the next object. The one that fetched it needs no call.
func (p *pages) answer(by *Question, w *walk, page seam.CredentialPage, began, now time.Time) {
	p.mu.Lock()
	defer p.unlock()
	p.isFetching = false
	before := len(p.open)
	for q := range p.open {
		if shown, isShown := page.Credentials[q.id]; isShown && q.after < p.sent {
			q.answer = &Reading{Credential: shown, Began: began, Answered: now}
			p.dismiss(q, answered, by)
		}
	}
	w.count(before - len(p.open))
	w.cursor = page.Next
	switch {
	case w.cursor == "":
		p.walk = nil
		for q := range p.open {
			if q.after < w.first { // it saw the whole list
				p.dismiss(q, released, by)
			}
		}
	case !w.isWorthwhile(len(p.open)):
		p.releaseAll(by)
	}
	p.call(by, now)
}

func (w *walk) count(answers int) {
	w.pages++
	w.answered += answers
	w.barren++
	if answers > 0 {
		w.barren = 0
	}
}

// fail leaves all questions to their objects, after a page that did not come. A list that is refused is left alone for a while.
func (p *pages) fail(by *Question, isRefused bool, now time.Time) {
	p.mu.Lock()
	defer p.unlock()
	p.isFetching = false
	if isRefused {
		p.refusedUntil = now.Add(refusedPause)
	}
	p.releaseAll(by)
}

// putOff notes that the object that was to fetch a page comes again later.
func (p *pages) putOff(by *Question, until time.Time) {
	p.mu.Lock()
	defer p.unlock()
	p.isFetching, p.caller, p.callerDue = false, by, until
}

// call lets an object come that does what comes next; another one than by, if there is one.
func (p *pages) call(by *Question, now time.Time) {
	for q := range p.open {
		p.caller, p.callerDue = q, now
		if q != by {
			break
		}
	}
	if p.caller == nil {
		return
	}
	p.caller.state = called
	if p.caller != by && p.caller.Wake != nil {
		p.wakes = append([]func(){p.caller.Wake}, p.wakes...) // before those that were answered: the next page comes while they act on theirs
	}
}

// releaseAll leaves each question to its object.
func (p *pages) releaseAll(by *Question) {
	for q := range p.open {
		p.dismiss(q, released, by)
	}
}

// dismiss ends the waiting of a question, and wakes its object unless it is here.
func (p *pages) dismiss(q *Question, state questionState, by *Question) {
	p.close(q)
	q.state = state
	if q != by && q.Wake != nil {
		p.wakes = append(p.wakes, q.Wake)
	}
}

// close takes a question out. The walk ends with the last one.
func (p *pages) close(q *Question) {
	delete(p.open, q)
	if p.caller == q {
		p.caller = nil
	}
	if len(p.open) == 0 {
		p.open, p.walk = nil, nil // a map that was large stays so
	}
}
