package fakeseam

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// defaultLimit is the documented length of a page.
const defaultLimit = 500

// input checks a call's parameters and collects what is wrong with them, the way
// Seam does: all at once, by parameter.
type input struct {
	values map[string]any
	issues map[string][]string
}

// loose is a parameter as the log shows it: unchecked.
func (in *input) loose(name string) string {
	text, _ := in.values[name].(string)
	return strings.ToLower(text)
}

// text is an optional string.
func (in *input) text(name string) string {
	value, given := in.values[name]
	if !given {
		return ""
	}
	text, ok := value.(string)
	if !ok {
		in.complain(name, "Expected string")
	}
	return text
}

// id is an optional UUID, in lower case.
func (in *input) id(name string) string {
	text := in.text(name)
	_, given := in.values[name].(string)
	if given && !isUUID(text) {
		in.complain(name, "Invalid uuid")
	}
	return strings.ToLower(text)
}

// requiredID is a UUID that must be there.
func (in *input) requiredID(name string) string {
	if _, given := in.values[name]; !given {
		in.complain(name, "Required")
	}
	return in.id(name)
}

// limit is how many things a page may have.
func (in *input) limit() int {
	var n float64
	switch value := in.values["limit"].(type) {
	case nil:
		return defaultLimit
	case float64:
		n = value
	case string:
		n, _ = strconv.ParseFloat(value, 64)
	}
	if n < 1 || n != float64(int(n)) {
		in.complain("limit", "Expected a whole number greater than 0")
	}
	return int(n)
}

// cursor is an optional page_cursor; SDKs send null for the first page.
func (in *input) cursor() string {
	if in.values["page_cursor"] == nil {
		return ""
	}
	return in.text("page_cursor")
}

// unsupported refuses what Seam can filter by and this server cannot: an
// unfiltered answer would be a wrong one.
func (in *input) unsupported(names ...string) {
	for _, name := range names {
		if _, given := in.values[name]; given {
			in.complain(name, "Not supported by fakeseam")
		}
	}
}

func (in *input) complain(name, message string) {
	if in.issues == nil {
		in.issues = map[string][]string{}
	}
	in.issues[name] = append(in.issues[name], message)
}

// problem is the refusal for everything that was complained about, or nil.
func (in *input) problem() error {
	if len(in.issues) == 0 {
		return nil
	}
	var messages []string
	for _, name := range slices.Sorted(maps.Keys(in.issues)) {
		messages = append(messages, fmt.Sprintf("%s for %q", strings.Join(in.issues[name], ", "), name))
	}
	r := invalidInput(strings.Join(messages, "; "))
	r.issues = in.issues
	return r
}
