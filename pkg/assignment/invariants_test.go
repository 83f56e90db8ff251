package assignment

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// option is one way in which an aspect of a situation can be.
type option func(*Input, *world)

func situation(changes ...change) option {
	return func(in *Input, _ *world) { together(changes...)(in) }
}

func truth(change func(*world)) option { return func(_ *Input, w *world) { change(w) } }

func holder(h Holder) option { return truth(func(w *world) { w.holder = h }) }

// The aspects that a decision depends on, each with the ways in which it can be.
var (
	lives = map[string][]option{
		"live":      {situation(finalizer), situation(noFinalizer)},
		"suspended": {situation(suspended, finalizer), situation(suspended, noFinalizer)},
		"deleted":   {situation(deletedAt(before(time.Second))), situation(deletedAt(before(grace)))},
		"let down":  {situation(deletedAt(before(grace)), abandoned), situation(deletedAt(before(grace)), suspended), situation(deletedAt(before(grace)), noFinalizer)},
	}
	declarations = []option{situation(), situation(retain), situation(enforce), situation(observe)}
	records      = []option{
		situation(),
		situation(recordOf(alice)), situation(recordOf(bob)), situation(recordOf(bobIdentity)), situation(recordOf(nobody)),
	}
	writes = []option{
		situation(),
		situation(lostWrite(assign(alice, before(early)))), situation(lostWrite(assign(alice, before(mid)))), situation(lostWrite(assign(alice, before(late)))),
		situation(lostWrite(assign(bob, before(early)))), situation(lostWrite(assign(bob, before(mid)))),
		situation(lostWrite(unassign(alice, before(early)))), situation(lostWrite(unassign(alice, before(mid)))),
		situation(lostWrite(unassign(bob, before(early)))), situation(lostWrite(unassign(bob, before(mid)))),
		situation(lostWrite(assign(alice, before(mid))), lostWrite(assign(alice, before(early)))),
		situation(lostWrite(acknowledged(assign(alice, before(early)))), acceptedBefore(assign(alice, before(early)))),
		situation(lostWrite(acknowledged(unassign(alice, before(mid)))), acceptedBefore(unassign(alice, before(mid)))),
		situation(lostWrite(assign(bob, before(late))), lostWrite(acknowledged(assign(alice, before(early)))), acceptedBefore(assign(alice, before(early)))),
		situation(acceptedBefore(assign(bob, before(early)))),
		situation(othersPending(assign(bob, before(early)))), situation(othersPending(assign(carol, before(mid)))),
		situation(orphaned(unassign(alice, before(mid)))), situation(orphaned(assign(carol, before(early)))),
		eightWrites(),
	}
	rivals = []option{
		situation(among()),
		situation(among(rival(created(morning), of(bob)))),
		situation(among(rival(created(morning), owns(alice), readAgain(before(time.Second), Holder(alice))))),
		situation(among(rival(created(morning), of(bob), owns(bob)))),
		situation(among(rival(created(morning), owns(alice), isDeleting))),
		situation(among(rival(created(morning), owns(alice), isSuspended))),
		situation(among(rival(tookOver))),
		situation(among(rival(tookOver, observes))),
		situation(among(rival(unhandled))),
		situation(among(rival(created(after(time.Minute)))), readsNothingYet),
		situation(among(rival()), waitsSoLong(before(time.Second))),
		situation(among(rival()), waitsSoLong(before(timeout))),
	}
	truths = []option{
		holder(Holder{}),
		holder(Holder{ACSUserID: "alice"}),
		holder(Holder{UserIdentityID: "id-old"}),
		holder(Holder{ACSUserID: "bob", UserIdentityID: "id-bob"}),
		holder(Holder{ACSUserID: "carol"}),
		truth(func(w *world) { w.holder, w.unusable = Holder{ACSUserID: "alice"}, true }),
		truth(func(w *world) { w.holder, w.unusable = Holder{ACSUserID: "carol"}, true }),
		truth(func(w *world) { w.holder, w.workspace = Holder{ACSUserID: "alice"}, elsewhere }),
		truth(func(w *world) { w.credential = Missing }),
		truth(func(w *world) { w.credential, w.unmanaged = Missing, Found }),
	}
	// circumstances are what matters more rarely.
	circumstances = []option{
		situation(declares(aliceIdentity)),
		situation(leadingSince(before(time.Second))),
		situation(leadingSince(before(time.Second)), unassignedBefore),
		situation(handledIn(elsewhere)),
		situation(pinnedTo(elsewhere)),
		func(in *Input, w *world) {
			refused(v1alpha1.OperationAssign, in.Object.Declared.Person, Person{ACSUserID: w.holder.ACSUserID})(in)
		},
		situation(sentLast(assign(alice, before(mid)), after(time.Second))),
		truth(func(w *world) {
			w.people = directory{bob: everybody[bob], carol: everybody[carol], bobIdentity: everybody[bobIdentity]}
		}),
	}
)

