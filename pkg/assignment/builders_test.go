package assignment

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// The people of the stories. Alice is declared unless a test says otherwise; Bob had the credential before her; Carol is a
// stranger to the object.
var (
	nobody = Person{}
	alice  = Person{ACSUserID: "alice"}
	bob    = Person{ACSUserID: "bob"}
	carol  = Person{ACSUserID: "carol"}

	aliceIdentity = Person{UserIdentityID: "id-alice"}
	bobIdentity   = Person{UserIdentityID: "id-bob"}
)

const (
	self      = "uid-self"
	rivalUID  = "uid-rival"
	home      = "workspace-home"
	elsewhere = "workspace-elsewhere"

	// timeout is --seam-timeout: a call may be under way so long, and have an effect for twice that.
	timeout = 30 * time.Second
	grace   = 2 * time.Second
)

var (
	noon    = time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)
	morning = noon.Add(-4 * time.Hour)
)

func after(d time.Duration) time.Time  { return noon.Add(d) }
func before(d time.Duration) time.Time { return noon.Add(-d) }

type change func(*Input)

// given is an object that declares Alice, has the claim and no record, and reads a free credential at noon, unless the
// changes say otherwise. Its process has led since the morning.
func given(changes ...change) Input {
	in := Input{
		Object:   Object{UID: self, Declared: Declaration{Person: alice}},
		Observed: Observed{Credential: Found, At: noon, WorkspaceID: home, People: People{}},
		Timing:   Timing{SeamTimeout: timeout, HandOverGrace: grace, LeadingSince: morning},
		Now:      noon,
	}
	for _, c := range changes {
		c(&in)
	}
	return in
}

// together makes one change of several.
func together(changes ...change) change {
	return func(in *Input) {
		for _, c := range changes {
			c(in)
		}
	}
}

// What the object declares.

func declares(p Person) change      { return func(in *Input) { in.Object.Declared.Person = p } }
func inMode(m v1alpha1.Mode) change { return func(in *Input) { in.Object.Declared.Mode = m } }
func pinnedTo(ws string) change     { return func(in *Input) { in.Object.Declared.WorkspaceID = ws } }
func retain(in *Input)              { in.Object.Declared.Retain = true }
func suspended(in *Input)           { in.Object.Declared.Suspended = true }
func abandoned(in *Input)           { in.Object.Declared.Abandoned = true }
func enforce(in *Input)             { in.Object.Declared.Mode = v1alpha1.ModeEnforce }
func observe(in *Input)             { in.Object.Declared.Mode = v1alpha1.ModeObserve }

// deletedAt is an object whose deletion this process first saw then.
func deletedAt(seen time.Time) change {
	return func(in *Input) { in.Object.Finalizer, in.Object.Deletion = true, &Deletion{SeenAt: seen} }
}

// deleted is an object whose grace for a hand-over is over, and that asked the API server for rivals.
func deleted(in *Input) {
	deletedAt(before(grace))(in)
	in.Object.Deletion.AskedRivals = true
}

func rivalsUnasked(in *Input) { in.Object.Deletion.AskedRivals = false }
func hasUnassigned(in *Input) { in.Object.Deletion.Unassigned = true }
func waitsSince(t time.Time) change {
	return func(in *Input) { in.Object.Deletion.WaitsSince = t }
}

// What the object carries.

func finalizer(in *Input)   { in.Object.Finalizer = true }
func noFinalizer(in *Input) { in.Object.Finalizer = false }

func handledIn(ws string) change { return func(in *Input) { in.Object.WorkspaceID = ws } }

// assignedTo is the record that the object assigned somebody in the morning; its finalizer goes with it.
func assignedTo(p Person) change { return assignedIn(home, p) }

func assignedIn(ws string, p Person) change {
	return func(in *Input) {
		in.Object.Finalizer = wantsFinalizer(in)
		in.Object.Record.AssignedTo = &AssignedTo{Person: p, WorkspaceID: ws, Since: morning}
	}
}

// makingRoom is the record of an object that took the credential from its person to move it.
func makingRoom(in *Input) { assignedTo(nobody)(in) }

func wantsFinalizer(in *Input) bool {
	d := in.Object.Declared
	return in.Object.Deletion != nil || !d.Retain && d.Mode != v1alpha1.ModeObserve
}

// pending adds pending writes of the object's own; its finalizer goes with them.
func pending(writes ...PendingWrite) change {
	return func(in *Input) {
		in.Object.Finalizer = wantsFinalizer(in)
		in.Object.Record.Pending = append(in.Object.Record.Pending, writes...)
	}
}

// othersPending adds a rival with pending writes, behind the object; orphaned adds those of objects that are no more.
func othersPending(writes ...PendingWrite) change {
	return func(in *Input) {
		in.Peers = append(in.Peers, Peer{UID: "uid-busy", Created: after(0), Declared: Declaration{Person: carol}, Record: Record{Pending: writes}})
	}
}

