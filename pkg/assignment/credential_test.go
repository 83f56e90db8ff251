package assignment

import "testing"

func TestDisplaced(t *testing.T) {
	for _, c := range []struct {
		name  string
		given Situation
		want  bool
	}{
		{"a key of another workspace ends the record's claim", given(recorded(WriteAssign, alice), keyOf(elsewhere)), true},
		{"one of the same workspace does not", given(recorded(WriteAssign, alice)), false},
		{"nor does one whose workspace nobody knows yet", given(recorded(WriteAssign, alice), keyOf("")), false},
		{"without a record there is nothing to end", given(keyOf(elsewhere)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.given.Displaced(); got != c.want {
				t.Errorf("displaced is %t, want %t", got, c.want)
			}
		})
	}
}
