package controllers

import (
	"github.com/seam-operator/seam-operator/pkg/assignment"
)

// cause is why a change was made at Seam, as metrics count it.
type cause string

const (
	causeInitial    cause = "initial"
	causeSpecChange cause = "spec_change"
	causeDrift      cause = "drift"
	causeDeletion   cause = "deletion"
)

// cause tells why the next change is made, by the record that it will replace.
func (p *pass) cause() cause {
	record, before, last := p.situation.Marks.Record, p.obj.Status.LastAssignedTime != nil, p.mem.last
	switch {
	case p.situation.Declared.Deleting():
		return causeDeletion
	case record != nil && record.Write == assignment.WriteUnassign && last.accepted == last.text && last.cause != causeDeletion:
		return last.cause // the second half of a move
	case record == nil:
		return causeInitial
	case record.Person == p.situation.Declared.Person || record.Write == assignment.WriteUnassign && !record.Owned:
		if before {
			return causeDrift
		}
		return causeInitial
	default:
		return causeSpecChange
	}
}

// event returns the reason of the event that tells about a change.
func (c cause) event(step assignment.Step) string {
	switch {
	case step == assignment.Unassign:
		return "Unassigned"
	case c == causeDrift:
		return "DriftCorrected"
	case c == causeSpecChange:
		return "Moved"
	default:
		return "Assigned"
	}
}
