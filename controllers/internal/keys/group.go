package keys

import (
	"container/list"
	"context"
	"time"
)

// groupID names keys that share their places in flight: those of one workspace. Two groups are of keys whose workspace no
// answer has named yet: those that nobody has waited for in vain, and those that gave no answer in time.
type groupID struct {
	workspaceID string
	isSilent    bool
}

// newKeys are the keys of which nothing is known yet. Each makes one call, which is given up for another key's first call
// when Seam has not answered it for a while: whoever brings many keys of a workspace that hangs keeps nobody waiting.
var newKeys = groupID{}

const (
	// firstCallTimeout is the longest that the first call of a key may take.
	firstCallTimeout = 5 * time.Second
	// firstCallPatience is how long it may take when others wait for its place.
	firstCallPatience = 500 * time.Millisecond
	// inFlightHanging is how many may be in flight with a key whose last call ran into its deadline.
	inFlightHanging = 2
	// placeKept is how long a place is kept for an object that was called.
	placeKept = time.Second
	// routineTurns is how many urgent ones are called before a routine look is.
	routineTurns = 10
)

// group is what keys share that stand together for the workers.
type group struct {
	inFlight int
	urgent   list.List // of *Turn, in the order in which they are called
	routine  list.List
	called   map[*Turn]time.Time // for whom a place is kept, until when
	first    map[*Key]bool       // whose first call is in flight
	calls    int                 // how many were called, to give routine looks their turns
}

// groupID returns the group of the key now.
func (k *Key) groupID() groupID {
	if k.belongsTo != "" {
		return groupID{workspaceID: k.belongsTo}
	}
	return groupID{isSilent: k.breaker.isHanging}
}

// group returns the key's group, which exists only while somebody is in flight or waits.
func (k *Key) group() *group { return k.groupOf(k.groupID()) }

func (s *shared) groupOf(id groupID) *group {
	g := s.groups[id]
	if g == nil {
		g = &group{called: map[*Turn]time.Time{}, first: map[*Key]bool{}}
		s.groups[id] = g
	}
	return g
}

// isUnused reports whether nobody would miss the group.
func (g *group) isUnused() bool {
	return g.inFlight == 0 && len(g.called) == 0 && g.urgent.Len() == 0 && g.routine.Len() == 0
}

// regroup changes what is known of the key, and moves what it has in flight, and who waits for it, to its group as it is then.
func (k *Key) regroup(change func()) {
	before := k.groupID()
	change()
	if k.groupID() == before {
		return
	}
	from, to := k.groupOf(before), k.group()
	from.inFlight -= k.inFlight
	to.inFlight += k.inFlight
	delete(from.first, k)
	for _, line := range []*list.List{&from.urgent, &from.routine} {
		for e := line.Front(); e != nil; {
			t := e.Value.(*Turn)
			e = e.Next() // before it goes
			if t.key == k {
				t.leaveLine()
				k.lineUp(t)
			}
		}
	}
	now := k.clock.Now()
	k.advance(before, now)
	k.advance(k.groupID(), now)
}

// enter takes a place in flight.
func (k *Key) enter(now time.Time) {
	g := k.group()
	k.inFlight++
	g.inFlight++
	if k.groupID() == newKeys {
		k.firstCall, k.endFirstCall = context.WithCancel(context.Background())
		k.firstCallBegan, g.first[k] = now, true
	}
}

// leave gives it back, and calls who waits for it.
func (k *Key) leave() {
	g := k.group()
	k.inFlight--
	g.inFlight--
	delete(g.first, k)
	if k.firstCall != nil && k.inFlight == 0 {
		k.endFirstCall()
		k.firstCall, k.endFirstCall = nil, nil
	}
	k.advance(k.groupID(), k.clock.Now())
}

// FirstCall returns a context that bounds a call while nothing is known of the key, and what to call when it has ended.
func (k *Key) FirstCall(ctx context.Context) (context.Context, context.CancelFunc) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.firstCall == nil || k.groupID() != newKeys {
		return ctx, func() {}
	}
	ctx, cancel := context.WithTimeout(ctx, firstCallTimeout)
	stop := context.AfterFunc(k.firstCall, cancel)
	return ctx, func() { stop(); cancel() }
}

// IsPreempted reports whether the key's first call was given up for another key's.
func (k *Key) IsPreempted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.firstCall != nil && k.firstCall.Err() != nil
}

// mostInFlight returns how many may be in flight with the key itself.
func (k *Key) mostInFlight() int {
	switch {
	case k.breaker.isOpen() || k.belongsTo == "":
		return 1
	case k.breaker.isHanging:
		return min(inFlightHanging, k.limits.InFlight)
	default:
		return k.limits.InFlight
	}
}

