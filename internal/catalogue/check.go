package catalogue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gochimera/chimera/internal/suggest"
	"github.com/gochimera/chimera/registry"
)

// Check says whether the learner would accept the parameters, a JSON object,
// as far as their schemas tell: names, types, limits and options. The error is
// a *registry.UnknownError or a *registry.ParamsError, as the registry's own
// Check would give it. What only the learner itself knows it says when it is made.
func (t Table) Check(name string, params json.RawMessage) error {
	info, err := t.Lookup(name)
	if err != nil {
		return err
	}
	bad := &registry.ParamsError{Learner: name}
	given := map[string]json.RawMessage{}
	if len(bytes.TrimSpace(params)) > 0 {
		if err := json.Unmarshal(params, &given); err != nil {
			bad.Violations = append(bad.Violations, registry.Violation{Reason: "parameters must be a mapping of names to values: " + err.Error()})
			return bad
		}
	}
	bad.Violations = append(bad.Violations, unknown(info, given)...)
	for _, p := range info.Params {
		text, ok := given[p.Name]
		if !ok {
			continue
		}
		value, err := decode(text)
		switch {
		case err != nil:
			bad.Violations = append(bad.Violations, registry.Violation{Param: p.Name, Reason: err.Error()})
		case value == nil: // null is as if it were not given
		case !hasType(p.Schema, value):
			bad.Violations = append(bad.Violations, registry.Violation{Param: p.Name, Reason: "want " + article(p.Type) + ", got " + string(bytes.TrimSpace(text))})
		default:
			for _, v := range outside(p.Schema, p.Name, value) {
				bad.Violations = append(bad.Violations, registry.Violation{Param: v.path, Reason: "want " + p.Limits + ", got " + v.got, Open: p.Open})
			}
		}
	}
	if len(bad.Violations) > 0 {
		return bad
	}
	return nil
}

func unknown(info registry.Info, given map[string]json.RawMessage) []registry.Violation {
	names := make([]string, len(info.Params))
	for i, p := range info.Params {
		names[i] = p.Name
	}
	var violations []registry.Violation
	for name := range given {
		if !slices.Contains(names, name) {
			violations = append(violations, registry.Violation{Param: name, Reason: "unknown parameter" + suggest.Hint(name, names)})
		}
	}
	slices.SortFunc(violations, func(a, b registry.Violation) int { return strings.Compare(a.Param, b.Param) })
	return violations
}

// decode reads JSON and keeps numbers as they are written.
func decode(text json.RawMessage) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, err
	}
	return value, nil
}

// supported are the keywords of JSON Schema that Check understands. The
// generator refuses a learner with another one, rather than not to check it.
var supported = []string{
	"type", "enum", "const", "anyOf", "oneOf", "items", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minItems", "maxItems", "description", "default",
}

// Unsupported lists the keywords of a schema that Check would pass over.
func Unsupported(schema map[string]any) []string {
	var found []string
	for keyword, v := range schema {
		switch {
		case !slices.Contains(supported, keyword):
			found = append(found, keyword)
		case keyword == "items":
			found = append(found, Unsupported(object(v))...)
		case keyword == "anyOf", keyword == "oneOf":
			for _, option := range list(v) {
				found = append(found, Unsupported(object(option))...)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// hasType reports whether a value is of the schema's type; limits do not count
// but where the schema gives alternatives.
func hasType(schema map[string]any, value any) bool {
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if options, ok := schema[keyword]; ok {
			return slices.ContainsFunc(list(options), func(option any) bool {
				return hasType(object(option), value) && len(outside(object(option), "", value)) == 0
			})
		}
	}
	types := list(schema["type"])
	if one, ok := schema["type"].(string); ok {
		types = []any{one}
	}
	if len(types) > 0 && !slices.ContainsFunc(types, func(t any) bool { return isA(t, value) }) {
		return false
	}
	items, isArray := value.([]any)
	return !isArray || !slices.ContainsFunc(items, func(item any) bool {
		return item != nil && !hasType(object(schema["items"]), item) // null leaves the item's zero value, as it does for the registry
	})
}

func isA(typ, value any) bool {
	switch v := value.(type) {
	case json.Number:
		if typ == "integer" {
			_, err := strconv.ParseInt(v.String(), 10, 64)
			return err == nil
		}
		f, err := v.Float64()
		return typ == "number" && err == nil && !math.IsInf(f, 0)
	case string:
		return typ == "string"
	case bool:
		return typ == "boolean"
	case []any:
		return typ == "array"
	case map[string]any:
		return typ == "object"
	default:
		return typ == "null"
	}
}

type violation struct {
	path, got string
}

// outside lists what in a value of the right type is outside the schema's
// limits: the value itself, or items of it.
func outside(schema map[string]any, path string, value any) []violation {
	if v, ok := value.([]any); ok {
		n := float64(len(v))
		if least, ok := number(schema["minItems"]); ok && n < least {
			return []violation{{path, show(schema, value)}}
		}
		if most, ok := number(schema["maxItems"]); ok && n > most {
			return []violation{{path, show(schema, value)}}
		}
		var all []violation
		for i, item := range v {
			all = append(all, outside(object(schema["items"]), fmt.Sprintf("%s[%d]", path, i), item)...)
		}
		return all
	}
	if !inside(schema, value) {
		return []violation{{path, show(schema, value)}}
	}
	return nil
}

// inside checks the limits and options of a single value.
func inside(schema map[string]any, value any) bool {
	if options, ok := schema["enum"]; ok && !slices.ContainsFunc(list(options), func(o any) bool { return same(o, value) }) {
		return false
	}
	if constant, ok := schema["const"]; ok && !same(constant, value) {
		return false
	}
	v, ok := number(value)
	if !ok {
		return true
	}
	for keyword, holds := range map[string]func(limit float64) bool{
		"minimum":          func(limit float64) bool { return v >= limit },
		"maximum":          func(limit float64) bool { return v <= limit },
		"exclusiveMinimum": func(limit float64) bool { return v > limit },
		"exclusiveMaximum": func(limit float64) bool { return v < limit },
	} {
		if limit, ok := number(schema[keyword]); ok && !holds(limit) {
			return false
		}
	}
	return true
}

// same compares JSON values; numbers by value.
func same(a, b any) bool {
	x, isNumber := number(a)
	y, also := number(b)
	if isNumber || also {
		return isNumber && also && x == y
	}
	return a == b
}

// number reads a number of a schema, which is a float64 or an int as it was
// made, or of a value.
func number(v any) (float64, bool) {
	switch n := v.(type) {
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case float64:
		return n, true
	case int:
		return float64(n), true
	default:
		return 0, false
	}
}

// list is a JSON array of a schema, which is a []string or a []map[string]any as
// it was made.
func list(v any) []any {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return nil
	}
	all := make([]any, rv.Len())
	for i := range all {
		all[i] = rv.Index(i).Interface()
	}
	return all
}

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// show writes a value as fmt writes what it is in the parameter struct.
func show(schema map[string]any, value any) string {
	switch v := value.(type) {
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = show(object(schema["items"]), item)
		}
		return "[" + strings.Join(items, " ") + "]"
	case json.Number:
		if f, err := v.Float64(); err == nil && schema["type"] == "number" {
			return fmt.Sprint(f)
		}
		return v.String()
	default:
		return fmt.Sprint(v)
	}
}

func article(typ string) string {
	if strings.HasPrefix(typ, "integer") || strings.HasPrefix(typ, "array") {
		return "an " + typ
	}
	return "a " + typ
}
