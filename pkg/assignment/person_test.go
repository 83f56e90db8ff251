package assignment

import (
	"slices"
	"testing"
	"time"
)

// directory is what Seam knows about persons; one that is not in it does not exist.
type directory map[Person]Account

// everybody has Alice linked to her identity, which id-old was merged into, and Bob linked to his; Carol has none.
var everybody = directory{
	alice:                         {Exists: true, UserIdentityID: "id-alice"},
	bob:                           {Exists: true, UserIdentityID: "id-bob"},
	carol:                         {Exists: true},
	{ACSUserID: "old"}:            {Exists: true, UserIdentityID: "id-old"},
	aliceIdentity:                 {Exists: true, UserIdentityID: "id-alice"},
	bobIdentity:                   {Exists: true, UserIdentityID: "id-bob"},
	{UserIdentityID: "id-old"}:    {Exists: true, UserIdentityID: "id-alice"},
	{UserIdentityID: "id-silent"}: {Exists: true},
	{UserIdentityID: "id-mute"}:   {Exists: true},
}

func user(id string) Person     { return Person{ACSUserID: id} }
func identity(id string) Person { return Person{UserIdentityID: id} }

// holderCase is one line of a table: whether the holder is the person, and whom that takes reading.
type holderCase struct {
	name   string
	holder Holder
	person Person
	want   bool
	reads  []Person
}

// compareAll asks the question of each line.
func compareAll(t *testing.T, question func(*matcher, Person) bool, cases []holderCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			held, reads := compare(t, c.holder, func(m *matcher) bool { return question(m, c.person) })
			if held != c.want {
				t.Errorf("held is %v, want %v", held, c.want)
			}
			if !slices.Equal(reads, c.reads) {
				t.Errorf("reads are %v, want %v", reads, c.reads)
			}
		})
	}
}