// places returns how many may be in flight in a group for an object to be admitted beside them.
func (s *shared) places(isUrgent bool) int {
	if isUrgent {
		return s.limits.InFlight
	}
	return max(s.limits.InFlight-1, 1)
}

// hasPlace reports whether there is a place in flight for the object. If not, it is called when there is.
func (k *Key) hasPlace(t *Turn, now time.Time) bool {
	g := k.group()
	if t.group == g && t.place == nil {
		return true
	}
	if t.group != g {
		t.leaveLine()
		k.lineUp(t)
	}
	k.advance(k.groupID(), now)
	return t.group == g && t.place == nil
}

// lineUp lets a turn wait for a place: among keys of which nothing is known, the newest goes first.
func (k *Key) lineUp(t *Turn) {
	t.group = k.group()
	line := t.line()
	if k.groupID() == newKeys {
		t.place = line.PushFront(t)
	} else {
		t.place = line.PushBack(t)
	}
}

func (t *Turn) line() *list.List {
	if t.isUrgent {
		return &t.group.urgent
	}
	return &t.group.routine
}

// leaveLine gives up the place in the line, or the one that was kept.
func (t *Turn) leaveLine() {
	if t.group == nil {
		return
	}
	if t.place != nil {
		t.line().Remove(t.place)
	}
	delete(t.group.called, t)
	t.group, t.place = nil, nil
}

// setUrgent notes how urgent an object is now; in the line it goes to the end of the other ones.
func (t *Turn) setUrgent(isUrgent bool) {
	if t.isUrgent != isUrgent && t.group != nil && t.place != nil {
		t.leaveLine()
	}
	t.isUrgent = isUrgent
}

// untilPlace returns when to ask again for a place, if nobody calls before. Who waits for a key's first call comes soon, to
// see to it that one which hangs is given up.
func (k *Key) untilPlace(t *Turn, now time.Time) time.Duration {
	if k.groupID() == newKeys && k.inFlight == 0 {
		return max(firstCallPatience, k.retryDelay(t, now))
	}
	return jitter(inLineRetry)
}

// advance calls those who wait in a group while it has places for them.
func (s *shared) advance(id groupID, now time.Time) {
	g := s.groups[id]
	if g == nil {
		return
	}
	for t, until := range g.called {
		if !now.Before(until) {
			t.leaveLine() // it did not come, and waits for no place any more until it asks again
		}
	}
	for t := g.next(now); t != nil; t = g.next(now) {
		if g.inFlight+len(g.called) >= s.places(t.isUrgent || g.isRoutineTurn()) && (id != newKeys || !g.giveUpOldest(now)) {
			break
		}
		t.line().Remove(t.place)
		t.place = nil
		g.called[t] = now.Add(placeKept)
		g.calls++
		if t.Wake != nil {
			s.after = append(s.after, t.Wake)
		}
	}
	if g.isUnused() {
		delete(s.groups, id)
	}
}

// next returns whose turn it is; nil when nobody is in the line whose key lets it go.
func (g *group) next(now time.Time) *Turn {
	lines := []*list.List{&g.urgent, &g.routine}
	if g.isRoutineTurn() {
		lines[0], lines[1] = lines[1], lines[0]
	}
	for _, line := range lines {
		for e := line.Front(); e != nil; e = e.Next() {
			t := e.Value.(*Turn)
			if k := t.key; k.inFlight+g.calledFor(k) < k.mostInFlight() && !now.Before(k.restUntil) {
				return t
			}
		}
	}
	return nil
}

// isRoutineTurn reports whether a routine look goes first for once, so that urgent ones never keep it waiting for ever.
func (g *group) isRoutineTurn() bool { return g.calls%(routineTurns+1) == routineTurns }

// calledFor returns how many places are kept for objects of a key.
func (g *group) calledFor(k *Key) (n int) {
	for t := range g.called {
		if t.key == k {
			n++
		}
	}
	return n
}

// giveUpOldest ends the first call that has been in flight for longest, and long enough; false when there is none.
func (g *group) giveUpOldest(now time.Time) bool {
	var oldest *Key
	for k := range g.first {
		if oldest == nil || k.firstCallBegan.Before(oldest.firstCallBegan) {
			oldest = k
		}
	}
	if oldest == nil || now.Sub(oldest.firstCallBegan) < firstCallPatience {
		return false
	}
	oldest.endFirstCall()
	delete(g.first, oldest)
	// Its place counts among those of the keys that gave no answer. No regrouping: the caller goes through this group.
	g.inFlight -= oldest.inFlight
	oldest.breaker.isHanging = true
	oldest.group().inFlight += oldest.inFlight
	return true
}