func recordOf(p Person) change {
	return func(in *Input) {
		in.Object.Record.AssignedTo, in.Object.WorkspaceID = &AssignedTo{Person: p, WorkspaceID: home, Since: morning}, home
	}
}

func lostWrite(w PendingWrite) change {
	return func(in *Input) {
		in.Object.Record.Pending, in.Object.WorkspaceID = append(slices.Clone(in.Object.Record.Pending), w), home
	}
}

// eightWrites are as many lost writes as an object may have.
func eightWrites() option {
	var changes []change
	for i := range v1alpha1.MaxPendingWrites {
		changes = append(changes, lostWrite(assign(carol, before(time.Duration(31+i)*time.Second))))
	}
	return situation(changes...)
}

// among puts the object among rivals; its claim is judged when all is known.
func among(peers ...Peer) change {
	return func(in *Input) {
		in.Peers = append(in.Peers, Peer{UID: self, Created: noon, Handled: true, Seen: PeerStatus{ReadsIn: home}})
		in.Peers = append(in.Peers, peers...)
	}
}

func readsNothingYet(in *Input) { in.Peers[len(in.Peers)-2].Seen.ReadsIn = "" }

func waitsSoLong(t time.Time) change {
	return func(in *Input) {
		if in.Object.Deletion != nil {
			in.Object.Deletion.WaitsSince = t
		}
	}
}

func unassignedBefore(in *Input) {
	if in.Object.Deletion != nil {
		in.Object.Deletion.Unassigned = true
	}
}

// each calls visit with every combination of options.
func each(aspects [][]option, chosen []option, visit func([]option)) {
	if len(aspects) == 0 {
		visit(chosen)
		return
	}
	for _, o := range aspects[0] {
		each(aspects[1:], append(chosen, o), visit)
	}
}

// TestInEverySituation holds every decision in every combination of the aspects against what DESIGN.md forbids.
func TestInEverySituation(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds, and most of what it sees the tables tell, too")
	}
	var decided [len(actions)]atomic.Int64
	var reached [len(states)]atomic.Int64
	t.Cleanup(func() {
		for i, a := range actions {
			if decided[i].Load() == 0 {
				t.Errorf("no situation leads to %s", a)
			}
		}
		for i, s := range states {
			if reached[i].Load() == 0 {
				t.Errorf("no situation is %s", s)
			}
		}
	})
	check := func(t *testing.T) func([]option) {
		return func(options []option) {
			if t.Failed() {
				return // one situation is enough to see what is wrong
			}
			in, w := given(notRead), newWorld(Holder{})
			for _, o := range options {
				o(&in, w)
			}
			reclaim(&in)
			w.pass(t, &in, func(in Input, d Decision) {
				decided[slices.Index(actions[:], d.Action)].Add(1)
				reached[slices.Index(states[:], d.State)].Add(1)
				for _, broken := range (judge{in, d, w}).verdict() {
					t.Errorf("%s\n%s", broken, describe(in, d, w))
				}
			})
		}
	}
	few := func(options []option, of ...int) (some []option) {
		for _, i := range of {
			some = append(some, options[i])
		}
		return some
	}
	often := map[string][]option{
		"live":      few(rivals, 0, 1, 2, 3, 4, 5, 9),
		"suspended": few(rivals, 0, 3),
		"deleted":   rivals,
	}
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			each([][]option{life, declarations, records, writes, often[name], truths}, nil, check(t))
		})
		t.Run(name+", rarely", func(t *testing.T) {
			t.Parallel()
			each([][]option{life, declarations, records, few(writes, 0, 2, 4, 9), few(rivals, 0, 2, 3, 6), truths, circumstances}, nil, check(t))
		})
	}
}

