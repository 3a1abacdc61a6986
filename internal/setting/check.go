package setting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Outside is a value, or an item of it, that is outside its schema's limits.
type Outside struct {
	Path string // such as layers[1]
	Got  string
}

// Check checks the JSON text of a value against its schema: whether it is of the
// schema's type, and if so what in it is outside the limits. Null is as if the
// value were not given. Names is what the value is called.
func Check(schema map[string]any, name string, text json.RawMessage) (isType bool, outside []Outside) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return false, nil
	}
	switch {
	case value == nil:
		return true, nil
	case !hasType(schema, value):
		return false, nil
	default:
		return true, outsideOf(schema, name, value)
	}
}

// supported are the keywords of JSON Schema that Check understands.
var supported = []string{
	"type", "enum", "const", "not", "anyOf", "oneOf", "items", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
	"minItems", "maxItems", "minLength", "maxLength", "pattern", "description", "default",
}

// Unsupported lists the keywords of a schema that Check would pass over.
func Unsupported(schema map[string]any) []string {
	var found []string
	for keyword, v := range schema {
		switch {
		case keyword == "format" && slices.Contains(formats, fmt.Sprint(v)):
		case !slices.Contains(supported, keyword):
			found = append(found, keyword)
		case keyword == "items", keyword == "not":
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

// alternatives are those of a schema, if it has any.
func alternatives(schema map[string]any) (options []any, has bool) {
	for _, keyword := range []string{"anyOf", "oneOf"} {
		if v, ok := schema[keyword]; ok {
			return list(v), true
		}
	}
	return nil, false
}

// fits reports whether a value is of a schema's type and inside its limits.
func fits(schema map[string]any, value any) bool {
	return hasType(schema, value) && len(outsideOf(schema, "", value)) == 0
}

// hasType reports whether a value is of the schema's type; limits do not count
// but where the schema gives alternatives instead of a type.
func hasType(schema map[string]any, value any) bool {
	types := list(schema["type"])
	if one, ok := schema["type"].(string); ok {
		types = []any{one}
	}
	if options, has := alternatives(schema); has && len(types) == 0 {
		return slices.ContainsFunc(options, func(option any) bool { return fits(object(option), value) })
	}
	if len(types) > 0 && !slices.ContainsFunc(types, func(t any) bool { return isA(t, value) }) || !hasFormat(schema, value) {
		return false
	}
	items, isArray := value.([]any)
	return !isArray || !slices.ContainsFunc(items, func(item any) bool {
		return item != nil && !hasType(object(schema["items"]), item)
	})
}

// formats are the sizes that whole numbers may have.
var formats = []string{"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}

// hasFormat reports whether a whole number is of the size that the schema says,
// which is otherwise that of an int64.
func hasFormat(schema map[string]any, value any) bool {
	n, isNumber := value.(json.Number)
	if !isNumber || schema["type"] != "integer" {
		return true
	}
	format, has := schema["format"].(string)
	if !has {
		format = "int64"
	}
	size, unsigned := strings.CutPrefix(format, "uint")
	if !unsigned {
		size = strings.TrimPrefix(format, "int")
	}
	bits, err := strconv.Atoi(size)
	if err != nil {
		return false // and Unsupported reports it
	}
	if unsigned {
		_, err = strconv.ParseUint(n.String(), 10, bits)
	} else {
		_, err = strconv.ParseInt(n.String(), 10, bits)
	}
	return err == nil
}

// isWhole reports whether a number is written as a whole one, of at most 64 bits.
func isWhole(n json.Number) bool {
	_, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		_, err = strconv.ParseUint(n.String(), 10, 64)
	}
	return err == nil
}

func isA(typ, value any) bool {
	switch v := value.(type) {
	case json.Number:
		if typ == "integer" {
			return isWhole(v)
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

// zero is what null leaves of an item: the zero value of its type.
func zero(schema map[string]any) any {
	switch schema["type"] {
	case "integer", "number":
		return json.Number("0")
	case "string":
		return ""
	case "boolean":
		return false
	case "array":
		return []any{}
	default:
		return nil
	}
}

// outsideOf lists what in a value of the right type is outside the schema's
// limits: the value itself, or items of it.
func outsideOf(schema map[string]any, path string, value any) []Outside {
	if !inside(schema, value) {
		return []Outside{{path, show(schema, value)}}
	}
	items, _ := value.([]any)
	var all []Outside
	for i, item := range items {
		if item == nil {
			item = zero(object(schema["items"]))
		}
		all = append(all, outsideOf(object(schema["items"]), fmt.Sprintf("%s[%d]", path, i), item)...)
	}
	return all
}

// inside checks the limits and options of a value, but not of its items.
func inside(schema map[string]any, value any) bool {
	if options, ok := schema["enum"]; ok && !slices.ContainsFunc(list(options), func(o any) bool { return same(o, value) }) {
		return false
	}
	if constant, ok := schema["const"]; ok && !same(constant, value) {
		return false
	}
	if not, ok := schema["not"]; ok && fits(object(not), value) {
		return false
	}
	if options, has := alternatives(schema); has && !slices.ContainsFunc(options, func(option any) bool { return fits(object(option), value) }) {
		return false
	}
	switch v := value.(type) {
	case []any:
		return between(schema, "minItems", "maxItems", float64(len(v)))
	case string:
		if pattern, ok := schema["pattern"].(string); ok && !regexp.MustCompile(pattern).MatchString(v) {
			return false
		}
		return between(schema, "minLength", "maxLength", float64(utf8.RuneCountInString(v)))
	}
	v, ok := number(value)
	if !ok {
		return true
	}
	least, isMore := number(schema["exclusiveMinimum"])
	most, isLess := number(schema["exclusiveMaximum"])
	return between(schema, "minimum", "maximum", v) && (!isMore || v > least) && (!isLess || v < most)
}

// between checks a number against two keywords of a schema, both inclusive.
func between(schema map[string]any, least, most string, v float64) bool {
	low, hasLow := number(schema[least])
	high, hasHigh := number(schema[most])
	return (!hasLow || v >= low) && (!hasHigh || v <= high)
}

// same compares JSON values; numbers by value.
func same(a, b any) bool {
	x, isNumber := number(a)
	y, also := number(b)
	if isNumber || also {
		return isNumber && also && x == y
	}
	return reflect.DeepEqual(a, b)
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

// list is a JSON array of a schema, which may be a []string as it was made.
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
