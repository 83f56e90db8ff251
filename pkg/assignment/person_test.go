package assignment

import (
	"slices"
	"testing"
)

// directory is what Seam knows about persons; one that is not in it does not exist.
type directory map[Person]Account

func (d directory) answer(p Person) Account { return d[p] }

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

func TestHolderIsPerson(t *testing.T) {
	user := func(id string) Person { return Person{ACSUserID: id} }
	identity := func(id string) Person { return Person{UserIdentityID: id} }
	for _, c := range []struct {
		name   string
		holder Holder
		person Person
		want   bool
		reads  []Person
	}{
		{name: "nobody is no ACS user", person: alice},
		{name: "nobody is no identity", person: aliceIdentity},

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
	} {
		t.Run(c.name, func(t *testing.T) {
			people := People{}
			var reads []Person
			held, next := people.holds(c.holder, c.person)
			for next != nil && len(reads) < 5 {
				if held {
					t.Fatalf("held and yet %v to be read", *next)
				}
				reads = append(reads, *next)
				people[*next] = everybody.answer(*next)
				held, next = people.holds(c.holder, c.person)
			}
			if held != c.want {
				t.Errorf("held is %v, want %v", held, c.want)
			}
			if !slices.Equal(reads, c.reads) {
				t.Errorf("reads are %v, want %v", reads, c.reads)
			}
		})
	}
}

func TestHolderPerson(t *testing.T) {
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
		if got := c.holder.Free(); got != c.free {
			t.Errorf("%+v free is %v, want %v", c.holder, got, c.free)
		}
	}
}

func TestPersonString(t *testing.T) {
	if got := alice.String(); got != "ACS user alice" {
		t.Errorf("got %q", got)
	}
	if got := aliceIdentity.String(); got != "user identity id-alice" {
		t.Errorf("got %q", got)
	}
}

// A takeover by identity asks whether the holder is declared, then whether it is the object's own.
func TestPlanMovesBetweenIdentities(t *testing.T) {
	byIdentity := []change{declares(aliceIdentity), recorded(WriteAssign, bobIdentity), finalizer, heldBy(bob)}
	tell(t, []story{
		{
			name:  "whose ACS user is it?",
			given: given(byIdentity...),
			want:  reading(bob),
		}, {
			name:  "linked to Bob's identity: may Alice's have been merged?",
			given: given(append(byIdentity, knownAs(bob, "id-bob"))...),
			want:  reading(aliceIdentity),
		}, {
			name:  "or Bob's?",
			given: given(append(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice"))...),
			want:  reading(bobIdentity),
		}, {
			name:  "Bob it is, and he is this object's own",
			given: given(append(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice"), knownAs(bobIdentity, "id-bob"))...),
			want:  releasing(bob),
		}, {
			name:  "his identity was merged into Alice's: she has it",
			given: given(append(byIdentity, knownAs(bob, "id-bob"), knownAs(aliceIdentity, "id-alice"), knownAs(bobIdentity, "id-alice"))...),
			want:  Decision{Step: Mark, Person: aliceIdentity, Finalizer: true},
		}, {
			name:  "Carol's ACS user has no identity: she is a stranger",
			given: given(declares(aliceIdentity), recorded(WriteAssign, bobIdentity), finalizer, heldBy(carol), known(carol)),
			want:  resting("HeldByOther"),
		}, {
			name:  "the recorded identity reads before a stray is looked for",
			given: given(recorded(WriteAssign, bobIdentity), finalizer, stray(carol), heldBy(bob)),
			want:  reading(bob),
		}, {
			name:  "a stray identity reads too",
			given: given(recorded(WriteAssign, alice), finalizer, stray(bobIdentity), heldBy(bob)),
			want:  reading(bob),
		},
	})
}