// actions and states are all that there are.
var (
	actions = [...]Action{
		Report, ReadCredential, ReadUnmanaged, ReadWorkspace, ReadPerson, ReadRivals, ConfirmSuccessor,
		AddFinalizer, RemoveFinalizer, Assign, Unassign,
	}
	states = [...]State{
		PersonUnread, NothingToCleanUp, CleanUpAbandoned, FinalizerMissing, FinalizerUnwanted, NothingRecorded, InGrace, IsSuspended,
		CredentialUnread, WorkspaceUnread, OtherWorkspace, UnmanagedUnread, CredentialGone, CredentialMissing, CredentialUnusable,
		StillUnsettled, ReadIsLate, WriteInFlight,
		OnlyObserved, ClaimByReading, TakenOver, NotTheWinner, HeldUntilUndone, Held, Free, HeldByOwn, HeldByOther,
		PersonMayReturn, PersonGoneUnconfirmed, PersonGone, Succeeded, LeftToWinner, SuccessorExpected, PersonToBeTaken,
	}
)

func describe(in Input, d Decision, w *world) string {
	winner := "none"
	if in.Claim.Winner != nil {
		winner = fmt.Sprintf("%+v", *in.Claim.Winner)
	}
	return fmt.Sprintf("decision %+v\nrecord before %s\nrecord after %s\nobject %+v\ndeletion %+v\nwinner %s\npeers %+v\norphans %+v\naccepted %+v\nseen %+v\nworld %+v",
		d, recordText(in.Object.Record), recordText(d.Record), in.Object, in.Object.Deletion, winner, in.Peers, in.Orphans, in.Acknowledged, in.Observed, *w)
}

// judge holds a decision against what the design forbids, with the truth about Seam at hand.
type judge struct {
	in Input
	d  Decision
	w  *world
}

// rule is what a decision must keep to, and whether it does.
type rule struct {
	text string
	kept bool
}

type rules []rule

// verdict names the rules that the decision breaks.
func (j judge) verdict() []string {
	var broken []string
	for _, rules := range []rules{j.always(), j.ofRecord(), j.ofAction()} {
		for _, r := range rules {
			if !r.kept {
				broken = append(broken, r.text)
			}
		}
	}
	return broken
}

func (j judge) ofAction() rules {
	switch j.d.Action {
	case Report:
		return j.report()
	case AddFinalizer:
		return rules{
			{"only a live object gets a finalizer", j.isLive()},
			{"a finalizer is for what takes someone away", !j.in.Object.Declared.Retain && !j.observing()},
			{"it gets none twice", !j.in.Object.Finalizer},
		}
	case RemoveFinalizer:
		return j.letGo()
	case Assign:
		return j.assign()
	case Unassign:
		return j.unassign()
	default:
		return rules{{"nobody asks Seam for a suspended object that has no write in the dark", !j.isSuspended() || len(j.in.Object.Record.Pending) > 0}}
	}
}

func (j judge) always() rules {
	hasReason := j.d.Reason != ""
	return rules{
		{"the state is one that is known", slices.Contains(states[:], j.d.State)},
		{"a reason has a message", hasReason == (j.d.Message != "")},
		{"no look follows at once that would tell nothing new", j.d.Until.IsZero() || j.d.Until.After(j.in.Now) || j.wasRead() && j.d.Until.After(j.in.Observed.At)},
		{"only reports and farewells say so", !hasReason || j.d.Action == Report || j.d.Action == RemoveFinalizer},
		{"only a read names who is missing", (j.d.Action == ReadPerson) == (j.d.State == PersonUnread)},
		{"nobody is read, assigned or unassigned only by name", (j.d.Action == ReadPerson || j.d.Action.IsWrite()) == !j.d.Person.IsZero()},
	}
}

