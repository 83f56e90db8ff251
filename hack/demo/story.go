package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seam-operator/seam-operator/pkg/fakeseam"
)

const object = "credassign/alice-mobile-key"

// step is a part of the demo: what is typed, and what it has to lead to at Seam.
type step struct {
	title    string
	commands [][]string
	writes   []string // the calls that ask Seam for a change, exactly
	holder   string   // who has the mobile key afterwards
}

var (
	install = step{
		title:    "Install the operator: config/default, less its Deployment",
		commands: [][]string{{"apply", "-k", "hack/demo"}},
	}
	giveKey = step{
		title:    "Give it an API key of Seam",
		commands: [][]string{{"create", "secret", "generic", "seam", "--from-literal=api-key=" + apiKey}},
	}
	assign = step{
		title: "Declare that the mobile key is Alice's",
		commands: [][]string{
			{"apply", "-f", "config/samples"},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
			{"get", "credassign"},
			{"get", "credassign", "-o", "wide"},
		},
		writes: []string{"PATCH /acs/credentials/assign credential=66666666… acs_user=33333333… → 200"},
		holder: alice,
	}
	move = step{
		title: "Move it to Bob",
		commands: [][]string{
			{"patch", object, "--type=merge", "--patch", `{"spec":{"acsUserID":"` + bob + `"}}`},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
			{"get", "credassign"},
		},
		writes: []string{
			"PATCH /acs/credentials/unassign credential=66666666… acs_user=33333333… → 200",
			"PATCH /acs/credentials/assign credential=66666666… acs_user=44444444… → 200",
		},
		holder: bob,
	}
	remove = step{
		title: "Delete the declaration",
		commands: [][]string{
			{"delete", object, "--timeout=60s"},
			{"get", "credassign"},
		},
		writes: []string{"PATCH /acs/credentials/unassign credential=66666666… acs_user=44444444… → 200"},
	}
	again = step{
		title: "Declare it once more, to play with",
		commands: [][]string{
			{"apply", "-f", "config/samples"},
			{"wait", "--for=condition=Ready", object, "--timeout=60s"},
		},
		writes: assign.writes,
		holder: alice,
	}
)

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
		err := s.runAll(ctx, next.commands)
		if err != nil && ctx.Err() == nil {
			_ = s.run(ctx, "get", "credassign", "-o", "wide")
		}
		if err := errors.Join(err, s.check(next)); err != nil {
			return cause(ctx, err)
		}
	}
	return nil
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
	credential, _ := s.seam.Credential(theMobileKey)
	say("Seam shows as holder: %s", s.seam.name(credential.ACSUserID))
	var problems []error
	if !slices.Equal(writes, done.writes) {
		problems = append(problems, fmt.Errorf("the changes that Seam was asked for should have been:\n  %s", strings.Join(done.writes, "\n  ")))
	}
	if credential.ACSUserID != done.holder {
		problems = append(problems, fmt.Errorf("the holder at Seam should have been %s", s.seam.name(done.holder)))
	}
	return errors.Join(problems...)
}

// play leaves everything up, and tells each call that reaches Seam, until a signal comes.
func (s *story) play(ctx, signals context.Context) error {
	say("\nAll was as told. To play with it, in another terminal:\n")
	say("  export KUBECONFIG=%s", s.kubeconfig)
	say("  export PATH=%s:$PATH  # for kubectl", filepath.Dir(s.path))
	say("  kubectl get credassign --watch\n")
	say("The fake Seam knows the credential %s and the ACS users\n%s and %s.", theMobileKey, s.seam.name(alice), s.seam.name(bob))
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
