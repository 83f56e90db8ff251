package keys

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

func TestTenThousandObjectsAreReadByTwentyPages(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 10_000)
	for i := range 10_000 {
		h.look(9_999 - i)
	}
	h.finish()

	h.allKnow()
	h.asked(20, 0)
	if h.admissions != 20 {
		t.Errorf("%d objects were admitted for 20 calls", h.admissions)
	}
	visits := 0
	for _, l := range h.looks {
		visits += l.visits
	}
	if visits > 20_100 {
		t.Errorf("%d objects came %d times", len(h.looks), visits)
	}
	h.remembersNobody()
}

func TestAFewObjectsAreReadOneByOneWhateverTheWorkspaceHolds(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 3000)
	for i := range 19 {
		h.look(i)
	}
	h.finish()

	h.allKnow()
	h.asked(0, 19)
	if waited := h.clock.Since(monday); waited > 300*time.Millisecond {
		t.Errorf("they waited %s for others", waited)
	}
}

func TestTwentyObjectsAreWorthAPage(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 400)
	for i := range 20 {
		h.look(i)
	}
	h.finish()

	h.allKnow()
	h.asked(1, 0)
	if h.looks[0].wakes != 0 {
		t.Error("the one that fetched the page is woken although it is there")
	}
}

func TestOneObjectFetchesOnePageAndTheNextOneComesBeforeThoseThatWereAnswered(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 1500)
	h.look(1200).visit() // on the last page
	for i := range 60 {
		h.look(i * 20).visit()
	}
	h.clock.Step(gatherQuiet)
	fetcher := h.next()
	fetcher.visit()

	h.asked(1, 0)
	if fetcher != h.looks[0] || fetcher.isOver || fetcher.wakes != 0 {
		t.Errorf("%s is over: %t, and was woken %d times", fetcher.id, fetcher.isOver, fetcher.wakes)
	}
	fetcher.waitsAbout(time.Minute)
	caller := h.ready[0]
	if len(h.ready) != 26 || h.k.pages.caller != &caller.question {
		t.Errorf("%d objects are woken, %s first", len(h.ready), caller.id)
	}
	caller.visit()
	h.asked(2, 0)
	h.finish()
	h.allKnow()
	h.asked(3, 0)
}

// Else a long list would be walked on one admission.
func TestNobodyFetchesTwoPagesAtATimeWhileOthersWait(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := newScriptedSeam(t, func(page int) (ids []int, next string) {
			if page == 0 {
				for i := range 20 {
					ids = append(ids, i+2)
				}
			}
			return ids, fmt.Sprint(page + 1)
		})
		s.gathered(22)
		s.looks[0].visit()
		s.asked(1, 0)
	}
}

// The walk was through the list as others needed it.
func TestAWalkThatNobodyNeedsAnyMoreIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 1500)
	for i := range 60 {
		h.look(i * 20).visit()
	}
	h.clock.Step(gatherQuiet)
	h.next().visit()
	for _, l := range h.looks {
		l.question.Quit()
	}
	h.remembersNobody()

	h.looks, h.ready = nil, nil
	asked := h.gathered(20) // all on the first page
	asked[0].visit()
	h.finish()
	h.allKnow()
	h.asked(2, 0)
}

// Pages never outnumber the reads that they replace, but for the first one.
func TestObjectsFarDownALongListAreReadOneByOne(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 3000)
	for i := range 50 {
		h.look(2999 - i)
	}
	h.finish()

	h.allKnow()
	h.asked(1, 50)
}

func TestTheRestIsReadOneByOneRatherThanSoughtThroughALongList(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 6000)
	for i := range 100 {
		h.look(i)
	}
	for i := range 4 {
		h.look(5999 - i)
	}
	h.finish()

	h.allKnow()
	h.asked(4, 4) // three pages that answer nobody, for four objects
	h.remembersNobody()
}

func TestManyObjectsThatAreSeldomListedAreSoughtNoFurtherThanTwentyPages(t *testing.T) {
	t.Parallel()
	s := newScriptedSeam(t, func(page int) (ids []int, next string) {
		if page == 0 {
			return []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29}, "1"
		}
		return nil, fmt.Sprint(page%5 + 1) // a list without an end
	})
	for i := range 100 {
		s.look(i)
	}
	s.finish()

	s.allKnow()
	s.asked(20, 70)
}

