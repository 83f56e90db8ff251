package keys

import "time"

// Question is what an object without hurry wants to know: how its credential stands. The zero value asks nothing. Who asks
// by ReadCredential keeps its Question, which must not be copied, and holds no worker meanwhile.
type Question struct {
	// Wake is called when the object may come sooner than it was told; nil when nobody is to be woken. It must not block.
	Wake func()
	// Patience is how long the question may stay unanswered while others are gathered that are answered by the same pages.
	Patience time.Duration

	pages  *pages // of the key that is asked; nil when nothing is asked
	id     string // of the credential
	after  int    // how many pages had been asked for before it
	state  questionState
	answer *Reading // nil until it is answered: most objects ask nothing most of the time
}

// questionState is how far a question has come.
type questionState int

const (
	waiting  questionState = iota
	called                 // its object is to do what comes next for all
	answered               // a page has shown its credential
	released               // no page will answer it
)

// Waits reports whether the object asked by k, and was not told yet.
func (q *Question) Waits(k *Key) bool { return k != nil && q.pages == &k.pages }

// IsCalled reports whether the object may come now, whatever it was told: a call that came while it was on its way out is
// not lost on who asks for it then.
func (q *Question) IsCalled() bool {
	if q.pages == nil {
		return false
	}
	q.pages.mu.Lock()
	defer q.pages.unlock()
	return q.state != waiting
}

// Quit withdraws the question, as an object does that is no more, or that has to know at once.
func (q *Question) Quit() {
	if q.pages == nil {
		return
	}
	p := q.pages
	p.mu.Lock()
	defer p.unlock()
	p.close(q)
	*q = Question{Wake: q.Wake, Patience: q.Patience}
	if p.caller == nil {
		p.call(nil, p.callerDue)
	}
}

// asks reports whether the question is put to these pages, about this credential.
func (q *Question) asks(p *pages, id string) bool { return q.pages == p && q.id == id }