func TestWhoTheHolderIs(t *testing.T) {
	compareAll(t, (*matcher).holds, []holderCase{
		{name: "nobody is no ACS user", person: alice},
		{name: "nobody is no identity", person: aliceIdentity},
		{name: "a holder is not nobody", holder: Holder{ACSUserID: "alice"}, person: nobody},
		{name: "an identity is not nobody", holder: Holder{UserIdentityID: "id-alice"}, person: nobody},

		{name: "the ACS user itself", holder: Holder{ACSUserID: "alice"}, person: alice, want: true},
		{name: "another ACS user", holder: Holder{ACSUserID: "bob"}, person: alice},
		{name: "another ACS user of the same identity", holder: Holder{ACSUserID: "old", UserIdentityID: "id-alice"}, person: alice},
		{name: "the ACS user whose identity shows only", holder: Holder{UserIdentityID: "id-alice"}, person: alice, want: true, reads: []Person{alice}},
		{name: "the ACS user whose identity shows under its old ID", holder: Holder{UserIdentityID: "id-old"}, person: alice, want: true,
			reads: []Person{alice, aliceIdentity, identity("id-old")}},
		{name: "the identity of another ACS user", holder: Holder{UserIdentityID: "id-bob"}, person: alice,
			reads: []Person{alice, aliceIdentity, bobIdentity}},
		{name: "an identity, and the ACS user has none", holder: Holder{UserIdentityID: "id-bob"}, person: carol, reads: []Person{carol}},
		{name: "an identity, and the ACS user does not exist", holder: Holder{UserIdentityID: "id-bob"}, person: user("gone"), reads: []Person{user("gone")}},

		{name: "the identity itself", holder: Holder{UserIdentityID: "id-alice"}, person: aliceIdentity, want: true},
		{name: "the identity itself, beside its ACS user", holder: Holder{ACSUserID: "alice", UserIdentityID: "id-alice"}, person: aliceIdentity, want: true},
		{name: "another identity", holder: Holder{UserIdentityID: "id-bob"}, person: aliceIdentity, reads: []Person{aliceIdentity, bobIdentity}},
		{name: "its survivor", holder: Holder{UserIdentityID: "id-alice"}, person: identity("id-old"), want: true,
			reads: []Person{identity("id-old"), aliceIdentity}},
		{name: "one that was merged into it", holder: Holder{UserIdentityID: "id-old"}, person: aliceIdentity, want: true,
			reads: []Person{aliceIdentity, identity("id-old")}},
		{name: "two identities that are gone are two", holder: Holder{UserIdentityID: "id-gone"}, person: identity("id-lost"),
			reads: []Person{identity("id-lost"), identity("id-gone")}},
		{name: "two identities of which Seam tells nothing are two", holder: Holder{UserIdentityID: "id-mute"}, person: identity("id-silent"),
			reads: []Person{identity("id-silent"), identity("id-mute")}},

		{name: "the ACS user that is linked to it", holder: Holder{ACSUserID: "alice"}, person: aliceIdentity, want: true, reads: []Person{alice}},
		{name: "an ACS user that is linked to another", holder: Holder{ACSUserID: "bob"}, person: aliceIdentity,
			reads: []Person{bob, aliceIdentity, bobIdentity}},
		{name: "an ACS user that is linked to none", holder: Holder{ACSUserID: "carol"}, person: aliceIdentity, reads: []Person{carol}},
		{name: "an ACS user that is gone", holder: Holder{ACSUserID: "gone"}, person: aliceIdentity, reads: []Person{user("gone")}},
		{name: "an ACS user that is linked to its survivor", holder: Holder{ACSUserID: "alice"}, person: identity("id-old"), want: true,
			reads: []Person{alice, identity("id-old"), aliceIdentity}},
		{name: "an ACS user that is linked to one merged into it", holder: Holder{ACSUserID: "old"}, person: aliceIdentity, want: true,
			reads: []Person{user("old"), aliceIdentity, identity("id-old")}},
		{name: "an ACS user that is linked to it, beside another identity", holder: Holder{ACSUserID: "alice", UserIdentityID: "id-bob"}, person: aliceIdentity,
			want: true, reads: []Person{alice}},
		{name: "an ACS user of nobody, beside an identity merged into it", holder: Holder{ACSUserID: "carol", UserIdentityID: "id-old"}, person: aliceIdentity,
			want: true, reads: []Person{carol, aliceIdentity, identity("id-old")}},
		{name: "an ACS user and an identity of others", holder: Holder{ACSUserID: "bob", UserIdentityID: "id-bob"}, person: aliceIdentity,
			reads: []Person{bob, aliceIdentity, bobIdentity}},
	})
}

// compare asks a question about a holder until nothing is missing, and returns the answer and what was read for it.
func compare(t *testing.T, holder Holder, question func(*matcher) bool) (answer bool, reads []Person) {
	t.Helper()
	people := People{}
	for range 6 {
		m := &matcher{holder: holder, people: people}
		answer := question(m)
		if m.missing == nil {
			return answer, reads
		}
		if answer {
			t.Fatalf("held and yet %v to be read", *m.missing)
		}
		reads = append(reads, *m.missing)
		people[*m.missing] = everybody[*m.missing]
	}
	t.Fatalf("no end of reads: %v", reads)
	return false, nil
}