func TestAPictureIsNeverOlderThanTheQuestion(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 100)
	h.gathered(20)
	opened := make(chan struct{})
	h.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpListCredentials, Gate: opened, After: true, Times: 1})
	var worker sync.WaitGroup
	worker.Go(h.looks[0].visit)
	if err := h.seam.AwaitHeld(t.Context(), 1, fakeseam.OpListCredentials); err != nil {
		t.Fatal(err)
	}
	// Seam has looked, and this page is under way. What changes now it does not show, and who asks now must not go by it.
	h.seam.UpdateCredential(credential(7), func(c *fakeseam.Credential) { c.ACSUserID = guest(8) })
	late := h.look(7)
	late.visit()
	close(opened)
	worker.Wait()
	h.finish()

	if got := h.looks[7].reading.Credential.ACSUserID; got != guest(7) {
		t.Errorf("who asked before the page is told %s", got)
	}
	if got := late.reading.Credential.ACSUserID; late.err != nil || got != guest(8) {
		t.Errorf("who asked after it is told %s, %v", got, late.err)
	}
	h.asked(1, 1)
	if late.wakes != 1 || h.looks[0].wakes != 0 {
		t.Errorf("who asked after it is called %d times", late.wakes)
	}
	if late.reading.Began.Before(monday.Add(gatherQuiet)) {
		t.Errorf("it counts as read at %s", late.reading.Began)
	}
}

func TestWhoAsksDuringAWalkIsAnsweredByWhatIsLeftOfIt(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 1000)
	var early []*look
	for i := range 40 {
		early = append(early, h.look(i*25))
		early[i].visit()
	}
	h.clock.Step(gatherQuiet)
	early[0].visit() // the first page
	before, behind := h.look(1), h.look(999)
	before.visit()
	behind.visit()
	h.finish()

	h.allKnow()
	h.asked(2, 1) // the first page was gone for one of them
	if before.visits != 3 || behind.visits != 2 {
		t.Errorf("they came %d and %d times", before.visits, behind.visits)
	}
}

func TestManyWhoAskDuringAWalkGetTheNextOne(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 100)
	h.gathered(30)
	opened := make(chan struct{})
	h.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpListCredentials, Gate: opened, After: true, Times: 1})
	var worker sync.WaitGroup
	worker.Go(h.looks[0].visit)
	if err := h.seam.AwaitHeld(t.Context(), 1, fakeseam.OpListCredentials); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		h.look(30 + i).visit()
	}
	close(opened)
	worker.Wait()
	h.finish()

	h.allKnow()
	h.asked(2, 0)
}

func TestACredentialThatIsNotListedIsAskedForBeforeItCountsAsMissing(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	for i := range 30 {
		h.look(i)
	}
	h.seam.DeleteCredential(credential(3))
	unlisted := h.look(77)
	hidden := h.look(78)
	h.seam.AddCredential(fakeseam.Credential{ID: credential(78), ACSUserID: guest(78)})
	h.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpListCredentials, Times: 1,
		Body: `{"acs_credentials":[` + listed(5) + `,{"acs_credential_id":"` + credential(6) + `","acs_user_id":"somebody"},` + listed(7) + `]}`})
	h.finish()

	for _, l := range []*look{h.looks[3], unlisted} {
		l.failed(seam.OpGetCredential, seam.NotFound)
		if l.reading.Began.Before(monday.Add(gatherQuiet)) || l.reading.Answered.IsZero() {
			t.Errorf("it is missing as of %+v", l.reading)
		}
	}
	for i, l := range []*look{h.looks[5], h.looks[6], h.looks[7], hidden} {
		if want := guest([]int{5, 6, 7, 78}[i]); l.err != nil || l.reading.Credential.ACSUserID != want {
			t.Errorf("%s: %+v, %v", l.id, l.reading, l.err)
		}
	}
	h.asked(1, 30)
}

func TestObjectsOfOneCredentialAreAnsweredTogether(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	for i := range 60 {
		h.look(i % 3)
	}
	h.finish()

	h.allKnow()
	h.asked(1, 0)
}

