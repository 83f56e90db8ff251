package assignment

import (
	"time"

	"github.com/seam-operator/seam-operator/api/v1alpha1"
)

// Progress is whose move it is.
type Progress string

const (
	// Settled: nobody's.
	Settled Progress = ""
	// Reconciling: the operator goes on by itself.
	Reconciling Progress = v1alpha1.ConditionReconciling
	// Stalled: somebody must change something first.
	Stalled Progress = v1alpha1.ConditionStalled
)

// ProgressOf returns whose move it is with a reason of Ready. While an object is being deleted, whatever a person must mend
// is stalled.
func ProgressOf(reason string, deleting bool) Progress {
	switch reason {
	case v1alpha1.ReasonAssigned, v1alpha1.ReasonSuspended:
		return Settled
	case v1alpha1.ReasonAssigning, v1alpha1.ReasonUnassigning, v1alpha1.ReasonRateLimited,
		v1alpha1.ReasonSeamUnavailable, v1alpha1.ReasonOutcomeUnknown:
		return Reconciling
	case v1alpha1.ReasonSecretNotFound:
		if !deleting {
			return Reconciling
		}
	}
	return Stalled
}

// IsOutage reports whether a reason only says that Seam could not be asked.
func IsOutage(reason string) bool {
	return reason == v1alpha1.ReasonSeamUnavailable || reason == v1alpha1.ReasonRateLimited
}

// ReadyStatus is the status of the condition Ready.
type ReadyStatus string

// The values of ReadyStatus, as conditions spell them.
const (
	ReadyTrue    ReadyStatus = "True"
	ReadyFalse   ReadyStatus = "False"
	ReadyUnknown ReadyStatus = "Unknown"
)

// Reported is what status says so far.
type Reported struct {
	// Ready is empty when there is no such condition.
	Ready  ReadyStatus
	Reason string
	// IsCurrent says that Ready speaks of the declaration as it is.
	IsCurrent bool
	// Person is whom the declaration named that Ready speaks of; nobody when that is not known.
	Person Person
	// LookedAt is when Seam was last looked at with success; of a process that never did, when it first saw the object.
	LookedAt time.Time
	// ResyncInterval is how often the object is to be looked at.
	ResyncInterval time.Duration
}

// OutageShowsAt returns from when on an outage of Seam shows in a status that was settled before it.
func (r Reported) OutageShowsAt() time.Time { return r.LookedAt.Add(2 * r.ResyncInterval) }

// Verdict is what the conditions of status shall say.
type Verdict struct {
	// Keep says that Ready and what goes with it stay as they are.
	Keep     bool
	Ready    ReadyStatus
	Reason   string
	Message  string
	Progress Progress
}

const suspendedText = "suspended: nothing is changed at Seam until spec.suspend is false"

// JudgeReport decides what the conditions say after a look at an object that ended with a reason and a message.
func JudgeReport(o Object, d Decision, before Reported, now time.Time) Verdict {
	deleting := o.Deletion != nil
	v := Verdict{Ready: ReadyFalse, Reason: d.Reason, Message: d.Message, Progress: ProgressOf(d.Reason, deleting)}
	switch {
	case d.Reason == "" || d.KeepsReady && before.Ready == ReadyTrue && before.IsCurrent:
		v.Keep = true
	case o.Declared.Suspended && !deleting:
		v = Verdict{Ready: ReadyUnknown, Reason: v1alpha1.ReasonSuspended, Message: suspendedText}
		v.Keep = before.outlastsSuspension(o.Declared.Person, d.Record)
	case d.Reason == v1alpha1.ReasonAssigned:
		v.Ready = ReadyTrue
	case IsOutage(d.Reason):
		v.Keep = !deleting && !d.HasRead && before.outlastsOutage(now)
		if before.Ready == ReadyTrue || before.Ready == ReadyUnknown {
			v.Ready = ReadyUnknown
		}
	}
	return v
}

// outlastsOutage reports whether what status says stays while Seam cannot be asked.
func (r Reported) outlastsOutage(now time.Time) bool {
	return r.IsCurrent && ProgressOf(r.Reason, false) != Reconciling && now.Before(r.OutageShowsAt())
}

// outlastsSuspension reports whether what status says stays while the object is suspended: it speaks of the person who is
// declared, and nothing was written to Seam since.
func (r Reported) outlastsSuspension(declared Person, record Record) bool {
	return r.Ready != "" && (r.IsCurrent || r.speaksOf(declared)) && agreesWith(record, declared, r)
}

// speaksOf reports whether Ready speaks of a person.
func (r Reported) speaksOf(p Person) bool { return r.Person == p && !p.IsZero() }

// agreesWith reports whether nothing was written to Seam since Ready was told, as far as the record tells.
func agreesWith(r Record, declared Person, before Reported) bool {
	switch {
	case len(r.Pending) > 0:
		return false
	case before.Ready != ReadyTrue:
		return true
	default:
		return r.AssignedTo == nil || r.AssignedTo.Person == declared
	}
}

// Cause is why a change is made at Seam, as metrics count it.
type Cause string

// The causes of changes at Seam.
const (
	CauseInitial    Cause = "initial"
	CauseSpecChange Cause = "spec_change"
	CauseDrift      Cause = "drift"
	CauseDeletion   Cause = "deletion"
)

// CauseOf returns why the object's next change at Seam is made. A person who is to be replaced, or was a moment ago, means
// that spec changed.
func CauseOf(o Object) Cause {
	owner := o.Record.AssignedTo
	switch {
	case o.Deletion != nil:
		return CauseDeletion
	case owner == nil:
		return CauseInitial
	case owner.Person == o.Declared.Person:
		return CauseDrift
	default:
		return CauseSpecChange
	}
}
