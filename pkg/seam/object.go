package seam

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// unknownCode stands for a code that is missing or prose, which must not reach a status.
const unknownCode = "unknown"

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

// decodeThing finds the thing that an answer is about, e.g. "acs_credential". Errors never quote the answer.
func decodeThing(body []byte, name string) (object, error) {
	envelope := decodeObject(body)
	if envelope == nil {
		return nil, errors.New("answer is not a JSON object")
	}
	thing := decodeObject(envelope[name])
	if thing == nil {
		return nil, fmt.Errorf("answer has no %s", name)
	}
	return thing, nil
}

// lenient decodes a member, or returns the zero value when it is absent, null or of another type.
func lenient[T any](o object, name string) T {
	var value, zero T
	if json.Unmarshal(o[name], &value) != nil {
		return zero
	}
	return value
}

// ids decodes members that decisions hang on: absent and null are empty, another type than string is an error. Who
// holds a credential would be unreadable then, which is not the same as nobody.
func (o object) ids(names ...string) (map[string]string, error) {
	ids := map[string]string{}
	for _, name := range names {
		raw, present := o[name]
		if !present {
			continue
		}
		var id string
		if json.Unmarshal(raw, &id) != nil {
			return nil, fmt.Errorf("answer has a %s that is not a string", name)
		}
		ids[name] = id
	}
	return ids, nil
}

// code decodes a member that is one of Seam's codes, or returns nothing.
func (o object) code(name string) string {
	if code := lenient[string](o, name); isCode(code) {
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