// An error of a page is told once, and leaves every question to its object: the key's rest is for all of them.
func TestAPageThatFailsLeavesEachQuestionToItsObject(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault fakeseam.Fault
		want  seam.Class
	}{
		"a rate limit":          {fakeseam.Fault{Status: 429, RetryAfter: "7"}, seam.RateLimited},
		"a key that is no more": {fakeseam.Fault{Status: 401}, seam.Unauthorized},
		"an outage":             {fakeseam.Fault{Status: 503, EmptyBody: true}, seam.Unavailable},
		"no answer":             {fakeseam.Fault{Close: true}, seam.Unavailable},
		"a request too slow":    {fakeseam.Fault{Status: 408}, seam.Unavailable},
		"a proxy":               {fakeseam.Fault{Redirect: "https://elsewhere.example"}, seam.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHotel(t, 30)
			asked := h.gathered(30)
			c.fault.Operation, c.fault.Times = fakeseam.OpListCredentials, 1
			h.seam.Inject(c.fault)
			asked[0].visit()
			asked[0].failed(seam.OpListCredentials, c.want)
			if asked[0].wakes != 0 || asked[1].wakes != 1 {
				t.Errorf("the one that was told is woken %d times, the next one %d times", asked[0].wakes, asked[1].wakes)
			}
			h.finish()

			h.asked(1, 29)
			asked[0].visit() // when it is its time again
			h.allKnow()
			h.asked(1, 30)

			for i := range 30 { // the next time a list is tried again
				h.look(i)
			}
			h.finish()
			h.asked(2, 30)
		})
	}
}

// Seam may have no list for a key, or one that cannot be read.
func TestARefusedListIsNoErrorAndLeftAloneForAWhile(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]fakeseam.Fault{
		"not for this key": {Status: 403},
		"bad request":      {Status: 400},
		"no such route":    {Status: 404},
		"no such method":   {Status: 405},
		"not implemented":  {Status: 501},
		"nothing":          {EmptyBody: true},
		"no list":          {Body: `{"ok":true}`},
		"null":             {Body: `{"acs_credentials":null,"pagination":null,"ok":true}`},
		"HTML":             {Body: `<html>`, ContentType: "text/html"},
		"more than can be": {Huge: 9 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHotel(t, 30)
			fault.Operation = fakeseam.OpListCredentials
			h.seam.Inject(fault)
			for i := range 30 {
				h.look(i)
			}
			h.finish()
			h.allKnow()
			h.asked(1, 30)
			if waited := h.clock.Since(monday); waited > 300*time.Millisecond {
				t.Errorf("they waited %s", waited)
			}

			h.looks = nil
			h.clock.Step(9 * time.Minute)
			for i := range 30 {
				h.look(i).visit() // and nobody waits for others
			}
			h.allKnow()
			h.asked(1, 60)

			h.seam.ClearFaults()
			h.clock.Step(time.Minute)
			for i := range 30 {
				h.look(i)
			}
			h.finish()
			h.asked(2, 60)
		})
	}
}

func TestARefusedListThatAsksToWaitRestsTheKey(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	h.seam.Inject(fakeseam.Fault{Operation: fakeseam.OpListCredentials, Status: 404, RetryAfter: "90", Times: 1})

	asked[0].visit()

	var busy *BusyError
	if !errors.As(asked[0].err, &busy) || !busy.Resting || busy.Wait != 90*time.Second {
		t.Errorf("it is told %v", asked[0].err)
	}
	h.rests(h.k, 90*time.Second)
	h.asked(1, 0)
}

// What the caller gives up says nothing about the list.
func TestAPageThatTheCallerGivesUpIsAskedForAgain(t *testing.T) {
	t.Parallel()
	impatient, giveUp := context.WithCancel(t.Context())
	var pages atomic.Int32
	url, _ := startSeam(t, func(_ int32, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/acs/credentials/list" || pages.Add(1) > 1 {
			return
		}
		_, _ = io.WriteString(w, `{"acs_credentials":[`)
		_ = http.NewResponseController(w).Flush()
		giveUp()
		<-r.Context().Done()
	})
	s := newStoryAt(t, url, plenty)
	k := s.key(apiKey, "")
	for i, ctx := range []context.Context{impatient, t.Context()} {
		var questions [20]Question
		read := func(i int) error {
			_, err := k.ReadCredential(ctx, &questions[i], credential(i), func() error { return nil })
			return err
		}
		for i := range questions {
			s.busyAbout(read(i), gatherQuiet, 2*time.Minute)
		}
		s.clock.Step(gatherQuiet)
		if err := read(0); seam.ClassOf(err) != seam.Unavailable {
			t.Errorf("it is told %v", err)
		}
		if got := pages.Load(); got != int32(i+1) {
			t.Errorf("%d pages were asked for", got)
		}
	}
}

func TestAPageIsAnAnswerAfterWhichTheNextRestIsShort(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	h.k.Rest(limited)
	h.clock.Step(time.Second)
	h.gathered(30)[0].visit()
	h.asked(1, 0)

	h.k.Rest(limited)
	h.rests(h.k, time.Second)
}

