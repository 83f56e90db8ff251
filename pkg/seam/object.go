package seam

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// unknownCode stands for a code that is missing or prose, which must not reach a status.
const unknownCode = "unknown"

// decisiveIDs are members that decisions hang on. Absent and null are empty, another type than string is an error: who
// holds a credential would be unreadable then, which is not the same as nobody.
var decisiveIDs = []string{"acs_credential_id", "acs_user_id", "user_identity_id"}

// object is a JSON object whose members are decoded one by one, so that a member of an unexpected type spoils itself
// only: Seam adds fields and changes enums every week. Names match exactly, which struct decoding would not do.
type object map[string]json.RawMessage

// decodeObject returns nil for anything but an object.
func decodeObject(raw []byte) object {
	var decoded object
	if json.Unmarshal(raw, &decoded) != nil {
		return nil
	}
	return decoded
}

// decodeThing finds the thing that an answer is about, e.g. "acs_credential": the one that was asked for, if one was by
// its ID, whose case has no meaning (RFC 9562, section 4). Seam answers for a merged identity with its survivor, so of
// identities any will do. Errors never quote the answer.
func decodeThing(body []byte, name string, asked params) (object, error) {
	envelope := decodeObject(body)
	if envelope == nil {
		return nil, errors.New("answer is not a JSON object")
	}
	thing := decodeObject(envelope[name])
	if thing == nil {
		return nil, fmt.Errorf("answer has no %s", name)
	}
	if id := thing.unreadableID(); id != "" {
		return nil, fmt.Errorf("answer has a %s that is not a string", id)
	}
	want, _ := asked[name+"_id"].(string)
	switch id := thing.text(name + "_id"); {
	case id == "":
		return nil, fmt.Errorf("answer has no %s_id", name)
	case want != "" && name != "user_identity" && !strings.EqualFold(id, want):
		return nil, errors.New("answer is about another ID than asked for")
	}
	return thing, nil
}

// unreadableID names a decisive ID that is neither text nor null; empty when there is none.
func (o object) unreadableID() string {
	for _, id := range decisiveIDs {
		var text string
		if raw, present := o[id]; present && json.Unmarshal(raw, &text) != nil {
			return id
		}
	}
	return ""
}

// lenient decodes a member, or returns the zero value when it is absent, null or of another type.
func lenient[T any](o object, name string) T {
	var value, zero T
	if json.Unmarshal(o[name], &value) != nil {
		return zero
	}
	return value
}

func (o object) text(name string) string { return lenient[string](o, name) }

// code decodes a member that is one of Seam's codes, or returns nothing.
func (o object) code(name string) string {
	if code := o.text(name); isCode(code) {
		return code
	}
	return ""
}

// codes lists one member of each object in a list. Objects without a readable code count too, as "unknown".
func (o object) codes(list, name string) []string {
	var codes []string
	for _, raw := range lenient[[]json.RawMessage](o, list) {
		codes = append(codes, cmp.Or(decodeObject(raw).code(name), unknownCode))
	}
	return codes
}