func (j judge) isLive() bool      { return j.in.Object.Deletion == nil }
func (j judge) isSuspended() bool { return j.isLive() && j.in.Object.Declared.Suspended }
func (j judge) observing() bool   { return j.in.Object.Declared.Mode == v1alpha1.ModeObserve }
func (j judge) enforcing() bool   { return j.in.Object.Declared.Mode == v1alpha1.ModeEnforce }
func (j judge) declared() Person  { return j.in.Object.Declared.Person }
func (j judge) winner() *Peer     { return j.in.Claim.Winner }
func (j judge) wasRead() bool     { return j.in.Observed.Credential != NotRead }

func (j judge) isRightWorkspace() bool {
	pin, owner := j.in.Object.Declared.WorkspaceID, j.in.Object.Record.AssignedTo
	return (pin == "" || pin == j.w.workspace) && (owner == nil || owner.WorkspaceID == j.w.workspace)
}

// everybodysWrites are the pending writes of all objects of the credential.
func (j judge) everybodysWrites() []PendingWrite {
	all := slices.Clone(j.in.Object.Record.Pending)
	for _, p := range j.in.Peers {
		if p.UID != j.in.Object.UID {
			all = append(all, p.Record.Pending...)
		}
	}
	return append(all, j.in.Orphans...)
}

// mayBeUnderWay reports whether a lost write that Seam does not show may be under way.
func (j judge) mayBeUnderWay() bool {
	return slices.ContainsFunc(j.everybodysWrites(), func(w PendingWrite) bool {
		return !w.Acknowledged && j.in.Now.Sub(w.SentAt) < timeout && !j.w.shows(w)
	})
}

// lags reports whether Seam accepted a write less than the time-out ago, and shows the contrary.
func (j judge) lags() bool {
	w := j.in.Acknowledged
	return w != nil && j.in.Now.Sub(w.SentAt) < timeout && !j.w.shows(*w)
}

// isOwn reports whether the holder is a person whom this object assigned, or may have assigned.
func (j judge) isOwn() bool {
	return j.w.holds(j.in.Object.Record.AssignedPerson()) || slices.ContainsFunc(j.in.Object.Record.Pending, func(w PendingWrite) bool {
		return w.Operation == v1alpha1.OperationAssign && j.w.holds(w.Person)
	})
}

