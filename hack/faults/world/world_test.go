package world

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/hack/faults/invariants"
)

// started returns a world on an API server in memory, and a process of the operator in it.
func started(t *testing.T) (*World, *Process) {
	t.Helper()
	cluster, err := NewMemoryCluster()
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(context.Background(), cluster, "story")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	p, err := w.Start(0)
	if err != nil {
		t.Fatal(err)
	}
	return w, p
}

// A busy machine may take long from where the operator decides to send a call to where Seam sees it, and back.
func TestACallIsUnderWayFromTheOperatorToSeamAndBack(t *testing.T) {
	t.Parallel()
	w, p := started(t)
	arrives, goesOn := make(chan struct{}), make(chan struct{})
	seam := p.seam.Config.Handler
	p.seam.Config.Handler = http.HandlerFunc(func(answer http.ResponseWriter, req *http.Request) {
		arrives <- struct{}{}
		<-goesOn
		seam.ServeHTTP(answer, req)
		arrives <- struct{}{}
		<-goesOn
	})
	t.Cleanup(func() { p.seam.Config.Handler = seam })
	if err := w.Declare(w.FrontDesk, "key"); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"not at Seam yet", "not back yet"} {
		<-arrives
		if rests := w.traffic.restsSince(); rests != 0 {
			t.Errorf("a call that is %s counts as nothing, for %s", where, rests)
		}
		goesOn <- struct{}{}
	}
	go func() {
		for range arrives { // what else it asks
			goesOn <- struct{}{}
		}
	}()
	if err := w.quiet(idle); err != nil {
		t.Error(err)
	}
}

func TestTimeGoesOnWhileAnAnswerIsHeldUp(t *testing.T) {
	t.Parallel()
	w, _ := started(t)
	w.Intercept(func(r Request) Interference {
		if r.What == invariants.OpAssign {
			return Interference{AnswerAfter: 6 * time.Second}
		}
		return Interference{}
	})
	if err := w.Declare(w.FrontDesk, "key"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := w.Step(10*time.Second, false); err != nil {
			t.Fatal(err)
		}
	}
	h, err := w.History()
	if err != nil {
		t.Fatal(err)
	}
	assigns := 0
	for _, c := range h.Calls {
		if c.Operation != invariants.OpAssign {
			continue
		}
		assigns++
		if took := c.Ended.Time.Sub(c.Arrived.Time); took != 6*time.Second || c.Status != http.StatusOK || !c.Changed {
			t.Errorf("the assign took %s, answer %d, changed %t", took, c.Status, c.Changed)
		}
	}
	if assigns != 1 || !w.IsAllLanded() {
		t.Errorf("%d assigns; all has landed: %t", assigns, w.IsAllLanded())
	}
}

func TestAProcessGetsAnAnswerThatIsHeldUpWhenItIsAskedToStop(t *testing.T) {
	t.Parallel()
	w, p := started(t)
	isHeld := make(chan struct{}, 10)
	w.Intercept(func(r Request) Interference {
		if r.What != invariants.OpAssign {
			return Interference{}
		}
		isHeld <- struct{}{}
		return Interference{AnswerAfter: time.Hour}
	})
	if err := w.Declare(w.FrontDesk, "key"); err != nil {
		t.Fatal(err)
	}
	<-isHeld
	p.Stop()
	h, err := w.History()
	if err != nil {
		t.Fatal(err)
	}
	if last := h.Calls[len(h.Calls)-1]; last.Operation != invariants.OpAssign || last.Status != http.StatusOK {
		t.Errorf("the last call is %s, answer %d", last.Operation, last.Status)
	}
}

// A manager that is stopped while its caches fill waits until they are full; those of a killed process never are.
func TestAProcessThatNobodyWantsAnyMoreEnds(t *testing.T) {
	t.Parallel()
	cluster, err := NewMemoryCluster()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w, err := New(ctx, cluster, "story")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := w.Start(0); err != nil {
		t.Error(err)
	}
	ended := make(chan struct{})
	go func() {
		w.Close()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Error("its process has not ended after 30 s")
	}
}
