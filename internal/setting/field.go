package setting

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Field is one setting or one parameter, as the tags of a struct's field say.
type Field struct {
	Name  string       // in the file
	Type  reflect.Type // of its value
	Index []int        // the path to the struct's field, through embedded structs

	Default    string // as the tag has it
	HasDefault bool
	Otherwise  string // in words, what it is if it is not given
	Env        string // the variable that sets it
	Formerly   string // its old name, which still works
	Doc        string // what it is: one clause
	Training   string // of a learner's parameter about its training: what says the same elsewhere; see package registry

	rules   rules
	texts   map[string]Text
	options []string // those known only at run time
}

// Reader reads the fields of structs.
type Reader struct {
	Tag   string          // the tag that names a field: yaml or json
	Texts map[string]Text // rules for text, by their names in validate tags
}

// Text is a rule for text with a name of its own.
type Text struct {
	Words   string            // what it asks for
	Pattern string            // as JSON Schema has it; empty if no pattern says it
	Valid   func(string) bool // says it of a text; see [Reader.Violations]
}

// Documented is implemented by a struct that documents its fields by name, as
// their doc tags would, because lines would become too long with those.
type Documented interface {
	Docs() map[string]string
}

// Optioned is implemented by a struct with fields whose options are known only
// at run time, such as what is registered. For a field without such options it
// returns nil.
type Optioned interface {
	ParamOptions(param string) []string
}

// Fields reads the exported fields of a struct, in their order. The fields of an
// embedded struct count as the struct's own. A field that is named "-" is left out.
func (r Reader) Fields(t reflect.Type) ([]Field, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("want a struct, not %s", t)
	}
	fields, err := r.fields(t, nil)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for _, f := range fields {
		for _, name := range []string{f.Name, f.Formerly} {
			if name != "" && taken[name] {
				return nil, fmt.Errorf("%s is there twice", name)
			}
			taken[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(docs(t))) {
		if !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }) {
			return nil, fmt.Errorf("there is documentation of %s, and no such field", name)
		}
	}
	return fields, nil
}

func (r Reader) fields(t reflect.Type, path []int) ([]Field, error) {
	fields := []Field{}
	own := docs(t)
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		index := append(slices.Clone(path), i)
		tag, named := f.Tag.Lookup(r.Tag)
		if f.Anonymous && !named && f.Type.Kind() == reflect.Struct {
			shared, err := r.fields(f.Type, index)
			if err != nil {
				return nil, err
			}
			fields = append(fields, shared...)
			continue
		}
		name, _, _ := strings.Cut(tag, ",")
		switch name {
		case "-":
			continue
		case "":
			return nil, fmt.Errorf("the field %s has no %s name", f.Name, r.Tag)
		}
		field := r.field(f, name, index)
		if doc, ok := own[name]; ok {
			if field.Doc != "" {
				return nil, fmt.Errorf("%s is documented twice, by its tag and by Docs", name)
			}
			field.Doc = doc
		}
		if field.Doc == "" {
			return nil, fmt.Errorf("%s has no documentation: give it a doc tag", name)
		}
		field.options = options(t, name)
		fields = append(fields, field)
	}
	return fields, nil
}

func (r Reader) field(f reflect.StructField, name string, index []int) Field {
	text, ok := f.Tag.Lookup("default")
	return Field{
		Name: name, Type: f.Type, Index: index, Default: text, HasDefault: ok, Otherwise: f.Tag.Get("otherwise"), Env: f.Tag.Get("env"),
		Formerly: f.Tag.Get("formerly"), Doc: f.Tag.Get("doc"), Training: f.Tag.Get("training"), rules: parseRules(f.Tag.Get("validate")), texts: r.Texts,
	}
}

// docs is what a struct that is Documented says.
func docs(t reflect.Type) map[string]string {
	if d, ok := reflect.New(t).Interface().(Documented); ok {
		return d.Docs()
	}
	return nil
}

// options are what a struct that is Optioned says of a field.
func options(t reflect.Type, name string) []string {
	if o, ok := reflect.New(t).Interface().(Optioned); ok {
		return o.ParamOptions(name)
	}
	return nil
}

// HasOptions reports whether the field takes names that are known only at run
// time, to which linked packages may add.
func (f Field) HasOptions() bool { return f.options != nil }
