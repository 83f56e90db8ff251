package assignment

import (
	"cmp"
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Peer is one of the objects that name the same credential, as the others see it.
type Peer struct {
	UID      string
	Created  time.Time
	Declared Declaration
	Deleting bool
	// Finalizer says that the operator's finalizer is on it.
	Finalizer bool
	Record    Record
	// Handled says that it was looked at at least once, with whatever result.
	Handled bool
	Seen    PeerStatus
	// LastRead is what its own key read last in this process's life.
	LastRead PeerRead
	// Confirmed says that the API server itself was asked for the object just now.
	Confirmed bool
}

// PeerStatus is what the status of a peer tells.
type PeerStatus struct {
	// ReadsIn is the workspace in which its own key reads the credential; empty when it does not.
	ReadsIn string
	// OtherWorkspace says that its key proved to be of another workspace than the recorded one.
	OtherWorkspace bool
	// Unreached says that no look has shown anything yet, because Seam could not be asked.
	Unreached bool
	// Stalled is why it waits for a person; empty when it does not.
	Stalled string
}

// PeerRead is a read of the credential by a peer's own key.
type PeerRead struct {
	At          time.Time
	WorkspaceID string
	// Person is whom the peer declared then; of somebody else whom it declares by now the read tells nothing.
	Person Person
	Holder Holder
	// IsHeld says that the holder was that person.
	IsHeld bool
}

// Claim is how an object stands among all that claim its credential.
type Claim struct {
	// Winner is the object that has the claim; nil when this object has it, or nobody has.
	Winner *Peer
	// WinsByReading says that this object has the claim once its status shows that its key reads the credential.
	WinsByReading bool
}

// Judge finds the object that has the claim to a credential, as an index of peers; -1 when none claims it. Those with a
// record come first, then those whose key reads the credential; among equals the oldest, then the lower UID.
func Judge(peers []Peer) int {
	first := -1
	var best *Peer
	for i := range peers {
		if p := &peers[i]; p.claims() && (best == nil || p.goesBefore(best)) {
			first, best = i, p
		}
	}
	return first
}

// ClaimOf returns how the peer of the given index stands, when the peer of index first has the claim.
func ClaimOf(peers []Peer, i, first int) Claim {
	if first < 0 || first == i {
		return Claim{}
	}
	reading := peers[i]
	reading.Seen.ReadsIn, reading.Seen.OtherWorkspace = "its own", false
	return Claim{Winner: &peers[first], WinsByReading: reading.claims() && reading.goesBefore(&peers[first])}
}

// AwaitsFirstLook reports whether the claim of the peer of index first is not judged yet, because an older one that may go
// before it was never handled. A claim with a record waits for nobody.
func AwaitsFirstLook(peers []Peer, first int) bool {
	if first < 0 || peers[first].rank() == recorded {
		return false
	}
	for i := range peers {
		p := &peers[i]
		if !p.Handled && p.claims() && p.isOlder(&peers[first]) {
			return true
		}
	}
	return false
}

// claims reports whether a peer claims the credential. One that only observes claims nothing, nor does one that is being
// deleted and has nothing to clean up, nor a suspended one without a record.
func (p *Peer) claims() bool {
	switch {
	case p.Declared.Mode == v1alpha1.ModeObserve:
		return false
	case p.Deleting:
		return p.Finalizer
	default:
		return !p.Declared.Suspended || !p.Record.IsEmpty()
	}
}

// rank is what counts before age.
type rank int

const (
	recorded rank = iota
	reads
	unknown
	resting // its key is of another workspace than its record
)

func (p *Peer) rank() rank {
	switch {
	case p.Seen.OtherWorkspace:
		return resting
	case !p.Record.IsEmpty():
		return recorded
	case p.Seen.ReadsIn != "":
		return reads
	default:
		return unknown
	}
}

func (p *Peer) goesBefore(other *Peer) bool {
	return cmp.Or(cmp.Compare(p.rank(), other.rank()), p.compareAge(other)) < 0
}

func (p *Peer) isOlder(other *Peer) bool { return p.compareAge(other) < 0 }

func (p *Peer) compareAge(other *Peer) int {
	return cmp.Or(p.Created.Compare(other.Created), cmp.Compare(p.UID, other.UID))
}

// canTakeOver reports whether a peer may follow a deleted object, as far as it says itself.
func (p *Peer) canTakeOver() bool {
	return !p.Deleting && !p.Declared.Suspended && p.Declared.Mode != v1alpha1.ModeObserve
}

// sawHeld reports whether a peer's own key read that the person whom it declares is this holder.
func (p *Peer) sawHeld(holder Holder) bool {
	read := p.LastRead
	return read.IsHeld && read.Person == p.Declared.Person && read.Holder == holder
}

// hasTakenOver reports whether a peer that can take over has put down in its own name that its person holds the
// credential.
func (p *Peer) hasTakenOver(workspaceID string) bool {
	owner := p.Record.AssignedTo
	return p.canTakeOver() && (p.Finalizer || p.Declared.Retain) &&
		owner != nil && owner.Person == p.Declared.Person && owner.WorkspaceID == workspaceID
}

// Successors returns the indexes of the peers that took over their person, as far as they tell themselves.
func Successors(peers []Peer) []int {
	var found []int
	for i := range peers {
		if p := &peers[i]; p.hasTakenOver(p.LastRead.WorkspaceID) && p.LastRead.IsHeld {
			found = append(found, i)
		}
	}
	return found
}
