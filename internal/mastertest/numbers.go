package mastertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Lie is an answer of a worker with one wrong number, and what is said about it.
type Lie struct {
	Field string // by its name in JSON; below another, after a dot
	Value any
	Want  string // part of the error
}

// Lies checks that a check accepts an honest answer, and refuses each lie about it, with an error that
// says what is wrong. Every number of the answer must have a lie.
func Lies[A any](t *testing.T, honest A, check func(A) error, lies []Lie) {
	t.Helper()
	if err := check(honest); err != nil {
		t.Errorf("the honest answer is refused: %v", err)
	}
	missing := map[string]bool{}
	for _, f := range numericFields(reflect.TypeFor[A](), "") {
		missing[f] = true
	}
	for _, lie := range lies {
		delete(missing, lie.Field)
		if err := check(with(t, honest, lie.Field, lie.Value)); err == nil || !strings.Contains(err.Error(), lie.Want) {
			t.Errorf("%s = %v: got %v, want an error with %q", lie.Field, lie.Value, err, lie.Want)
		}
	}
	if len(missing) > 0 {
		t.Errorf("%T: no check is known for %s", honest, strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
}

// with is a copy of an answer with another value of a field.
func with[A any](t *testing.T, honest A, field string, value any) (a A) {
	t.Helper()
	text, err := json.Marshal(honest)
	all := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	at := all
	names := strings.Split(field, ".")
	for _, name := range names[:len(names)-1] {
		below, ok := at[name].(map[string]any)
		if !ok {
			t.Fatalf("%T has no %s", honest, name)
		}
		at = below
	}
	at[names[len(names)-1]] = value
	if err == nil {
		text, err = json.Marshal(all)
	}
	if err == nil {
		err = json.Unmarshal(text, &a)
	}
	if err != nil {
		t.Fatal(fmt.Errorf("%s = %v: %w", field, value, err))
	}
	return a
}

// numericFields are the fields of a struct that hold numbers, or lists of them, by their names in JSON.
func numericFields(of reflect.Type, prefix string) (fields []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind := f.Type
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
			kind = kind.Elem()
		}
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, numericFields(kind, prefix)...)
		case kind.Kind() == reflect.Struct:
			fields = append(fields, numericFields(kind, prefix+name+".")...)
		case kind.Kind() >= reflect.Int && kind.Kind() <= reflect.Float64:
			fields = append(fields, prefix+name)
		}
	}
	return fields
}
