package report

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails when a goroutine goes on after the last test.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