func TestWhatRivalsDeclareCostsNoReadsButOfTheHolder(t *testing.T) {
	compareAll(t, (*matcher).isHolderOf, []holderCase{
		{name: "nobody holds it", person: alice},
		{name: "nobody holds it by identity", person: aliceIdentity},
		{name: "the rival declares nobody", holder: Holder{ACSUserID: "alice"}},
		{name: "the ACS user itself", holder: Holder{ACSUserID: "alice"}, person: alice, want: true},
		{name: "another ACS user", holder: Holder{ACSUserID: "bob"}, person: alice},
		{name: "an ACS user, and Seam shows her identity only", holder: Holder{UserIdentityID: "id-alice"}, person: alice},
		{name: "the identity itself", holder: Holder{UserIdentityID: "id-alice"}, person: aliceIdentity, want: true},
		{name: "the identity itself, beside an ACS user", holder: Holder{ACSUserID: "alice", UserIdentityID: "id-alice"}, person: aliceIdentity, want: true},
		{name: "another identity", holder: Holder{UserIdentityID: "id-bob"}, person: aliceIdentity},
		{name: "one merged into it, which takes reading her", holder: Holder{UserIdentityID: "id-old"}, person: aliceIdentity},
		{name: "the identity of the ACS user", holder: Holder{ACSUserID: "alice"}, person: aliceIdentity, want: true, reads: []Person{alice}},
		{name: "the identity of the ACS user, beside another", holder: Holder{ACSUserID: "alice", UserIdentityID: "id-bob"}, person: aliceIdentity, want: true,
			reads: []Person{alice}},
		{name: "not the identity of the ACS user", holder: Holder{ACSUserID: "bob"}, person: aliceIdentity, reads: []Person{bob}},
		{name: "an identity, and the ACS user has none", holder: Holder{ACSUserID: "carol"}, person: aliceIdentity, reads: []Person{carol}},
	})
}

func TestTheFirstPersonWhoIsMissingIsReadFirst(t *testing.T) {
	m := &matcher{holder: Holder{UserIdentityID: "id-alice"}, people: People{}}
	m.holds(bob)
	m.holds(carol)
	if m.missing == nil || *m.missing != bob {
		t.Errorf("%v is read, want %v", m.missing, bob)
	}
}

func TestTheHolderAsSeamIsAskedToUnassign(t *testing.T) {
	for _, c := range []struct {
		holder Holder
		want   Person
		free   bool
	}{
		{holder: Holder{}, free: true},
		{holder: Holder{ACSUserID: "alice"}, want: alice},
		{holder: Holder{UserIdentityID: "id-alice"}, want: aliceIdentity},
		{holder: Holder{ACSUserID: "alice", UserIdentityID: "id-alice"}, want: alice},
	} {
		if got := c.holder.Person(); got != c.want {
			t.Errorf("%+v is %v, want %v", c.holder, got, c.want)
		}
		if got := c.holder.IsFree(); got != c.free {
			t.Errorf("%+v free is %v, want %v", c.holder, got, c.free)
		}
	}
}

func TestPersonsInMessages(t *testing.T) {
	for want, p := range map[string]Person{"ACS user alice": alice, "user identity id-alice": aliceIdentity, "nobody": nobody} {
		if got := p.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if !nobody.IsZero() || alice.IsZero() || aliceIdentity.IsZero() {
		t.Error("only nobody is nobody")
	}
}

// A move by identity asks whether the holder is declared, then whether it is the object's own.
func TestAMoveBetweenIdentities(t *testing.T) {
	byIdentity := together(declares(aliceIdentity), assignedTo(bobIdentity), heldBy(bob))
	tell(t, []story{
		{
			name:  "whose ACS user is it?",
			given: given(byIdentity),
			want:  asksFor(bob),
		}, {
			name:  "linked to Bob's identity: may Alice's have been merged?",
			given: given(byIdentity, knownAs(bob, "id-bob")),
			want:  asksFor(aliceIdentity),
		}, {
			name:  "or Bob's?",
			given: given(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice")),
			want:  asksFor(bobIdentity),
		}, {
			name:  "Bob it is, and he is this object's own",
			given: given(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice"), knownAs(bobIdentity, "id-bob")),
			want:  makesRoom(bob),
		}, {
			name:    "his identity was merged into Alice's: she has it",
			given:   given(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice"), knownAs(bobIdentity, "id-alice")),
			want:    reports(Held, "Assigned"),
			becomes: record(owner(aliceIdentity, noon)),
		}, {
			name:  "Carol's ACS user has no identity: she is a stranger",
			given: given(declares(aliceIdentity), assignedTo(bobIdentity), heldBy(carol), known(carol)),
			want:  reports(HeldByOther, "HeldByOther"),
		}, {
			name:  "the person of a lost assign is compared by identity too",
			given: given(pending(assign(bobIdentity, before(40*time.Second))), heldBy(bob)),
			want:  asksFor(bob),
		},
	})
}
