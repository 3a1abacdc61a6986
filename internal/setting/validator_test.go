package setting_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/go-playground/validator/v10"

	"github.com/gochimera/chimera/internal/setting"
)

// field is a struct with one field of a type with a validate tag.
func field(t *testing.T, typ reflect.Type, tag string) setting.Field {
	t.Helper()
	s := reflect.StructOf([]reflect.StructField{{
		Name: "V", Type: typ, Tag: reflect.StructTag(fmt.Sprintf(`json:"v" validate:"%s" doc:"a value"`, tag)),
	}})
	fields, err := setting.Reader{Tag: "json"}.Fields(s)
	if err != nil {
		t.Fatal(err)
	}
	return fields[0]
}

// What this package says of a value by a rule's schema is what package validator
// says by the rule.
func TestAgreesWithValidator(t *testing.T) {
	v := validator.New()
	numbers := []string{"-2", "-1", "0", "1", "2", "3", "7", "100"}
	texts := []string{`""`, `"a"`, `"b"`, `"ab"`, `"äöü"`, `"red green"`, `"abcd"`}
	lists := []string{`[]`, `[0]`, `[1]`, `[1,2]`, `[1,2,3]`, `[3,-1]`, `[null]`}
	for _, tt := range []struct {
		typ    reflect.Type
		tags   []string
		values []string
	}{
		{reflect.TypeFor[int](), []string{
			"gte=0", "gt=0", "lte=2", "lt=2", "min=1", "max=3", "eq=2", "ne=2", "gte=1,lte=3", "required", "omitempty,gte=2", "omitempty", "oneof=1 3 7", "",
			"omitempty,oneof=3 7", "required,lte=2", "gte=-1,omitempty,gt=1",
		}, numbers},
		{reflect.TypeFor[float64](), []string{"gte=0.5", "gt=0", "lte=1.5", "lt=2", "omitempty,gt=1", "required", "eq=1"}, append(numbers, "0.5", "1.5", "1e3")},
		{reflect.TypeFor[string](), []string{
			"min=2", "max=2", "len=3", "gte=1", "gt=1", "lte=2", "lt=2", "required", "oneof=a b", "oneof='red green' a", "omitempty,oneof=a b", "omitempty,min=2",
		}, texts},
		{reflect.TypeFor[bool](), []string{"required"}, []string{"true", "false"}},
		{reflect.TypeFor[[]int](), []string{
			"min=1", "max=2", "len=2", "gt=1", "lt=2", "dive,gte=1", "min=1,dive,gte=1", "min=1,max=2,dive,gte=0,lte=2", "omitempty,dive,gte=1", "required",
			"dive,required", "dive,omitempty,gte=2",
		}, lists},
		{reflect.TypeFor[[][]int](), []string{"dive,min=1,dive,gte=1", "dive,dive,lte=2"}, []string{`[]`, `[[]]`, `[[1]]`, `[[0]]`, `[[3],[1]]`}},
	} {
		for _, tag := range tt.tags {
			f := field(t, tt.typ, tag)
			_, schema, err := setting.JSONType(tt.typ)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Constrain(schema); err != nil {
				t.Fatalf("%s %q: %v", tt.typ, tag, err)
			}
			if others := f.Others(); len(others) > 0 {
				t.Errorf("%s %q: %v is not known", tt.typ, tag, others)
			}
			if unsupported := setting.Unsupported(schema); len(unsupported) > 0 {
				t.Errorf("%s %q: %v is not supported", tt.typ, tag, unsupported)
			}
			for _, text := range tt.values {
				value := reflect.New(tt.typ)
				if err := json.Unmarshal([]byte(text), value.Interface()); err != nil {
					t.Fatal(err)
				}
				want := tag == "" || v.Var(value.Elem().Interface(), tag) == nil
				isType, outside := setting.Check(schema, "v", json.RawMessage(text))
				if violations := f.Of(value.Elem()); len(violations) == 0 != want {
					t.Errorf("%s %q: %s has the violations %v, package validator says %t", tt.typ, tag, text, violations, want)
				}
				if got := isType && len(outside) == 0; got != want {
					t.Errorf("%s %q: %s is right: %t, package validator says %t; schema %v", tt.typ, tag, text, got, want, schema)
				}
			}
		}
	}
}

// Rules that only package validator knows are recognised, not ignored.
func TestOthers(t *testing.T) {
	for tag, want := range map[string]string{
		"email": "[email]", "min=1,url": "[url]", "gte=0|eq=-1": "[gte=0|eq=-1]", "omitempty,email": "[email]", "gtfield=Other": "[gtfield]",
	} {
		if got := fmt.Sprint(field(t, reflect.TypeFor[string](), tag).Others()); got != want {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
	if got := fmt.Sprint(field(t, reflect.TypeFor[[]string](), "dive,email").Others()); got != "[email]" {
		t.Errorf("of items: %s", got)
	}
}

func TestLimitsInWords(t *testing.T) {
	for _, tt := range []struct {
		typ       reflect.Type
		tag, want string
	}{
		{reflect.TypeFor[int](), "gte=1,lte=9", ">= 1 and <= 9"},
		{reflect.TypeFor[string](), "oneof=a b", "one of a, b"},
		{reflect.TypeFor[string](), "min=2,max=3", "at least 2 characters and at most 3 characters"},
		{reflect.TypeFor[[]int](), "min=1,dive,gte=1", "at least 1 items and each >= 1"},
		{reflect.TypeFor[[]int](), "len=2", "exactly 2 items"},
		{reflect.TypeFor[setting.Size](), "gte=1024", ">= 1KiB"},
	} {
		if got := field(t, tt.typ, tt.tag).Limits(); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.typ, tt.tag, got, tt.want)
		}
	}
}
