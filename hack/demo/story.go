package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

// step is a part of the demo: what somebody does in Seam's console, what is typed, and what both have to lead to at Seam.
type step struct {
	title      string
	byHand     *change
	commands   [][]string
	writes     []string // the calls that ask Seam for a change, exactly
	credential string   // the credential of the step; the mobile key when empty
	holder     string   // who has it afterwards
}

// change is what somebody does to the mobile key in Seam's console.
type change struct {
	told   string
	holder string // who has it then
}

// story tells steps, one after the other.
type story struct {
	*kubectl
	seam *fakeSeam
	told int
}

func (s *story) tell(ctx context.Context, steps ...step) error {
	for _, next := range steps {
		s.told++
		say("\n== %d. %s", s.told, next.title)
		s.change(next.byHand)
		err := s.runAll(ctx, next.commands)
		if err != nil && ctx.Err() == nil {
			_ = s.run(ctx, "get", "credassign", "--all-namespaces", "-o", "wide")
		}
		if err := errors.Join(err, s.check(next)); err != nil {
			return cause(ctx, err)
		}
	}
	return nil
}

// change does what somebody does in Seam's console: it is none of the calls that the story tells.
func (s *story) change(byHand *change) {
	if byHand == nil {
		return
	}
	say("# In Seam's console %s.", byHand.told)
	s.seam.UpdateCredential(theMobileKey, func(c *fakeseam.Credential) { c.ACSUserID = byHand.holder })
}

// check prints the calls that reached Seam in a step, and compares what they did with what they should have done.
func (s *story) check(done step) error {
	var writes []string
	calls := s.seam.untold()
	if len(calls)+len(done.writes) == 0 {
		return nil
	}
	say("Seam was called:")
	for _, call := range calls {
		say("  %s", call)
		if call.Operation == fakeseam.OpAssignCredential || call.Operation == fakeseam.OpUnassignCredential {
			writes = append(writes, call.String())
		}
	}
	credential, _ := s.seam.Credential(cmp.Or(done.credential, theMobileKey))
	say("Seam shows as holder: %s", s.seam.name(credential.ACSUserID))
	var problems []error
	if !slices.Equal(writes, done.writes) {
		problems = append(problems, fmt.Errorf("the changes that Seam was asked for should have been:\n  %s", cmp.Or(strings.Join(done.writes, "\n  "), "none")))
	}
	if credential.ACSUserID != done.holder {
		problems = append(problems, fmt.Errorf("the holder at Seam should have been %s", s.seam.name(done.holder)))
	}
	return errors.Join(problems...)
}

// play leaves everything up, and tells each call that reaches Seam, until a signal comes.
func (s *story) play(ctx, signals context.Context) error {
	say("\nEverything matched. To play with it, in another terminal:\n")
	say("  export KUBECONFIG=%s", s.kubeconfig)
	say("  export PATH=%s:$PATH  # for kubectl", filepath.Dir(s.path))
	say("  kubectl get credassign --watch\n")
	say("The fake Seam knows the credentials %s and %s,\nand the ACS users %s,\n%s and %s.",
		theMobileKey, theKeyCard, s.seam.name(alice), s.seam.name(bob), s.seam.name(carol))
	say("Each call that reaches it is shown here. Ctrl-C ends the demo and removes everything.\n")
	for {
		select {
		case <-s.seam.answered:
			for _, call := range s.seam.untold() {
				say("  %s", call)
			}
		case <-ctx.Done():
			select {
			case <-signals.Done():
				return nil
			default:
				return context.Cause(ctx)
			}
		}
	}
}