func TestTheCallerThatMustWaitForTheKeyKeepsTheOthersWaiting(t *testing.T) {
	t.Parallel()
	h := newHotelWith(t, 30, Limits{QPS: 1, Burst: 2, InFlight: 2, MaxRest: time.Minute})
	asked := h.gathered(30)
	h.k.Rest(limitedFor90s)

	asked[0].visit()
	asked[0].waitsAbout(90 * time.Second)
	h.clock.Step(80 * time.Second)
	asked[1].visit() // for whatever reason
	asked[1].waitsAbout(70 * time.Second)
	h.finish()

	h.allKnow()
	h.asked(1, 0)
	if h.admissions != 1 {
		t.Errorf("%d objects were admitted", h.admissions)
	}
}

func TestAnAdmissionThatFailsLeavesEachQuestionToItsObject(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	broken := errors.New("not with this key")
	if _, err := h.k.ReadCredential(t.Context(), &asked[0].question, asked[0].id, func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("it is told %v", err)
	}

	h.finish()
	h.allKnow()
	h.asked(0, 30)
}

func TestAPanicLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	func() {
		defer func() { _ = recover() }()
		_, _ = h.k.ReadCredential(t.Context(), &asked[0].question, asked[0].id, func() error { panic("a bug") })
	}()

	h.finish()
	h.allKnow()
	h.asked(0, 30)
}

func TestACallerThatIsNoMorePassesTheCallOn(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	asked[0].question.Quit()
	asked[0].isOver = true
	h.looks = asked[1:]

	h.finish()
	h.allKnow()
	h.asked(1, 0)
	if waited := h.clock.Since(monday); waited > time.Second {
		t.Errorf("the others waited %s", waited)
	}
}

func TestWhoVanishesWithoutAWordHoldsNobodyUpForLong(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	h.looks = asked[1:]
	h.clock.Step(4 * time.Second)
	asked[1].visit()
	asked[1].waitsAbout(time.Minute)

	h.clock.Step(time.Second)
	asked[2].visit() // whoever comes next
	if !asked[2].isOver {
		t.Errorf("it waits %s longer", asked[2].waited)
	}
	h.finish()
	h.allKnow()
	h.asked(1, 0)
}

func TestQuestionsThatAreGivenUpAreForgotten(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	for _, l := range h.gathered(30) {
		l.question.Quit()
		l.question.Quit()
		if l.question.Waits(h.k) || l.question.IsCalled() {
			t.Error("it waits although it asks nothing")
		}
	}
	h.remembersNobody()

	// Of twenty who ask, one who gives up is one too many.
	h.looks, h.ready = nil, nil
	asked := h.gathered(20)
	asked[7].question.Quit()
	h.looks = slices.Delete(asked, 7, 8)
	h.finish()
	h.asked(0, 19)
	h.remembersNobody()
}

func TestAnAnswerIsKeptForTenSeconds(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	asked[0].visit()
	h.asked(1, 0)
	if !asked[1].question.IsCalled() || !asked[2].question.Waits(h.k) {
		t.Error("those who were answered are not told so")
	}

	h.clock.Step(10*time.Second - 1)
	asked[1].visit()
	h.asked(1, 0)
	h.clock.Step(1)
	h.seam.UpdateCredential(credential(2), func(c *fakeseam.Credential) { c.ACSUserID = guest(9) })
	asked[2].visit()
	h.asked(1, 1)
	if asked[2].reading.Credential.ACSUserID != guest(9) {
		t.Errorf("it is told %+v", asked[2].reading)
	}

	asked[1].visit() // an answer is for one question
	asked[1].waitsAbout(gatherQuiet)
}

func TestQuestionsAreGatheredUntilTheyStopComing(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	first := h.look(0)
	first.visit()
	first.waitsAbout(250 * time.Millisecond)
	for i := range 28 {
		h.clock.Step(200 * time.Millisecond)
		l := h.look(1 + i)
		l.visit()
		first.visit()
		if end := monday.Add(5 * time.Second); !first.isOver && h.clock.Now().Add(first.waited).After(end) {
			t.Fatalf("it is kept until %s", h.clock.Now().Add(first.waited))
		}
		if first.isOver {
			break
		}
	}
	h.finish()
	h.allKnow()
	if h.calls().pages != 1 || first.reading.Began.Sub(monday) < 5*time.Second {
		t.Errorf("%+v after %s", h.calls(), first.reading.Began.Sub(monday))
	}
}