func (j judge) report() rules {
	held := j.w.holds(j.declared())
	switch j.d.Reason {
	case "":
		waits := !j.isLive() && j.in.Now.Sub(j.in.Object.Deletion.SeenAt) < grace
		return rules{{"only a deleted object without finalizer, or in grace, has nothing to tell", !j.isLive() && !j.in.Object.Finalizer || waits}}
	case "Assigned":
		return rules{
			{"S8 Ready only when the declared person holds it", held && j.w.isUsable() && j.isRightWorkspace()},
			{"S8 Ready only for a live object", j.isLive() && !j.isSuspended()},
			{"S8 Ready only while no pending write could undo it", !j.couldUndo()},
			{"Ready only with the finalizer, when it has the claim", j.winner() != nil || j.observing() || j.in.Object.Finalizer != j.in.Object.Declared.Retain || len(j.d.Record.Pending) > 0},
			{"an object with the claim that is Ready has a record", j.winner() != nil || j.observing() || j.d.Record.AssignedPerson() == j.declared()},
			{"a loser is Ready only with the winner, or to follow it", j.winner() == nil || j.observing() || j.w.holds(j.winner().Declared.Person) || j.winner().Deleting},
		}
	case "HeldByOther":
		return rules{
			{"HeldByOther only when somebody else holds it, or as the winner has it", !held && !j.isOwn() && !j.w.holder.IsFree() && j.w.isUsable() || j.winner() != nil},
			{"HeldByOther only of a winner in mode Assign", j.isLive() && !j.enforcing() && !j.observing() && j.winner() == nil || j.winner() != nil && j.winner().Seen.Stalled != ""},
			{"HeldByOther only when no read may lag", !j.lags()},
		}
	case "Drifted":
		return rules{
			{"Drifted only in mode Observe", j.isLive() && j.observing()},
			{"Drifted only when it is not so", !held},
			{"Drifted only when no read may lag", !j.lags()},
		}
	case "ConflictingClaim":
		return rules{
			{"ConflictingClaim only behind another", j.isLive() && j.winner() != nil && !j.observing()},
			{"ConflictingClaim only when the other one does not help", j.winner() == nil || j.winner().Declared.Person != j.declared() || j.winner().Declared.Suspended && !j.winner().Deleting},
		}
	case "Suspended":
		return rules{{"Suspended only when it is", j.isSuspended()}}
	case "AssigneeNotFound":
		return rules{{"AssigneeNotFound only when there is nobody", !j.w.people[j.declared()].Exists && !held}}
	case "WorkspaceMismatch":
		return rules{{"WorkspaceMismatch only when it is another", !j.isRightWorkspace() || j.in.Object.WorkspaceID != j.w.workspace && j.in.Object.WorkspaceID != ""}}
	case "CredentialNotFound":
		return rules{{"CredentialNotFound only when it is", j.w.credential == Missing && j.w.unmanaged == Missing}}
	case "CredentialUnusable":
		return rules{
			{"CredentialUnusable only when it is", j.w.unusable || j.w.credential == Missing && j.w.unmanaged == Found},
			{"CredentialUnusable stops no deletion of a stranger", j.isLive() || j.w.credential != Found || j.isOwn() || held},
		}
	case "OutcomeUnknown", "Assigning", "Unassigning":
		return rules{
			{"a wait ends", j.d.Until.After(j.in.Observed.At) || j.d.State == NotTheWinner || j.d.State == ClaimByReading},
			{"OutcomeUnknown only while a write is in the dark", j.d.Reason != "OutcomeUnknown" || len(j.everybodysWrites()) > 0 || j.in.Sends.Last != nil},
		}
	case "InvalidRequest":
		return rules{{"InvalidRequest only after a refusal", j.in.Sends.Refused != nil || j.winner() != nil}}
	default:
		return rules{{"a reason is one of the contract's: " + j.d.Reason, false}}
	}
}

// couldUndo reports whether a pending write of any object could still take the credential from the declared person.
func (j judge) couldUndo() bool {
	return slices.ContainsFunc(j.everybodysWrites(), func(w PendingWrite) bool {
		isPending := j.in.Observed.At.Sub(w.SentAt) < 2*timeout
		return isPending && !j.w.shows(w)
	})
}

// ofRecord is what may become of the record, whatever is done.
func (j judge) ofRecord() rules {
	was, is := j.in.Object.Record, j.d.Record
	return rules{
		{"a record is not forgotten but by Observe", was.AssignedTo == nil || is.AssignedTo != nil || j.observing() && len(is.Pending) == 0},
		{"nobody becomes the object's own who does not hold", is.AssignedPerson().IsZero() || is.AssignedPerson() == was.AssignedPerson() || j.wasRead() && j.w.holds(is.AssignedPerson()) && j.isRightWorkspace()},
		{"nobody becomes its own whom it did not assign or find declared", is.AssignedPerson().IsZero() || is.AssignedPerson() == was.AssignedPerson() || is.AssignedPerson() == j.declared() && (j.winner() == nil || j.winner().Deleting) || j.hasPendingAssign(is.AssignedPerson())},
		{"a person is its own until an unassign shows", was.AssignedPerson().IsZero() || !is.AssignedPerson().IsZero() || j.observing() || j.wasRead() && !j.w.holds(was.AssignedPerson())},
		{"an observer records nobody", !j.observing() || is.AssignedPerson().IsZero() || is.AssignedPerson() == was.AssignedPerson()},
		{"a loser records nobody but for a deletion", j.winner() == nil || j.winner().Deleting || is.AssignedPerson() == was.AssignedPerson() || j.hasPendingAssign(is.AssignedPerson()) || is.AssignedPerson().IsZero()},
		{"no write is forgotten before its time", !slices.ContainsFunc(was.Pending, func(w PendingWrite) bool { return !slices.ContainsFunc(is.Pending, w.Same) && !j.mayLeave(w) })},
		{"no write is made up", !slices.ContainsFunc(is.Pending, func(w PendingWrite) bool { return !slices.ContainsFunc(was.Pending, w.Same) })},
	}
}

