package config

import (
	"fmt"
	"reflect"

	"github.com/gochimera/chimera/internal/setting"
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
	for _, f := range fields(t) {
		properties[f.Name] = f.schema(learners)
		if f.Formerly != "" {
			old := f.schema(learners)
			old["deprecated"], old["description"] = true, "now called "+f.Name
			properties[f.Formerly] = old
		}
		if f.Otherwise == "required" && t == reflect.TypeFor[Worker]() {
			required = append(required, f.Name) // workers itself may come from the environment
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
func (f field) schema(learners []registry.Info) map[string]any {
	schema := f.typeSchema(learners)
	if f.Name == fillValue {
		schema["type"] = []string{"string", "number", "boolean"}
	}
	schema["description"] = f.Doc
	if f.HasDefault {
		if value, err := f.DefaultJSON(); err == nil {
			schema["default"] = value
		}
	}
	switch {
	case f.Type == reflect.TypeFor[Workers](): // its own schema has its limits
	case f.Name == "learner" && len(learners) > 0:
		names := make([]string, len(learners))
		for i, info := range learners {
			names[i] = info.Name
		}
		schema["anyOf"] = []any{map[string]any{"enum": names}, map[string]any{"pattern": textRules["learner_name"].Pattern}}
	default:
		if err := f.Constrain(schema); err != nil {
			panic(fmt.Sprintf("config: the setting %s: %v", f.Name, err)) // a mistake in this package or in a kind
		}
	}
	return schema
}

func (f field) typeSchema(learners []registry.Info) map[string]any {
	if f.Type == reflect.TypeFor[Workers]() {
		return workersSchema(sectionSchema(reflect.TypeFor[Worker](), learners))
	}
	_, schema, err := setting.JSONType(f.Type)
	switch {
	case err == nil && f.Type.Kind() >= reflect.Uint && f.Type.Kind() <= reflect.Uint64:
		schema["minimum"] = 0
		return schema
	case err == nil:
		return schema
	case f.Type.Kind() == reflect.Struct:
		return sectionSchema(f.Type, learners)
	case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
		return map[string]any{"type": "object", "additionalProperties": sectionSchema(f.Type.Elem(), learners)}
	default:
		panic(fmt.Sprintf("config: the setting %s: %v", f.Name, err)) // a mistake in this package or in a kind
	}
}

// workersSchema is the schema of a list of workers, or their number.
func workersSchema(worker map[string]any) map[string]any {
	return map[string]any{"oneOf": []any{
		map[string]any{"type": "integer", "minimum": 1, "maximum": maxWorkers},
		map[string]any{"type": "array", "minItems": 1, "maxItems": maxWorkers, "items": worker},
	}}
}
