package controllers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/seam-operator/seam-operator/controllers/internal/keys"
	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// warningBeingDeleted is Seam's warning on a credential that is on its way out.
const warningBeingDeleted = "being_deleted"

// errUnreadable says that Seam named somebody by what is no ID: who holds the credential is not known then.
var errUnreadable = errors.New("the answer names a holder or a workspace by something that is no ID")

// observer reads facts from Seam, one at a time, and keeps them for one attempt.
type observer struct {
	assignment.Observed
	shown *seam.Credential // the credential as read last; nil when it was not found
	// answered is when Seam answered that read: a write goes out at most ten seconds later. Observed.At, when it began, is
	// what it proves: nothing of what was sent after.
	answered time.Time
	// writes is how many writes for the credential had ended when it was read.
	writes int
	clock  clock.PassiveClock
}

// read reads the one fact that a decision asks for.
func (o *observer) read(ctx context.Context, key *keys.Key, credentialID string, d assignment.Decision) error {
	switch d.Action {
	case assignment.ReadCredential:
		return o.readCredential(ctx, key, credentialID)
	case assignment.ReadUnmanaged:
		return o.readUnmanaged(ctx, key, credentialID)
	case assignment.ReadWorkspace:
		return o.readWorkspace(ctx, key)
	case assignment.ReadPerson:
		return o.readPerson(ctx, key, d.Person)
	default:
		return fmt.Errorf("%s is no question to Seam", d.Action)
	}
}

func (o *observer) readCredential(ctx context.Context, key *keys.Key, id string) error {
	began := o.clock.Now()
	shown, err := key.GetCredential(ctx, id)
	return o.takeReading(keys.Reading{Credential: shown, Began: began, Answered: o.clock.Now()}, err)
}

// takeReading takes over what the credential was read as. That there is none is an answer too.
func (o *observer) takeReading(r keys.Reading, err error) error {
	switch {
	case seam.IsNotFound(err):
		o.shown = nil
		o.Credential, o.Holder = assignment.Missing, assignment.Holder{}
		o.At, o.answered = r.Began, r.Answered
		return nil
	case err != nil:
		return err
	case !hasValidIDs(r.Credential):
		return &seam.Error{Operation: seam.OpGetCredential, Err: errUnreadable}
	}
	o.take(r.Credential)
	o.At, o.answered = r.Began, r.Answered
	return nil
}

// hasValidIDs reports whether all that decisions go by is an ID, or empty.
func hasValidIDs(shown seam.Credential) bool {
	return isID(shown.ACSUserID) && isID(shown.UserIdentityID) && isID(shown.WorkspaceID)
}

// isID reports whether the text is an ID of Seam's, or says that there is none.
func isID(text string) bool { return text == "" || seam.IsID(text) }

// take takes over what Seam shows of the credential now.
func (o *observer) take(shown seam.Credential) {
	o.shown = &shown
	o.At, o.answered = o.clock.Now(), o.clock.Now()
	o.Credential = assignment.Found
	o.Holder = assignment.Holder{
		ACSUserID:      strings.ToLower(shown.ACSUserID),
		UserIdentityID: strings.ToLower(shown.UserIdentityID),
	}
	if shown.WorkspaceID != "" {
		o.WorkspaceID = strings.ToLower(shown.WorkspaceID)
	}
	o.ACSSystemID = strings.ToLower(shown.ACSSystemID)
	o.Unusable = shown.IsManaged != nil && !*shown.IsManaged || slices.Contains(shown.Warnings, warningBeingDeleted)
}

// forget drops what was read of the credential. What was read of persons and of the workspace stays true.
func (o *observer) forget() { o.Credential, o.Unmanaged = assignment.NotRead, assignment.NotRead }

// readUnmanaged looks where Seam keeps credentials that it does not manage. A Seam that does not know the route, or refuses
// the question, has none to show there.
func (o *observer) readUnmanaged(ctx context.Context, key *keys.Key, id string) error {
	_, err := key.GetUnmanagedCredential(ctx, id)
	switch {
	case err == nil:
		o.Unmanaged = assignment.Found
	case seam.IsNotFound(err) || seam.IsInvalid(err):
		o.Unmanaged = assignment.Missing
	default:
		return err
	}
	return nil
}

// readWorkspace is asked only when neither the credential's own answer nor an earlier one told it.
func (o *observer) readWorkspace(ctx context.Context, key *keys.Key) error {
	id, err := key.Workspace(ctx)
	switch {
	case err != nil:
		return err
	case !seam.IsID(id):
		return &seam.Error{Operation: seam.OpGetWorkspace, Err: errUnreadable}
	}
	o.WorkspaceID = strings.ToLower(id)
	return nil
}

// readPerson keeps that there is no such person as an answer too: it is one.
func (o *observer) readPerson(ctx context.Context, key *keys.Key, person assignment.Person) error {
	account, err := readAccount(ctx, key, person)
	switch {
	case err != nil && !seam.IsNotFound(err):
		return err
	case !isID(account.UserIdentityID):
		return &seam.Error{Operation: seam.OpGetUserIdentity, Err: errUnreadable}
	}
	account.Exists = err == nil
	if o.People == nil {
		o.People = assignment.People{}
	}
	o.People[person] = account
	return nil
}

// readAccount returns what Seam tells of an ACS user or a user identity.
func readAccount(ctx context.Context, key *keys.Key, person assignment.Person) (assignment.Account, error) {
	if person.ACSUserID != "" {
		user, err := key.GetACSUser(ctx, person.ACSUserID)
		return assignment.Account{UserIdentityID: strings.ToLower(user.UserIdentityID), ACSSystemID: strings.ToLower(user.ACSSystemID)}, err
	}
	identity, err := key.GetUserIdentity(ctx, person.UserIdentityID)
	return assignment.Account{UserIdentityID: strings.ToLower(identity.UserIdentityID)}, err
}

// isOld reports whether the credential was read too long ago to act on, or before another object's write ended.
func (o *observer) isOld(c *credentialState) bool {
	ended, _ := c.writesSoFar()
	return o.clock.Since(o.answered) >= assignment.MaxReadAge || o.writes != ended
}

// isProviderPending reports whether the access system is worth another look soon.
func (o *observer) isProviderPending() bool {
	c := o.shown
	return c != nil && len(c.Errors) == 0 && c.SyncedWithProvider != nil && !*c.SyncedWithProvider
}

// holder returns who holds the credential, with the identity that its ACS user is linked to when that was read.
func (o *observer) holder() assignment.Holder {
	h := o.Holder
	h.UserIdentityID = cmp.Or(h.UserIdentityID, o.People[assignment.Person{ACSUserID: h.ACSUserID}].UserIdentityID)
	return h
}
