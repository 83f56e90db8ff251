package assignment

import (
	"testing"
	"time"
)

func TestRecordReadsBack(t *testing.T) {
	for _, r := range []Record{
		{UID: self, WorkspaceID: home, Person: alice, Write: WriteAssign, At: noon},
		{UID: self, WorkspaceID: home, Person: aliceIdentity, Write: WriteUnassign, At: noon},
		{UID: self, WorkspaceID: home, Person: alice, Write: WriteUnassign, Owned: true, At: noon.Add(time.Millisecond)},
		{UID: self, Person: alice, Write: WriteAssign, At: noon},
	} {
		got := ParseRecord(r.String(), self)
		if got == nil || *got != r {
			t.Errorf("%s reads back as %+v", r, got)
		}
	}
}

func TestRecordText(t *testing.T) {
	east := time.FixedZone("east", 2*60*60)
	r := Record{
		UID:         "11111111-1111-1111-1111-111111111111",
		WorkspaceID: "22222222-2222-2222-2222-222222222222",
		Person:      Person{ACSUserID: "33333333-3333-3333-3333-333333333333"},
		Write:       WriteAssign,
		At:          time.Date(2030, time.May, 1, 14, 0, 0, 123456789, east),
	}
	want := `{"uid":"11111111-1111-1111-1111-111111111111","workspaceID":"22222222-2222-2222-2222-222222222222",` +
		`"acsUserID":"33333333-3333-3333-3333-333333333333","write":"assign","at":"2030-05-01T12:00:00.123Z"}`
	if got := r.String(); got != want {
		t.Errorf("record is %s\nwant %s", got, want)
	}

	r.Person, r.Write, r.Owned = Person{UserIdentityID: "44444444-4444-4444-4444-444444444444"}, WriteUnassign, true
	want = `{"uid":"11111111-1111-1111-1111-111111111111","workspaceID":"22222222-2222-2222-2222-222222222222",` +
		`"userIdentityID":"44444444-4444-4444-4444-444444444444","write":"unassign","owned":true,"at":"2030-05-01T12:00:00.123Z"}`
	if got := r.String(); got != want {
		t.Errorf("record is %s\nwant %s", got, want)
	}
}

func TestParseRecord(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
	}{
		{"a record", `{"uid":"uid-self","acsUserID":"alice","write":"assign","at":"2030-05-01T12:00:00Z"}`},
		{"of a newer operator", `{"uid":"uid-self","acsUserID":"alice","write":"assign","at":"2030-05-01T12:00:00Z","news":{}}`},
		{"without a time", `{"uid":"uid-self","acsUserID":"alice","write":"assign"}`},
	} {
		if got := ParseRecord(c.text, self); got == nil || got.Person != alice || got.Write != WriteAssign {
			t.Errorf("%s: %s reads as %+v", c.name, c.text, got)
		}
	}
}

func TestParseRecordOfNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
	}{
		{"empty", ``},
		{"null", `null`},
		{"a word", `alice`},
		{"a list", `[]`},
		{"an empty object", `{}`},
		{"cut off", `{"uid":"uid-self","acsUserID":"alice","write":"assign"`},
		{"followed by something", `{"uid":"uid-self","acsUserID":"alice","write":"assign"} {}`},
		{"of another object", `{"uid":"uid-other","acsUserID":"alice","write":"assign"}`},
		{"of no object", `{"acsUserID":"alice","write":"assign"}`},
		{"of nobody", `{"uid":"uid-self","write":"assign"}`},
		{"of two people", `{"uid":"uid-self","acsUserID":"alice","userIdentityID":"id-bob","write":"assign"}`},
		{"without a write", `{"uid":"uid-self","acsUserID":"alice"}`},
		{"of another write", `{"uid":"uid-self","acsUserID":"alice","write":"give"}`},
		{"with a time that is none", `{"uid":"uid-self","acsUserID":"alice","write":"assign","at":"noon"}`},
		{"with a number for a person", `{"uid":"uid-self","acsUserID":1,"write":"assign"}`},
	} {
		if got := ParseRecord(c.text, self); got != nil {
			t.Errorf("%s: %s reads as %+v", c.name, c.text, *got)
		}
	}
	if got := ParseRecord(`{"acsUserID":"alice","write":"assign"}`, ""); got != nil {
		t.Errorf("a record without UID reads as %+v for an object without UID", *got)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(`{"uid":"uid-self","workspaceID":"w","acsUserID":"alice","write":"assign","at":"2030-05-01T12:00:00Z"}`)
	f.Add(`{"uid":"uid-self","userIdentityID":"id-alice","write":"unassign","owned":true,"at":"2030-05-01T12:00:00.5+02:00"}`)
	f.Add(`{"uid":"uid-other","acsUserID":"alice","write":"assign"}`)
	f.Add(`{`)
	f.Fuzz(func(t *testing.T, text string) {
		r := ParseRecord(text, self)
		if r == nil {
			return
		}
		if r.UID != self || (r.ACSUserID == "") == (r.UserIdentityID == "") || r.Write != WriteAssign && r.Write != WriteUnassign {
			t.Fatalf("%q reads as %+v", text, *r)
		}
		r.At = noon
		if again := ParseRecord(r.String(), self); again == nil || *again != *r {
			t.Fatalf("%q reads as %+v, and back as %+v", text, *r, again)
		}
	})
}
