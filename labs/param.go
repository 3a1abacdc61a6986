package labs

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/gochimera/chimera/internal/setting"
	"github.com/gochimera/chimera/internal/suggest"
)

// Param is a parameter of a lab.
type Param struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"` // integer, number, boolean, string, or "array of" one of those
	Default json.RawMessage `json:"default"`
	Limits  string          `json:"limits,omitzero"` // in words
	Doc     string          `json:"doc"`

	schema map[string]any
	field  setting.Field
}

// paramsOf reads the parameters of a lab from the tags of a struct, as those of learners are declared: json, default, validate
// and doc. It panics if they are wrong, as labs are part of the program.
func paramsOf[P any]() []Param {
	fields, err := setting.Reader{Tag: "json"}.Fields(reflect.TypeFor[P]())
	if err != nil {
		panic(fmt.Errorf("labs: %s: %w", reflect.TypeFor[P](), err))
	}
	params := make([]Param, len(fields))
	for i, f := range fields {
		if params[i], err = paramOf(f); err != nil {
			panic(fmt.Errorf("labs: %s: %s: %w", reflect.TypeFor[P](), f.Name, err))
		}
	}
	return params
}

func paramOf(f setting.Field) (Param, error) {
	typ, schema, err := setting.JSONType(f.Type)
	if err != nil {
		return Param{}, err
	}
	def, err := f.DefaultJSON()
	if err != nil {
		return Param{}, err
	}
	if err := f.Constrain(schema); err != nil {
		return Param{}, err
	}
	if is, outside := setting.Check(schema, f.Name, def); !is || len(outside) > 0 || len(f.Others()) > 0 {
		return Param{}, fmt.Errorf("its default %s, or its rules %v, cannot be checked", def, f.Others())
	}
	return Param{Name: f.Name, Type: typ, Default: def, Limits: f.Limits(), Doc: f.Doc, schema: schema, field: f}, nil
}

// ParamError is a parameter that a lab does not have, or a value that it does not take.
type ParamError struct {
	Lab, Param string
	reason     string
}

// Error says what the lab takes.
func (e *ParamError) Error() string {
	return fmt.Sprintf("the parameter %q of lab %s: %s", e.Param, e.Lab, e.reason)
}

// read fills the parameters of a lab: the defaults, and what is given, as text.
func read[P any](lab string, given map[string]string) (p P, err error) {
	params := paramsOf[P]()
	v := reflect.ValueOf(&p).Elem()
	known := map[string]Param{}
	var names []string
	for _, q := range params {
		if err := q.field.SetDefault(v); err != nil {
			return p, err
		}
		known[q.Name], names = q, append(names, q.Name)
	}
	for name, text := range given {
		q, ok := known[name]
		if !ok {
			return p, &ParamError{lab, name, "there is no such parameter" + suggest.Hint(name, names)}
		}
		if err := q.set(v, text); err != nil {
			return p, &ParamError{lab, name, err.Error()}
		}
	}
	return p, nil
}

// set writes a value that is given as text. A list is written with commas.
func (q Param) set(v reflect.Value, text string) error {
	value, err := asJSON(q.field.Type, text)
	if err != nil {
		return err
	}
	is, outside := setting.Check(q.schema, q.Name, value)
	switch {
	case !is || string(value) == "null":
		return fmt.Errorf("want %s, got %s", setting.Article(q.Type), setting.Quote(text))
	case len(outside) > 0:
		return fmt.Errorf("want %s, got %s", q.Limits, outside[0].Got)
	}
	return json.Unmarshal(value, v.FieldByIndex(q.field.Index).Addr().Interface())
}

// asJSON is text as a JSON value of a type.
func asJSON(t reflect.Type, text string) (json.RawMessage, error) {
	if t.Kind() != reflect.Slice {
		value, err := setting.For(t, text).JSON()
		return json.RawMessage(value), err
	}
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		value, err := asJSON(t.Elem(), strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		items = append(items, string(value))
	}
	return json.RawMessage("[" + strings.Join(items, ",") + "]"), nil
}
