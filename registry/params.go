package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/suggest"
)

// Param documents one parameter of a learner.
type Param struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"` // integer, number, boolean, string, or "array of" one of those
	Default json.RawMessage `json:"default"`
	Limits  string          `json:"limits,omitempty"` // for people: ">= 1", "one of gini, entropy"
	Doc     string          `json:"doc"`
	Schema  map[string]any  `json:"schema"`         // JSON Schema (2020-12) of the value
	Open    bool            `json:"open,omitempty"` // packages that are linked may add to the options: see Optioner

	index []int // the path to the field, through embedded structs
}

// Violation is one parameter that cannot be used.
type Violation struct {
	Param  string
	Reason string
	Open   bool // the value is none of the options known here, to which linked packages may add
}

// ParamsError lists every parameter of a learner that cannot be used.
type ParamsError struct {
	Learner    string
	Violations []Violation
}

// Error joins the violations.
func (e *ParamsError) Error() string {
	var parts []string
	for _, v := range e.Violations {
		if v.Param == "" {
			parts = append(parts, v.Reason)
			continue
		}
		parts = append(parts, v.Param+": "+v.Reason)
	}
	return fmt.Sprintf("learner %q: %s", e.Learner, strings.Join(parts, "; "))
}

// describe reads a parameter struct's fields and tags. The fields of an
// embedded struct count as the struct's own, so that learners may share
// parameters.
func describe(t reflect.Type) ([]Param, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters must be a struct, not %s", t)
	}
	params, err := describeFields(t, nil)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, p := range params {
		if seen[p.Name] {
			return nil, fmt.Errorf("parameter %s is there twice", p.Name)
		}
		seen[p.Name] = true
	}
	if err := open(t, params); err != nil {
		return nil, err
	}
	zero := reflect.New(t)
	if err := setDefaults(zero.Elem(), params); err != nil {
		return nil, err
	}
	if err := check.Struct(zero.Interface()); err != nil {
		return nil, fmt.Errorf("the defaults do not pass the validate tags: %w", err)
	}
	return params, nil
}

func describeFields(t reflect.Type, path []int) ([]Param, error) {
	params := []Param{}
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		index := append(slices.Clone(path), i)
		if _, named := f.Tag.Lookup("json"); f.Anonymous && !named && f.Type.Kind() == reflect.Struct {
			shared, err := describeFields(f.Type, index)
			if err != nil {
				return nil, err
			}
			params = append(params, shared...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			return nil, fmt.Errorf("parameter %s has no json name", f.Name)
		}
		if f.Tag.Get("doc") == "" {
			return nil, fmt.Errorf("parameter %s has no doc tag", name)
		}
		typ, schema, err := schemaOf(f.Type)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		def, err := defaultOf(f)
		if err != nil {
			return nil, fmt.Errorf("parameter %s: default %q: %w", name, f.Tag.Get("default"), err)
		}
		limits, err := limit(schema, f.Tag.Get("validate"))
		if err != nil {
			return nil, fmt.Errorf("parameter %s: %w", name, err)
		}
		schema["description"] = f.Tag.Get("doc")
		schema["default"] = def
		params = append(params, Param{Name: name, Type: typ, Default: def, Limits: limits, Doc: f.Tag.Get("doc"), Schema: schema, index: index})
	}
	return params, nil
}

// Schemer is implemented by a parameter type that takes more than one kind of
// value, such as a count or a word. It reads itself with UnmarshalJSON (and
// refuses there what it cannot use) and writes itself with MarshalJSON.
type Schemer interface {
	// ParamSchema names the type in words and gives its JSON Schema.
	ParamSchema() (typ string, schema map[string]any)
}

func schemaOf(t reflect.Type) (string, map[string]any, error) {
	if s, ok := reflect.New(t).Interface().(Schemer); ok {
		typ, schema := s.ParamSchema()
		return typ, schema, nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return "boolean", map[string]any{"type": "boolean"}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "integer", map[string]any{"type": "integer"}, nil
	case reflect.Float32, reflect.Float64:
		return "number", map[string]any{"type": "number"}, nil
	case reflect.String:
		return "string", map[string]any{"type": "string"}, nil
	case reflect.Slice:
		name, items, err := schemaOf(t.Elem())
		return "array of " + name, map[string]any{"type": "array", "items": items}, err
	default:
		return "", nil, fmt.Errorf("a parameter cannot be a %s", t)
	}
}

// defaultOf is the default tag as JSON; without the tag it is the zero value.
func defaultOf(f reflect.StructField) (json.RawMessage, error) {
	text, ok := f.Tag.Lookup("default")
	v := reflect.New(f.Type)
	switch {
	case !ok && f.Type.Kind() == reflect.Slice:
		return json.RawMessage("[]"), nil
	case !ok:
	case f.Type.Kind() == reflect.String && !isSchemer(v):
		v.Elem().SetString(text)
	default:
		if err := json.Unmarshal([]byte(text), v.Interface()); err != nil {
			return nil, err
		}
	}
	return json.Marshal(v.Interface())
}

func isSchemer(v reflect.Value) bool {
	_, ok := v.Interface().(Schemer)
	return ok
}

