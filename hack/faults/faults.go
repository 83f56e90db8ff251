package main

import (
	"net/http"
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/hack/faults/world"
)

// fault is a way to go wrong at a request of the operator.
type fault struct {
	name string
	// strike happens while the request waits, and returns what becomes of it.
	strike func(*run, world.Request) world.Interference
	// after is what happens at later requests, counted from the one that was struck; nil for nothing.
	after func(r *run, later int, req world.Request) world.Interference
	// destroys says that what the operator had put down is lost or replaced: see safeEnds.
	destroys bool
	// healsAtResync says that what Seam refused is not asked for again before the resync.
	healsAtResync bool
}

// unharmed is a request that nothing happens to.
var unharmed = world.Interference{}

// faults may grow at the end only: the numbers of plans go by their places.
var faults = slices.Concat(brokenRequests, corruptions, slowAnswers)

// brokenRequests are faults by which a request or its answer gets lost or changed, or the process that makes it.
var brokenRequests = []fault{
	{name: "killed before", strike: killed(world.Interference{Answer: world.Unreachable})},
	{name: "killed after", strike: killed(world.Interference{Lose: true})},
	{name: "answer lost", strike: becomes(world.Interference{Lose: true})},
	{name: "25 s late", strike: becomes(world.Interference{LateBy: 25 * time.Second})},
	{name: "59 s late", strike: becomes(world.Interference{LateBy: 59 * time.Second})},
	{name: "409", strike: becomes(world.Interference{Answer: http.StatusConflict}), healsAtResync: true},
	{name: "429", strike: becomes(world.Interference{Answer: http.StatusTooManyRequests})},
	{name: "500", strike: becomes(world.Interference{Answer: http.StatusInternalServerError})},
	{name: "timeout", strike: becomes(world.Interference{Answer: world.Unreachable})},
	{name: "watches frozen", strike: frozen(func(*run) string { return "" })},
	{name: "watch of one namespace frozen", strike: frozen(func(r *run) string { return r.FrontDesk })},
	{name: "second manager takes over", strike: killed(world.Interference{LateBy: 20 * time.Second})},
	// The clock of a process that runs cannot be put forward: Go measures time by a clock that nobody sets.
	{name: "killed, then clock 10 min ahead", strike: func(r *run, _ world.Request) world.Interference {
		r.askToRestart(10 * time.Minute)
		return world.Interference{Lose: true}
	}},
	{name: "killed, then clock 10 min behind", strike: func(r *run, _ world.Request) world.Interference {
		r.askToRestart(-10 * time.Minute)
		return world.Interference{Answer: world.Unreachable}
	}},
	{name: "record stripped once", strike: becomes(world.Interference{Strip: "pendingWrites"})},
	{
		name: "record stripped from six requests", strike: becomes(world.Interference{Strip: "pendingWrites"}),
		after: upTo(5, world.Interference{Strip: "pendingWrites"}),
	},
	{
		name: "finalizer stripped from two requests", strike: becomes(world.Interference{Strip: "finalizers"}),
		after: upTo(1, world.Interference{Strip: "finalizers"}),
	},
	{name: "answer lost, and three later killed", strike: becomes(world.Interference{Lose: true}), after: killedAt(3)},
	{name: "killed after, and two later killed", strike: killed(world.Interference{Lose: true}), after: killedAt(2)},
	{name: "two answers lost", strike: becomes(world.Interference{Lose: true}), after: upTo(1, world.Interference{Lose: true})},
	{name: "watches frozen, and killed after the next", strike: frozen(func(*run) string { return "" }), after: killedAt(1)},
	{name: "25 s late, and two later killed", strike: becomes(world.Interference{LateBy: 25 * time.Second}), after: killedAt(2)},
	{name: "killed, then 500 three times", strike: killed(world.Interference{Lose: true}), after: upTo(3, world.Interference{Answer: 500})},
}

// slowAnswers are faults by which what was asked for is done at once, and told so late that more has happened meanwhile.
var slowAnswers = []fault{
	// Longer than a read is acted on, and than another object takes to see what was done and to want its own turn.
	{name: "answered 12 s later", strike: becomes(world.Interference{AnswerAfter: 12 * time.Second})},
	{name: "another person declared before the answer", strike: declaredOtherwise},
}

// declaredOtherwise lets somebody declare another person before the answer to a request arrives, for two seconds: what goes
// out next is to go by what was recorded, not by what is declared by then. Afterwards the end is to be the same.
func declaredOtherwise(r *run, _ world.Request) world.Interference {
	var was world.Object
	r.After(time.Second, func() {
		r.must(r.Edit(r.FrontDesk, key, func(o *world.Object) {
			was = *o
			world.ForUser(world.Frank)(o)
		}))
	})
	r.After(3*time.Second, func() {
		r.must(r.Edit(r.FrontDesk, key, func(o *world.Object) {
			if o.UID == was.UID && o.Spec.ACSUserID == world.Frank { // else somebody has declared something else meanwhile
				o.Spec.ACSUserID, o.Spec.UserIdentityID = was.Spec.ACSUserID, was.Spec.UserIdentityID
			}
		}))
	})
	r.calmFrom(3 * time.Second)
	return world.Interference{AnswerAfter: 2 * time.Second}
}

// becomes does one thing to the request that is struck.
func becomes(i world.Interference) func(*run, world.Request) world.Interference {
	return func(*run, world.Request) world.Interference { return i }
}

// killed kills the process while the request waits; another one takes its place.
func killed(i world.Interference) func(*run, world.Request) world.Interference {
	return func(r *run, _ world.Request) world.Interference {
		r.askToRestart(0)
		return i
	}
}

// frozen holds the watches up until the operator has done what it can and time has gone on.
func frozen(namespace func(*run) string) func(*run, world.Request) world.Interference {
	return func(r *run, _ world.Request) world.Interference {
		r.process.Freeze(namespace(r))
		r.thawIn.Store(2)
		return unharmed
	}
}

// upTo does the same to so many requests after it.
func upTo(last int, i world.Interference) func(*run, int, world.Request) world.Interference {
	return func(_ *run, later int, _ world.Request) world.Interference {
		if later > last {
			return unharmed
		}
		return i
	}
}

// killedAt kills the process at the n-th request after it, which is done and not answered.
func killedAt(n int) func(*run, int, world.Request) world.Interference {
	return func(r *run, later int, _ world.Request) world.Interference {
		if later != n {
			return unharmed
		}
		r.askToRestart(0)
		return world.Interference{Lose: true}
	}
}