func orphaned(writes ...PendingWrite) change {
	return func(in *Input) { in.Orphans = append(in.Orphans, writes...) }
}

func assign(p Person, sent time.Time) PendingWrite {
	return PendingWrite{Operation: v1alpha1.OperationAssign, Person: p, StartedAt: sent, SentAt: sent}
}

func unassign(p Person, sent time.Time) PendingWrite {
	return PendingWrite{Operation: v1alpha1.OperationUnassign, Person: p, StartedAt: sent, SentAt: sent}
}

func acknowledged(w PendingWrite) PendingWrite {
	w.Acknowledged = true
	return w
}

// accepted is an own pending write that Seam accepted from this process, the last one for the credential.
func accepted(w PendingWrite) change {
	return together(pending(acknowledged(w)), acceptedBefore(w))
}

// acceptedBefore is a write that Seam accepted from this process, and whose effect was seen since.
func acceptedBefore(w PendingWrite) change {
	w.Acknowledged = true
	return func(in *Input) { in.Acknowledged = &w }
}

// What was read.

func notRead(in *Input)           { in.Observed = Observed{People: People{}} }
func keyOf(ws string) change      { return func(in *Input) { in.Observed.WorkspaceID = ws } }
func unusable(in *Input)          { in.Observed.Unusable = true }
func missing(in *Input)           { in.Observed.Credential = Missing }
func gone(in *Input)              { in.Observed.Credential, in.Observed.Unmanaged = Missing, Missing }
func unmanaged(p Presence) change { return func(in *Input) { in.Observed.Unmanaged = p } }
func heldBy(p Person) change      { return func(in *Input) { in.Observed.Holder = Holder(p) } }
func showing(h Holder) change     { return func(in *Input) { in.Observed.Holder = h } }
func readAt(t time.Time) change   { return func(in *Input) { in.Observed.At = t } }
func known(p Person) change       { return knownAs(p, "") }
func unknownToSeam(p Person) change {
	return func(in *Input) { in.Observed.People[p] = Account{} }
}

func knownAs(p Person, identity string) change {
	return func(in *Input) { in.Observed.People[p] = Account{Exists: true, UserIdentityID: identity} }
}

// inSystems says of which access system the credential is, and the declared person.
func inSystems(its, theirs string) change {
	return func(in *Input) {
		in.Observed.ACSSystemID = its
		in.Observed.People[in.Object.Declared.Person] = Account{Exists: true, ACSSystemID: theirs}
	}
}

// at is the time of the decision, and of the read before it.
func at(t time.Time) change { return func(in *Input) { in.Now, in.Observed.At = t, t } }

func leadingSince(t time.Time) change { return func(in *Input) { in.Timing.LeadingSince = t } }

// refused is a write that Seam refused while the holder was as it is; sentLast one that no read has shown.
func refused(op v1alpha1.Operation, p Person, h Person) change {
	return func(in *Input) {
		in.Sends.Refused = &Refusal{Operation: op, Person: p, Holder: Holder(h), Reason: "InvalidRequest", Message: "Seam refuses the 100% request"}
	}
}

func sentLast(w PendingWrite, notBefore time.Time) change {
	return func(in *Input) { in.Sends.Last, in.Sends.NotBefore = &w, notBefore }
}

// Rivals.

type peerChange func(*Peer)

// rival is another live object for the same credential: it declares Alice, is younger, was handled, and its key reads the
// credential.
func rival(changes ...peerChange) Peer {
	p := Peer{
		UID: rivalUID, Created: after(time.Minute), Declared: Declaration{Person: alice}, Handled: true,
		Seen: PeerStatus{ReadsIn: home},
	}
	for _, c := range changes {
		c(&p)
	}
	return p
}

func of(p Person) peerChange         { return func(r *Peer) { r.Declared.Person = p } }
func uid(id string) peerChange       { return func(r *Peer) { r.UID = id } }
func created(t time.Time) peerChange { return func(r *Peer) { r.Created = t } }
func isSuspended(r *Peer)            { r.Declared.Suspended = true }
func isDeleting(r *Peer)             { r.Deleting, r.Finalizer = true, true }
func observes(r *Peer)               { r.Declared.Mode = v1alpha1.ModeObserve }
func unhandled(r *Peer)              { r.Handled, r.Seen = false, PeerStatus{} }
func readsNothing(r *Peer)           { r.Seen.ReadsIn = "" }
func readsIn(ws string) peerChange   { return func(r *Peer) { r.Seen.ReadsIn = ws } }
func stalled(reason string) peerChange {
	return func(r *Peer) { r.Seen.Stalled = reason }
}
func otherWorkspace(r *Peer) { r.Seen.OtherWorkspace = true }
func confirmed(r *Peer)      { r.Confirmed = true }
func withFinalizer(on bool) peerChange {
	return func(r *Peer) { r.Finalizer = on }
}
func owns(p Person) peerChange {
	return func(r *Peer) { r.Record.AssignedTo = &AssignedTo{Person: p, WorkspaceID: home, Since: morning} }
}
func lost(w PendingWrite) peerChange {
	return func(r *Peer) { r.Record.Pending = append(r.Record.Pending, w) }
}

