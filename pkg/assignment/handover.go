package assignment

import (
	"cmp"
	"slices"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// successor returns the peer that took over from a deleted object; nil when none did. Its own key has read, since the
// deletion was first seen, that its person holds the credential.
func successor(f *facts) *Peer {
	found := rivalsThat(f, func(p *Peer) bool {
		return p.hasTakenOver(f.Observed.WorkspaceID) && readsSince(f, p) && p.sawHeld(f.holder)
	})
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// expected returns the peers that are worth waiting for: those that declare the holder, can take over, and whose key reads
// the credential in this workspace as their status tells, or that nobody has handled yet.
func expected(f *facts) []*Peer {
	if !f.hasClaim() {
		return nil
	}
	return rivalsThat(f, func(p *Peer) bool {
		return p.canTakeOver() && declaresHolder(f, p) && f.Now.Before(waitingSince(f).Add(waitsFor(f, p)))
	})
}

// rivalsThat returns the other objects that are as asked, in the order of their UIDs.
func rivalsThat(f *facts, are func(*Peer) bool) []*Peer {
	var found []*Peer
	for i := range f.Peers {
		if p := &f.Peers[i]; p.UID != f.Object.UID && are(p) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *Peer) int { return cmp.Compare(a.UID, b.UID) })
	return found
}

// readsSince reports whether a peer's own key read the holder for the person whom the peer declares since the deletion was
// first seen.
func readsSince(f *facts, p *Peer) bool {
	r := p.LastRead
	return !r.At.Before(f.Object.Deletion.SeenAt) && r.WorkspaceID == f.Observed.WorkspaceID && r.Person == p.Declared.Person
}

// declaresHolder reports whether a peer's person is the holder: by its ID, or because the peer's key saw it so.
func declaresHolder(f *facts, p *Peer) bool {
	return f.isHolderOf(p.Declared.Person) || p.Declared.Person == f.declared() && f.holds(f.declared()) ||
		p.sawHeld(f.holder)
}

// waitingSince returns since when a deleted object has waited for a peer to take over.
func waitingSince(f *facts) time.Time {
	if since := f.Object.Deletion.WaitsSince; !since.IsZero() {
		return since
	}
	return f.Now
}

// waitsFor returns how long a peer is worth waiting for, in all.
func waitsFor(f *facts, p *Peer) time.Duration {
	switch {
	case !p.Handled || p.Seen.Unreached:
		return FirstLookWait
	case p.Seen.ReadsIn != f.Observed.WorkspaceID, readsSince(f, p) && !p.LastRead.IsHeld:
		return 0
	default:
		return f.Timing.SeamTimeout
	}
}

func awaitSuccessors(f *facts, peers []*Peer) Decision {
	d := wait(waitingSince(f).Add(waitsFor(f, peers[0])), v1alpha1.ReasonUnassigning,
		"deleted: another CredentialAssignment declares the same person and is about to take over")
	for _, p := range peers {
		d.Awaited = append(d.Awaited, p.UID)
	}
	return d
}

// handOver lets the object go once the API server itself says that the peer that took over still stands.
func handOver(to *Peer) Decision {
	if !to.Confirmed {
		return Decision{Action: ConfirmSuccessor, Successor: to.UID}
	}
	d := letGo(HandedOver, "nothing is taken away: another CredentialAssignment declares the same person and took over")
	d.Successor = to.UID
	return d
}

// leaveToWinner lets the object go once the API server itself says that the winner still declares the holder.
func leaveToWinner(winner *Peer) Decision {
	if !winner.Confirmed {
		return Decision{Action: ConfirmSuccessor, Successor: winner.UID}
	}
	return letGo(Unclaimed, unclaimedText)
}
