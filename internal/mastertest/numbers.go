package mastertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Lie is an answer of a worker with one wrong number, and what is said about it.
type Lie struct {
	Field string // by its name in JSON; below another, after a dot; in a list, after its place
	Value any
	Want  string // part of the error
}

// Lies checks that a check accepts an honest answer, and refuses each lie about it, with an error that
// says what is wrong. Every number of the answer, and every list of texts, must have a lie.
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
		delete(missing, place.ReplaceAllString(lie.Field, ""))
		if err := check(With(t, honest, lie.Field, lie.Value)); err == nil || !strings.Contains(err.Error(), lie.Want) {
			t.Errorf("%s = %v: got %v, want an error with %q", lie.Field, lie.Value, err, lie.Want)
		}
	}
	if len(missing) > 0 {
		t.Errorf("%T: no check is known for %s", honest, strings.Join(slices.Sorted(maps.Keys(missing)), ", "))
	}
}

// place is that of an element of a list, in the name of a field.
var place = regexp.MustCompile(`\.[0-9]+`)

// With is a copy of an answer with another value of a field; nil leaves the field out.
func With[A any](t *testing.T, honest A, field string, value any) (a A) {
	t.Helper()
	text, err := json.Marshal(honest)
	var all any
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err == nil && !put(all, strings.Split(field, "."), value) {
		t.Fatalf("%T has no %s", honest, field)
	}
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

// put changes a field of what was read from JSON, if it is there.
func put(in any, field []string, value any) bool {
	switch in := in.(type) {
	case map[string]any:
		if len(field) > 1 {
			return put(in[field[0]], field[1:], value)
		}
		in[field[0]] = value
		return true
	case []any:
		i, err := strconv.Atoi(field[0])
		if err != nil || i >= len(in) {
			return false
		}
		if len(field) > 1 {
			return put(in[i], field[1:], value)
		}
		in[i] = value
		return true
	}
	return false
}

// numericFields are the fields of a struct that hold numbers, or lists of them or of texts, by their names in JSON.
func numericFields(of reflect.Type, prefix string) (fields []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		kind, list := f.Type, false
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice {
			list = list || kind.Kind() == reflect.Slice
			kind = kind.Elem()
		}
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, numericFields(kind, prefix)...)
		case kind.Kind() == reflect.Struct:
			fields = append(fields, numericFields(kind, prefix+name+".")...)
		case kind.Kind() >= reflect.Int && kind.Kind() <= reflect.Float64, list && kind.Kind() == reflect.String:
			fields = append(fields, prefix+name)
		}
	}
	return fields
}
