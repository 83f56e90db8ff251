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

// closeBody lets a request's body have the declared fields only. The parts that allOf puts together share one object, so
// that none of them can be closed by itself: they become what they allow together.
func closeBody(object *openapi3.Schema) {
	if len(object.AllOf) > 0 {
		*object = openapi3.Schema{OneOf: together(object)}
	}
	for _, alternative := range object.OneOf {
		closeBody(alternative.Value)
	}
	if object.Properties != nil {
		*object = *object.WithoutAdditionalProperties()
	}
}

// together lists the objects that a schema allows: each of its alternatives, with the fields of each part.
func together(object *openapi3.Schema) openapi3.SchemaRefs {
	if len(object.AllOf) == 0 {
		if len(object.OneOf) == 0 {
			return openapi3.SchemaRefs{openapi3.NewSchemaRef("", object)}
		}
		var alternatives openapi3.SchemaRefs
		for _, one := range object.OneOf {
			alternatives = append(alternatives, together(one.Value)...)
		}
		return alternatives
	}
	whole := openapi3.SchemaRefs{openapi3.NewSchemaRef("", openapi3.NewObjectSchema())}
	for _, part := range object.AllOf {
		var grown openapi3.SchemaRefs
		for _, so := range whole {
			for _, more := range together(part.Value) {
				grown = append(grown, openapi3.NewSchemaRef("", merged(so.Value, more.Value)))
			}
		}
		whole = grown
	}
	return whole
}

func merged(a, b *openapi3.Schema) *openapi3.Schema {
	both := openapi3.NewObjectSchema()
	maps.Copy(both.Properties, a.Properties)
	maps.Copy(both.Properties, b.Properties)
	both.Required = slices.Concat(a.Required, b.Required)
	return both
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
