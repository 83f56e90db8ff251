package main

import "go.uber.org/goleak"

// running is what runs the tests of a package, and stops what they share.
type running func() int

// Run returns the exit code.
func (r running) Run() int { return r() }

// verifyNoLeaks runs the tests, fails when a goroutine goes on after the last one, and exits.
func verifyNoLeaks(tests running) {
	goleak.VerifyTestMain(tests)
}
