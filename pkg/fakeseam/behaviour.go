package fakeseam

import "time"

// Behaviour holds the switches for what Seam's documentation leaves open. The
// zero value is what the documentation makes most likely.
type Behaviour struct {
	// VoidAnswers makes assign and unassign answer {} (as documented) instead of
	// {"acs_credential": …, "ok": true} (as in the schema).
	VoidAnswers bool
	// EmptyAnswers makes assign and unassign answer 200 with an empty body. It
	// wins over VoidAnswers.
	EmptyAnswers bool
	// OnHeld says what assigning a credential does that somebody else holds.
	OnHeld OnHeld
	// OnWrongHolder says what unassigning does when the person does not hold the
	// credential; nor does anybody hold a free one.
	OnWrongHolder OnWrongHolder
	// OnRepeat says what assigning does when the person holds the credential already.
	OnRepeat OnRepeat
	// ShowIdentity lets a credential that is held by an ACS user linked to an
	// identity show user_identity_id beside acs_user_id.
	ShowIdentity bool
	// IdentityOnly lets a credential assigned by identity from now on show only
	// user_identity_id, no acs_user_id. Its ACS user is linked or created all the same.
	IdentityOnly bool
	// ReadLag is how long, by the server's clock, reads go on showing what was
	// before a write of the API. The write's own answer, other writes, seeding and
	// changes through the Go API do not wait for it.
	ReadLag time.Duration
	// ProviderSync says what credentials tell about reaching the access system.
	ProviderSync ProviderSync
}

// OnHeld is what assigning a credential does that somebody else holds.
type OnHeld int

const (
	// HeldMoves gives the credential to the new person.
	HeldMoves OnHeld = iota
	// HeldRefuses answers 400 invalid_input.
	HeldRefuses
	// HeldIgnores answers 200 and changes nothing.
	HeldIgnores
)

// OnWrongHolder is what unassigning somebody does who is not the holder.
type OnWrongHolder int

const (
	// WrongHolderRefuses answers 400 invalid_input.
	WrongHolderRefuses OnWrongHolder = iota
	// WrongHolderIgnores answers 200 and changes nothing.
	WrongHolderIgnores
	// WrongHolderUnassigns frees the credential, whoever holds it.
	WrongHolderUnassigns
)

// OnRepeat is what assigning a credential does to the person who holds it.
type OnRepeat int

const (
	// RepeatAccepts answers 200; the holder stays.
	RepeatAccepts OnRepeat = iota
	// RepeatRefuses answers 400 invalid_input.
	RepeatRefuses
)

// ProviderSync is what credentials tell in is_latest_desired_state_synced_with_provider.
// A write sets Credential.Synced accordingly; where Synced is nil, the switch decides
// what is shown.
type ProviderSync int

const (
	// SyncAtOnce reports true: a write is synced as soon as it is done.
	SyncAtOnce ProviderSync = iota
	// SyncPending reports false after each write, until MarkSynced.
	SyncPending
	// SyncNotReported leaves the field out.
	SyncNotReported
	// SyncNull reports null.
	SyncNull
)

// Switches are what is set of Behaviour.
type Switches struct {
	shared  *shared
	set     Behaviour
	lagging []lagging
}

// lagging is what reads see late.
type lagging interface{ settle(horizon time.Time) }

// Behaviour returns the switches as they are set.
func (s *Switches) Behaviour() Behaviour {
	defer s.shared.enter()()
	return s.set
}

// SetBehaviour sets all switches, for calls from now on. What reads show at this
// moment stays shown, even with a longer ReadLag.
func (s *Switches) SetBehaviour(b Behaviour) {
	defer s.shared.enter()()
	for _, things := range s.lagging {
		things.settle(s.horizon())
	}
	s.set = b
}

// horizon is the time up to which reads see writes.
func (s *Switches) horizon() time.Time {
	return s.shared.clock().Add(-s.set.ReadLag)
}

// stored is what a write leaves in Credential.Synced.
func (p ProviderSync) stored() *bool {
	switch p {
	case SyncAtOnce, SyncPending:
		synced := p == SyncAtOnce
		return &synced
	default:
		return nil
	}
}

// shown is the field's value in an answer; nil leaves the field out.
func (p ProviderSync) shown(stored *bool) any {
	switch {
	case stored != nil:
		return *stored
	case p == SyncNotReported:
		return nil
	case p == SyncNull:
		return jsonNull
	default:
		return true
	}
}