// readAgain is a look of the rival's own key that saw its person as the holder.
func readAgain(at time.Time, h Holder) peerChange {
	return func(r *Peer) {
		r.LastRead = PeerRead{At: at, WorkspaceID: home, Person: r.Declared.Person, Holder: h, IsHeld: true}
	}
}

// tookOver is a rival that took Alice over since the deletion was seen, as canTakeOver wants it.
func tookOver(r *Peer) {
	owns(r.Declared.Person)(r)
	r.Finalizer = true
	readAgain(before(time.Second), Holder(r.Declared.Person))(r)
}

// with adds rivals. The object itself is among the peers too, as the caller lists it.
func with(peers ...Peer) change {
	return func(in *Input) {
		in.Peers = append(in.Peers, Peer{UID: self, Created: morning, Declared: in.Object.Declared, Record: in.Object.Record, Handled: true})
		in.Peers = append(in.Peers, peers...)
	}
}

// behind adds rivals of whom the first has the claim.
func behind(peers ...Peer) change {
	return func(in *Input) {
		with(peers...)(in)
		in.Claim.Winner = &in.Peers[len(in.Peers)-len(peers)]
	}
}

func winsByReading(in *Input) { in.Claim.WinsByReading = true }

// Decisions of a table.

func reports(s State, reason string) Decision {
	return Decision{State: s, Action: Report, Reason: reason}
}

func waits(s State, until time.Time, reason string) Decision {
	return Decision{State: s, Action: Report, Until: until, Reason: reason}
}

func does(s State, a Action) Decision { return Decision{State: s, Action: a} }

func asksFor(p Person) Decision { return Decision{State: PersonUnread, Action: ReadPerson, Person: p} }

func assigns(p Person) Decision { return Decision{State: Free, Action: Assign, Person: p} }

// makesRoom takes the credential from the object's own person, to whom nobody declares it any more.
func makesRoom(p Person) Decision {
	return Decision{State: HeldByOwn, Action: Unassign, Person: p, IsRecordedPerson: true}
}

func letsGo(s State, reason string) Decision {
	return Decision{State: s, Action: RemoveFinalizer, Reason: reason}
}

// story is one line of a table: in this situation that is decided, its message contains says, and the record becomes so.
type story struct {
	name    string
	given   Input
	want    Decision
	says    string
	becomes *Record // nil when it does not matter
}

func tell(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			got := Decide(s.given)
			if !strings.Contains(got.Message, s.says) {
				t.Errorf("message is %q, want one that says %q", got.Message, s.says)
			}
			if s.becomes != nil && !sameRecord(got.Record, *s.becomes) {
				t.Errorf("the record becomes %s\nwant %s", recordText(got.Record), recordText(*s.becomes))
			}
			if got, want := got.asInTables(), s.want.asInTables(); !reflect.DeepEqual(got, want) {
				t.Errorf("decided %+v\nwant %+v", got, want)
			}
		})
	}
}

// asInTables is what a table says of a decision: its message and its record are compared apart.
func (d Decision) asInTables() Decision {
	d.Message, d.Record, d.HasRead, d.AssignedAt = "", Record{}, false, time.Time{}
	d.IsReadable, d.Read = false, PeerRead{} // TestWhatAKeyReadForOthers
	return d
}

func sameRecord(a, b Record) bool {
	return recordText(a) == recordText(b)
}

func recordText(r Record) string {
	var parts []string
	if r.AssignedTo != nil {
		parts = append(parts, "assignedTo "+r.AssignedTo.Person.String()+" in "+r.AssignedTo.WorkspaceID+" since "+r.AssignedTo.Since.Format(time.TimeOnly))
	}
	for _, w := range r.Pending {
		parts = append(parts, w.Operation.Verb()+" "+w.Person.String()+" at "+w.SentAt.Format(time.TimeOnly))
	}
	return strings.Join(parts, "; ")
}

// record is what the record becomes.
func record(owner *AssignedTo, pending ...PendingWrite) *Record {
	return &Record{AssignedTo: owner, Pending: slices.Clone(pending)}
}

func owner(p Person, since time.Time) *AssignedTo {
	return &AssignedTo{Person: p, WorkspaceID: home, Since: since}
}