func (j judge) hasPendingAssign(p Person) bool {
	return slices.ContainsFunc(j.in.Object.Record.Pending, func(w PendingWrite) bool {
		return w.Operation == v1alpha1.OperationAssign && w.Person == p
	})
}

// mayLeave reports whether an own pending write is known to have had its effect, or to have none any more.
func (j judge) mayLeave(w PendingWrite) bool {
	isOver := j.in.Now.Sub(w.SentAt) >= 2*timeout
	isRead := j.wasRead() && j.w.workspace != "" && j.isRightWorkspace()
	twins := 0
	for _, other := range j.everybodysWrites() {
		if other.Operation == w.Operation && other.Person == w.Person {
			twins++
		}
	}
	switch {
	case isRead && j.w.credential == Found:
		return isOver || j.w.shows(w) && twins == 1
	case j.in.Object.Finalizer && (j.in.Object.Declared.Retain || j.observing()):
		return isOver || j.isCredentialGone()
	default:
		return j.isCredentialGone()
	}
}

// isCredentialGone reports whether the credential is gone from the workspace in which the object dealt with it.
func (j judge) isCredentialGone() bool {
	dealt := j.in.Object.WorkspaceID
	if owner := j.in.Object.Record.AssignedTo; owner != nil {
		dealt = owner.WorkspaceID
	}
	return j.w.credential == Missing && j.w.unmanaged == Missing && dealt == j.w.workspace
}

// write is what holds for every change at Seam.
func (j judge) write() rules {
	return rules{
		{"a suspended or observing object writes nothing", !j.isSuspended() && !j.observing()},
		{"a live object writes only with the claim", !j.isLive() || j.winner() == nil},
		{"no write while a lost one may be under way", !j.mayBeUnderWay()},
		{"no write while reads lag behind one that Seam accepted", !j.lags()},
		{"only what Seam manages, in its workspace, is changed", j.w.isUsable() && j.isRightWorkspace()},
		{"the finalizer is there before the first write", j.in.Object.Finalizer || j.isLive() && j.in.Object.Declared.Retain},
		{"no more writes are in the dark than a status can hold", len(j.d.Record.Pending) < v1alpha1.MaxPendingWrites},
		{"a refused write is not repeated", !j.isRefused()},
		{"a write that no read shows is not repeated before its time", !j.isTooSoon()},
		{"whom the record names is named so", j.d.IsRecordedPerson == (j.d.Action == Unassign && j.w.holds(j.in.Object.Record.AssignedPerson()) || j.d.Action == Unassign && j.w.holds(j.d.Record.AssignedPerson()))},
	}
}

func (j judge) isRefused() bool {
	r := j.in.Sends.Refused
	return r != nil && r.Person == j.d.Person && (r.Operation == v1alpha1.OperationAssign) == (j.d.Action == Assign) && r.Holder == j.w.holder
}

// isDeclaredRefused reports whether Seam refused to assign the credential to the declared person.
func (j judge) isDeclaredRefused() bool {
	r := j.in.Sends.Refused
	return r != nil && r.Operation == v1alpha1.OperationAssign && r.Person == j.declared()
}

func (j judge) isTooSoon() bool {
	last := j.in.Sends.Last
	return last != nil && last.Person == j.d.Person && (last.Operation == v1alpha1.OperationAssign) == (j.d.Action == Assign) && j.in.Now.Before(j.in.Sends.NotBefore)
}