func TestWhoIsPatientWaitsForOthers(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 40)
	for i := range 30 {
		l := h.look(i)
		l.question.Patience = 10 * time.Minute
		l.visit()
		h.clock.Step(10 * time.Second)
	}
	h.looks[0].waitsAbout(10 * time.Minute)
	h.looks[1].waitsAbout(11 * time.Minute)
	h.finish()
	h.allKnow()
	h.asked(1, 0)

	h.looks[0].visit() // its next question is as patient
	h.looks[0].waitsAbout(10 * time.Minute)
	h.looks[0].question.Quit()
	h.looks = nil
	for i := range 30 {
		l := h.look(i)
		l.question.Patience = 10 * time.Minute
		l.visit()
	}
	hasty := h.look(33)
	start := h.clock.Now()
	h.finish()
	h.allKnow()
	h.asked(2, 0)
	if waited := hasty.reading.Began.Sub(start); waited > time.Second {
		t.Errorf("who has no patience waits %s", waited)
	}
}

func TestAnotherKeyIsAskedAnew(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 30)
	asked := h.gathered(30)
	before := h.k
	h.seam.AddAPIKey("seam_test2key", workspace)
	h.k = h.key("seam_test2key", "")
	asked[3].visit()

	if asked[3].question.Waits(before) || !asked[3].question.Waits(h.k) || asked[3].question.Waits(nil) {
		t.Error("it waits for another key than it has")
	}
	asked[3].waitsAbout(gatherQuiet)
	asked[3].id = credential(4)
	h.clock.Step(gatherQuiet)
	asked[3].visit()
	asked[3].waitsAbout(gatherQuiet) // another question
	h.asked(0, 0)
}

func TestAKeyThatNobodyHoldsIsForgottenWithItsQuestions(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 0)
	h.gathered(30)
	h.k, h.looks, h.ready = nil, nil, nil

	h.fallsTo(0)
}

// Eight workers take whoever is due, as they come.
func TestManyWorkersAtOnceAskForNoPageTwice(t *testing.T) {
	t.Parallel()
	h := newHotel(t, 3000)
	for i := range 3000 {
		h.look(i)
	}
	for range 200 {
		var due []*look
		h.mu.Lock()
		h.ready = nil
		h.mu.Unlock()
		var next time.Time
		for _, l := range h.looks {
			switch {
			case l.isOver:
			case !l.due.After(h.clock.Now()) || l.question.IsCalled():
				due = append(due, l)
			case next.IsZero() || l.due.Before(next):
				next = l.due
			}
		}
		if len(due) == 0 && next.IsZero() {
			break
		}
		if len(due) == 0 {
			h.clock.SetTime(next)
		}
		queue := make(chan *look, len(due))
		for _, l := range due {
			queue <- l
		}
		close(queue)
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() {
				for l := range queue {
					l.visit()
				}
			})
		}
		workers.Wait()
	}

	h.allKnow()
	h.asked(6, 0)
	if got := h.seam.MaxInFlight(fakeseam.OpListCredentials); got != 1 {
		t.Errorf("%d pages were under way at once", got)
	}
	h.remembersNobody()
}

func listed(i int) string {
	return fmt.Sprintf(`{"acs_credential_id":%q,"acs_user_id":%q}`, credential(i), guest(i))
}

// scriptedSeam lists what a script says, whatever that is, and knows every credential by itself.
type scriptedSeam struct {
	*hotel
	mu           sync.Mutex
	pages, alone int
}

func newScriptedSeam(t *testing.T, page func(number int) (ids []int, next string)) *scriptedSeam {
	t.Helper()
	s := &scriptedSeam{hotel: &hotel{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if id := r.URL.Query().Get("acs_credential_id"); id != "" {
			s.alone++
			_, _ = fmt.Fprintf(w, `{"acs_credential":{"acs_credential_id":%q,"acs_user_id":%q}}`, id, strings.ReplaceAll(id, "66666666-6666-6666-6666", "33333333-3333-3333-3333"))
			return
		}
		ids, next := page(s.pages)
		s.pages++
		var list []string
		for _, i := range ids {
			list = append(list, listed(i))
		}
		_, _ = fmt.Fprintf(w, `{"acs_credentials":[%s],"pagination":{"has_next_page":true,"next_page_cursor":%q}}`, strings.Join(list, ","), next)
	}))
	t.Cleanup(server.Close)
	s.story = newStoryAt(t, server.URL, plenty)
	s.k = s.key(apiKey, "")
	return s
}

func (s *scriptedSeam) asked(pages, alone int) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages != pages || s.alone != alone {
		s.Errorf("Seam was asked for %d pages and %d credentials, want %d and %d", s.pages, s.alone, pages, alone)
	}
}