// limit turns validate tags into schema keywords and into words.
func limit(schema map[string]any, tag string) (string, error) {
	if schema["type"] == "array" { // "min=1,dive,gte=1": the array, then its items
		own, items, _ := strings.Cut(tag, "dive")
		var words []string
		for rule := range strings.SplitSeq(strings.Trim(own, ","), ",") {
			name, arg, _ := strings.Cut(rule, "=")
			keyword := map[string]string{"min": "minItems", "max": "maxItems", "len": "minItems"}[name]
			if keyword == "" {
				continue
			}
			n, err := strconv.Atoi(arg)
			if err != nil {
				return "", fmt.Errorf("validate tag %q: %w", rule, err)
			}
			schema[keyword] = n
			words = append(words, fmt.Sprintf("%s %d items", map[string]string{"min": "at least", "max": "at most", "len": "exactly"}[name], n))
		}
		inner, err := limit(schema["items"].(map[string]any), strings.Trim(items, ","))
		if inner != "" {
			words = append(words, "each "+inner)
		}
		return strings.Join(words, " and "), err
	}
	var words []string
	for rule := range strings.SplitSeq(tag, ",") {
		name, arg, _ := strings.Cut(rule, "=")
		switch name {
		case "gte", "min", "gt", "lte", "max", "lt":
			n, err := strconv.ParseFloat(arg, 64)
			if err != nil {
				return "", fmt.Errorf("validate tag %q: %w", rule, err)
			}
			keyword := map[string]string{"gte": "minimum", "min": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "max": "maximum", "lt": "exclusiveMaximum"}[name]
			schema[keyword] = n
			words = append(words, map[string]string{"gte": ">= ", "min": ">= ", "gt": "> ", "lte": "<= ", "max": "<= ", "lt": "< "}[name]+arg)
		case "oneof":
			options := strings.Fields(arg)
			schema["enum"] = options
			words = append(words, "one of "+strings.Join(options, ", "))
		}
	}
	return strings.Join(words, " and "), nil
}

func setDefaults(v reflect.Value, params []Param) error {
	for _, p := range params {
		if err := json.Unmarshal(p.Default, v.FieldByIndex(p.index).Addr().Interface()); err != nil {
			return fmt.Errorf("parameter %s: %w", p.Name, err)
		}
	}
	return nil
}

// check validates parameter structs; its field names are the json ones.
var check = newValidator()

func newValidator() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	return v
}

// decode fills p (a pointer to a parameter struct) with the defaults, then
// with raw, then validates it; every violation is reported.
func decode(name string, raw json.RawMessage, p any) error {
	v := reflect.ValueOf(p).Elem()
	params, err := describe(v.Type())
	if err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	if err := setDefaults(v, params); err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	bad := &ParamsError{Learner: name}
	given, err := object(raw)
	if err != nil {
		bad.Violations = append(bad.Violations, Violation{Reason: err.Error()})
		return bad
	}
	names := make([]string, 0, len(params))
	for _, param := range params {
		names = append(names, param.Name)
	}
	wrongType := map[string]bool{}
	for _, key := range sortedKeys(given) {
		i := slices.Index(names, key)
		if i < 0 {
			bad.Violations = append(bad.Violations, Violation{Param: key, Reason: "unknown parameter" + suggest.Hint(key, names)})
			continue
		}
		value := bytes.TrimSpace(given[key])
		if bytes.Equal(value, []byte("null")) {
			continue // as if it were not given
		}
		if err := json.Unmarshal(value, v.FieldByIndex(params[i].index).Addr().Interface()); err != nil {
			wrongType[key] = true
			bad.Violations = append(bad.Violations, Violation{Param: key, Reason: fmt.Sprintf("want %s, got %s", article(params[i].Type), value)})
		}
	}
	var failures validator.ValidationErrors
	if err := check.Struct(p); errors.As(err, &failures) {
		for _, f := range failures {
			key := f.Field()
			base, _, _ := strings.Cut(key, "[")
			if wrongType[base] {
				continue
			}
			want := f.Tag()
			if i := slices.Index(names, base); i >= 0 && params[i].Limits != "" {
				want = params[i].Limits
			}
			bad.Violations = append(bad.Violations, Violation{Param: key, Reason: fmt.Sprintf("want %s, got %v", want, f.Value())})
		}
	} else if err != nil {
		return fmt.Errorf("learner %q: %w", name, err)
	}
	bad.Violations = append(bad.Violations, unlisted(v, params, wrongType)...)
	if len(bad.Violations) > 0 {
		return bad
	}
	return nil
}

func object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	var given map[string]json.RawMessage
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, fmt.Errorf("parameters must be a mapping of names to values: %w", err)
	}
	return given, nil
}

func sortedKeys(m map[string]json.RawMessage) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func article(typ string) string {
	if strings.HasPrefix(typ, "integer") || strings.HasPrefix(typ, "array") {
		return "an " + typ
	}
	return "a " + typ
}

// JSONSchema is the schema (2020-12) of the learner's parameters as one object.
func (i Info) JSONSchema() map[string]any {
	properties := make(map[string]any, len(i.Params))
	for _, p := range i.Params {
		properties[p.Name] = p.schema()
	}
	return map[string]any{"type": "object", "description": i.Summary, "properties": properties, "additionalProperties": false}
}