func (j judge) assign() rules {
	rules := j.write()
	rules = append(rules,
		rule{"S1 only a live object assigns", j.isLive()},
		rule{"S1 only the declared person", j.d.Person == j.declared()},
		rule{"S4 only a free credential", j.w.holder.IsFree()},
	)
	return rules
}

func (j judge) unassign() rules {
	rules := j.write()
	declared := j.w.holds(j.declared())
	rules = append(rules, rule{"the holder, as Seam shows it", j.d.Person == j.w.holder.Person() && !j.w.holder.IsFree()})
	if j.isLive() {
		rules = append(rules,
			rule{"S2 S4 nobody but the object's own, or with mode Enforce", j.isOwn() || j.enforcing()},
			rule{"a live object does not take it from the declared person", !declared},
			rule{"nobody is locked out for somebody who does not exist", j.w.people[j.declared()].Exists},
			rule{"nobody is locked out for somebody whom Seam refuses", !j.isDeclaredRefused()},
		)
		return rules
	}
	rules = append(rules,
		rule{"S2 nobody but the declared person or the object's own", j.isOwn() || declared && j.winner() == nil},
		rule{"a replacement gets its moment to appear", j.in.Now.Sub(j.in.Object.Deletion.SeenAt) >= grace && j.in.Object.Deletion.AskedRivals},
		rule{"nothing is taken from who keeps it", !j.in.Object.Declared.Retain && !j.in.Object.Declared.Abandoned},
		rule{"nothing is taken from whom another one took over", !slices.ContainsFunc(j.in.Peers, j.hasTakenOver)},
		rule{"nothing is taken from whom the winner declares", j.winner() == nil || !j.w.holds(j.winner().Declared.Person) || j.winner().Seen.ReadsIn != j.w.workspace},
	)
	return rules
}

// hasTakenOver is the hand-over as the contract has it.
func (j judge) hasTakenOver(p Peer) bool {
	owner, read := p.Record.AssignedTo, p.LastRead
	isFit := p.UID != j.in.Object.UID && !p.Deleting && !p.Declared.Suspended && p.Declared.Mode != v1alpha1.ModeObserve
	isMarked := (p.Finalizer || p.Declared.Retain) && owner != nil && owner.Person == p.Declared.Person
	hasRead := !read.At.Before(j.in.Object.Deletion.SeenAt) && read.WorkspaceID == j.w.workspace && read.IsHeld && read.Holder == j.w.holder
	return isFit && isMarked && hasRead && j.w.holds(p.Declared.Person)
}

func (j judge) letGo() rules {
	o := j.in.Object
	settled := len(j.d.Record.Pending) == 0
	if j.isLive() {
		return rules{{"a live object loses its finalizer when nothing shall be taken away, and all writes are known", o.Finalizer && (o.Declared.Retain || j.observing()) && settled}}
	}
	free := j.wasRead() && j.w.credential == Found && !j.isOwn() && (j.winner() != nil || !j.w.holds(j.declared()))
	isSure := o.Deletion.Unassigned || j.in.Observed.At.Sub(j.in.Timing.LeadingSince) >= timeout
	known := map[string]bool{
		"":          settled && j.isRightWorkspace() && (free && isSure && !j.lags() || j.isCredentialGone()),
		"Abandoned": o.Declared.Abandoned,
		"Retained":  (o.Declared.Retain || j.observing()) && settled,
		"Unclaimed": settled && j.winner() != nil && (j.d.Record.AssignedPerson().IsZero() && !j.isOwn() || j.w.holds(j.winner().Declared.Person) && j.winner().Confirmed && j.wasRead()),
		"HandedOver": settled && slices.ContainsFunc(j.in.Peers, func(p Peer) bool {
			return p.UID == j.d.Successor && p.Confirmed && j.hasTakenOver(p)
		}),
	}
	return rules{
		{"only our finalizer is taken off", o.Finalizer},
		{"S7 a finalizer leaves for a reason: " + j.d.Reason, known[j.d.Reason]},
	}
}
