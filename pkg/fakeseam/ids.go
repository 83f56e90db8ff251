package fakeseam

import (
	"fmt"
	"regexp"
	"strings"
)

// The first digit of a generated ID tells people what it names.
const (
	kindWorkspace        = 0x1
	kindSystem           = 0x2
	kindUser             = 0x3
	kindIdentity         = 0x4
	kindConnectedAccount = 0x5
	kindCredential       = 0x6
	kindRequest          = 0xf
)

// idSource makes UUIDs of version 4's shape that are the same in every run.
type idSource struct{ made int }

func (g *idSource) next(kind int) string {
	g.made++
	return fmt.Sprintf("%x%07x-0000-4000-8000-%012x", kind, g.made, g.made)
}

// given returns a seeded ID in the spelling Seam answers with, or makes one.
// A seeded ID that is no UUID is a mistake in the test: Seam has none.
func (g *idSource) given(id string, kind int) string {
	if id == "" {
		return g.next(kind)
	}
	if !isUUID(id) {
		panic(fmt.Sprintf("fakeseam: %q is not a UUID", id))
	}
	return strings.ToLower(id)
}

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func isUUID(s string) bool { return uuidPattern.MatchString(s) }
