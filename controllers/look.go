package controllers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seam-operator/seam-operator/pkg/assignment"
	"github.com/seam-operator/seam-operator/pkg/seam"
)

// warningBeingDeleted is Seam's warning on a credential that is on its way out.
const warningBeingDeleted = "being_deleted"

// look reads the one fact that the plan asks for.
func (p *pass) look(ctx context.Context, d assignment.Decision) error {
	if err := p.open(ctx); err != nil {
		return err
	}
	if err := p.mayCall(); err != nil {
		return err
	}
	err := p.fetchUnlessInterrupted(ctx, d)
	if err == nil {
		p.key.worked()
	}
	if p.situation.Readable() {
		p.mem.key = p.key
	}
	return err
}

// shortestLook is how long a look of an object without a claim is never interrupted by time.
const shortestLook = time.Second

// fetchUnlessInterrupted lets no look of an object that has no claim keep the one waiting that has: a rival's key may
// belong to a workspace that hangs. It ends when something is declared about the credential, or another object is due.
func (p *pass) fetchUnlessInterrupted(ctx context.Context, d assignment.Decision) error {
	if p.claim.Winner == nil {
		return p.fetch(ctx, d)
	}
	interruptible, done := p.memories.interruptible(ctx, p.obj.Spec.ACSCredentialID)
	defer done()
	if due := p.group.due; !due.IsZero() {
		var end context.CancelFunc
		interruptible, end = context.WithTimeout(interruptible, max(due.Sub(p.Clock.Now()), shortestLook))
		defer end()
	}
	err := p.fetch(interruptible, d)
	switch {
	case err == nil || interruptible.Err() == nil || ctx.Err() != nil:
		return err
	case errors.Is(interruptible.Err(), context.DeadlineExceeded):
		return errGaveWay
	default:
		return errInterrupted
	}
}

func (p *pass) fetch(ctx context.Context, d assignment.Decision) error {
	switch d.Step {
	case assignment.ReadCredential:
		return p.readCredential(ctx)
	case assignment.ReadUnmanaged:
		return p.readUnmanaged(ctx)
	case assignment.ReadWorkspace:
		workspaceID, err := p.key.workspace(ctx)
		if err == nil && (workspaceID == "" || !isID(workspaceID)) {
			return &seam.Error{Operation: seam.OpGetWorkspace, Err: errUnreadable}
		}
		p.situation.Seen.WorkspaceID = strings.ToLower(workspaceID)
		return err
	case assignment.ReadPerson:
		return p.readPerson(ctx, d.Person)
	default:
		return fmt.Errorf("step %d is not a look at Seam", d.Step)
	}
}

func (p *pass) readCredential(ctx context.Context) error {
	shown, err := p.key.GetCredential(ctx, p.obj.Spec.ACSCredentialID)
	p.readAt, p.situation.Now = p.Clock.Now(), p.Clock.Now()
	switch {
	case seam.IsNotFound(err):
		p.shown = nil
		p.situation.Seen.Credential, p.situation.Seen.Holder = assignment.Missing, assignment.Holder{}
		return nil
	case err != nil:
		return err
	case !readable(shown):
		return &seam.Error{Operation: seam.OpGetCredential, Err: errUnreadable}
	}
	p.see(shown)
	return nil
}

// errUnreadable says that Seam named somebody by what is no ID: who holds the credential is not known then.
var errUnreadable = errors.New("the answer names a holder or a workspace by something that is no ID")

func readable(shown seam.Credential) bool {
	return isID(shown.ACSUserID) && isID(shown.UserIdentityID) && isID(shown.WorkspaceID)
}

// see takes over what Seam shows of the credential.
func (p *pass) see(shown seam.Credential) {
	p.shown = &shown
	seen := &p.situation.Seen
	seen.Credential = assignment.Found
	seen.Holder = assignment.Holder{
		ACSUserID:      strings.ToLower(shown.ACSUserID),
		UserIdentityID: strings.ToLower(shown.UserIdentityID),
	}
	if shown.WorkspaceID != "" {
		seen.WorkspaceID = strings.ToLower(shown.WorkspaceID)
	}
	seen.ACSSystemID = strings.ToLower(shown.ACSSystemID)
	seen.Unusable = shown.IsManaged != nil && !*shown.IsManaged || slices.Contains(shown.Warnings, warningBeingDeleted)
}

// readUnmanaged looks where Seam keeps credentials that it does not manage. A Seam that does not know the route, or
// refuses the question, has none to show there.
func (p *pass) readUnmanaged(ctx context.Context) error {
	_, err := p.key.GetUnmanagedCredential(ctx, p.obj.Spec.ACSCredentialID)
	switch {
	case err == nil:
		p.situation.Seen.Unmanaged = assignment.Found
	case seam.IsNotFound(err) || seam.IsInvalid(err):
		p.situation.Seen.Unmanaged = assignment.Missing
	default:
		return err
	}
	return nil
}

func (p *pass) readPerson(ctx context.Context, person assignment.Person) error {
	account, err := p.account(ctx, person)
	if err != nil && !seam.IsNotFound(err) {
		return err
	}
	if !isID(account.UserIdentityID) {
		return &seam.Error{Operation: seam.OpGetUserIdentity, Err: errUnreadable}
	}
	account.Exists = err == nil
	p.situation.Seen.People[person] = account
	return nil
}

// account returns what Seam tells of an ACS user or a user identity.
func (p *pass) account(ctx context.Context, person assignment.Person) (assignment.Account, error) {
	if person.ACSUserID != "" {
		user, err := p.key.GetACSUser(ctx, person.ACSUserID)
		return assignment.Account{UserIdentityID: strings.ToLower(user.UserIdentityID), ACSSystemID: strings.ToLower(user.ACSSystemID)}, err
	}
	identity, err := p.key.GetUserIdentity(ctx, person.UserIdentityID)
	return assignment.Account{UserIdentityID: strings.ToLower(identity.UserIdentityID)}, err
}

// settle notes that Seam shows the effect of the recorded write. Until its time is over, a read that shows it no more
// only lags.
func (p *pass) settle() {
	if p.mem.last.pending == nil || !p.situation.Settles() {
		return
	}
	record := p.situation.Marks.Record
	if record.Write == assignment.WriteAssign && (p.mem.last.accepted == p.mem.last.text || !isReady(p.obj)) {
		p.mem.assigned = timeOf(record.At)
	}
	p.mem.last.unseen = unseen{}
	p.pending(&assignment.Pending{Until: p.mem.last.pending.Until})
}
