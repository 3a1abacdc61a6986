package config

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/registry"
)

// JSONSchema is the schema (2020-12) of chimera.yaml, for editors. With a
// catalogue, which may be nil, it knows the names and parameters of learners;
// other names are allowed, since a project may have its own.
func JSONSchema(catalogue Catalogue) map[string]any {
	var learners []registry.Info
	if catalogue != nil {
		learners = catalogue.List()
	}
	root := sectionSchema(reflect.TypeFor[Config](), learners)
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = FileName
	root["description"] = "Workers, launcher and master of a Chimera project."
	if len(learners) > 0 {
		definitions := map[string]any{}
		for _, info := range learners {
			definitions[info.Name] = info.JSONSchema()
		}
		root["$defs"] = definitions
	}
	return root
}

// sectionSchema is the schema of a mapping of settings.
func sectionSchema(t reflect.Type, learners []registry.Info) map[string]any {
	properties, required := map[string]any{}, []string(nil)
	_, takesLearner := t.FieldByName("Learner")
	for _, f := range settings(t) {
		properties[f.name] = f.schema(learners)
		if f.Tag.Get("otherwise") == "required" && t == reflect.TypeFor[Worker]() {
			required = append(required, f.name) // workers itself may come from the environment
		}
	}
	schema := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if required != nil {
		schema["required"] = required
	}
	if takesLearner && len(learners) > 0 {
		schema["allOf"] = paramsSchemas(learners)
	}
	return schema
}

// paramsSchemas tie the parameters to the learner that is named beside them.
func paramsSchemas(learners []registry.Info) []any {
	var rules []any
	for _, info := range learners {
		rules = append(rules, map[string]any{
			"if": map[string]any{
				"required":   []string{"learner"},
				"properties": map[string]any{"learner": map[string]any{"const": info.Name}},
			},
			"then": map[string]any{"properties": map[string]any{"params": map[string]any{"$ref": "#/$defs/" + info.Name}}},
		})
	}
	return rules
}

// schema is the schema of one setting, from its type and tags.
func (f setting) schema(learners []registry.Info) map[string]any {
	schema := f.typeSchema(learners)
	schema["description"] = f.Tag.Get("doc")
	if text, ok := f.Tag.Lookup("default"); ok {
		value, err := asIf(reflect.New(f.Type).Elem(), text).json()
		if err == nil {
			schema["default"] = json.RawMessage(value)
		}
	}
	for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
		name, arg, _ := strings.Cut(rule, "=")
		keyword := map[string]string{"gte": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "lt": "exclusiveMaximum"}[name]
		if name == "omitempty" && f.Type.Kind() != reflect.String {
			break // 0 is allowed below the limits
		}
		if n, err := strconv.ParseFloat(arg, 64); keyword != "" && err == nil {
			schema[keyword] = n
		}
		if r, ok := textRules[name]; ok && r.pattern != "" {
			schema["pattern"] = r.pattern
		}
	}
	if options := f.options(); options != nil {
		schema["enum"] = options
	}
	if f.name == "learner" && len(learners) > 0 {
		pattern := schema["pattern"]
		delete(schema, "pattern")
		names := make([]string, len(learners))
		for i, info := range learners {
			names[i] = info.Name
		}
		schema["anyOf"] = []any{map[string]any{"enum": names}, map[string]any{"pattern": pattern}}
	}
	return schema
}

func (f setting) typeSchema(learners []registry.Info) map[string]any {
	switch f.Type {
	case reflect.TypeFor[Duration](), reflect.TypeFor[Size]():
		return map[string]any{"type": []string{"string", "number"}}
	case reflect.TypeFor[Params]():
		return map[string]any{"type": "object"}
	case reflect.TypeFor[Workers]():
		return map[string]any{"oneOf": []any{
			map[string]any{"type": "integer", "minimum": 1, "maximum": maxWorkers},
			map[string]any{"type": "array", "minItems": 1, "maxItems": maxWorkers, "items": sectionSchema(reflect.TypeFor[Worker](), learners)},
		}}
	}
	switch f.Type.Kind() {
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": map[string]any{"type": "string"}}
	case reflect.Struct:
		return sectionSchema(f.Type, learners)
	default:
		return map[string]any{"type": "string"}
	}
}
