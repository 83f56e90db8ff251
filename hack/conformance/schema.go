package conformance

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// schema is Seam's published OpenAPI, closed: what it does not declare is a mistake.
type schema struct{ doc *openapi3.T }

// loadSchema prints the OpenAPI by openapi.js. As published it would pass any unknown field.
func loadSchema() (*schema, error) {
	for _, known := range []struct{ format, pattern string }{
		{"uuid", `^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`},
		{"email", `^[^@\s]+@[^@\s]+$`},
		{"date-time", openapi3.FormatOfStringDateTime},
	} {
		openapi3.DefineStringFormatValidator(known.format, openapi3.NewRegexpFormatValidator(known.pattern))
	}
	printer := exec.Command("node", "openapi.js")
	printer.Stderr = os.Stderr
	printed, err := printer.Output()
	if err != nil {
		return nil, fmt.Errorf("node openapi.js: %w", err)
	}
	doc, err := openapi3.NewLoader().LoadFromData(printed)
	if err != nil {
		return nil, fmt.Errorf("load Seam's OpenAPI: %w", err)
	}
	s := &schema{doc}
	s.close()
	return s, nil
}

func (s *schema) close() {
	for _, path := range s.doc.Paths.Keys() {
		for _, operation := range s.doc.Paths.Value(path).Operations() {
			if operation.RequestBody != nil {
				operation.RequestBody.Value.Required = true
				closeBody(operation.RequestBody.Value.Content.Get(jsonType).Schema.Value)
			}
			closeAnswer(operation.Responses.Status(200).Value.Content.Get(jsonType).Schema.Value, map[*openapi3.Schema]bool{})
		}
	}
}

// closeBody lets a request's body have the declared fields only. It cannot close what allOf puts together, whose
// parts share one object: judgeRequest refuses such bodies.
func closeBody(object *openapi3.Schema) {
	for _, alternative := range object.OneOf {
		closeBody(alternative.Value)
	}
	if object.Properties != nil {
		*object = *object.WithoutAdditionalProperties()
	}
}

// closeAnswer closes an answer all the way down: a field of the fake that Seam does not have is a slip of the pen. One
// is let through: a warning may repeat the PIN in original_code, as warnings of Seam's access codes do; the fake
// always does, so that whoever passes warnings on is caught.
func closeAnswer(object *openapi3.Schema, seen map[*openapi3.Schema]bool) {
	if seen[object] {
		return
	}
	seen[object] = true
	if _, warning := object.Properties["warning_code"]; warning {
		object.Properties["original_code"] = openapi3.NewSchemaRef("", openapi3.NewStringSchema())
	}
	within := slices.Collect(maps.Values(object.Properties))
	within = append(within, object.OneOf...)
	if object.Items != nil {
		within = append(within, object.Items)
	}
	for _, part := range within {
		closeAnswer(part.Value, seen)
	}
	if object.Properties != nil {
		*object = *object.WithoutAdditionalProperties()
	}
}
