package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/gochimera/chimera/distribute"
	"github.com/gochimera/chimera/internal/setting"
)

// field is one setting of a section. At the top level, the section of a kind of
// distribution is one too.
type field struct {
	setting.Field
	kind string // whose section it is; "" for what is a struct's field
}

// reader reads the structs of this package, and the settings of kinds.
var reader = setting.Reader{Tag: "yaml", Texts: textRules}

// fields lists the settings of a section. A struct that cannot be read is a
// mistake in this package or in a kind, which their tests find.
func fields(t reflect.Type) []field {
	read, err := reader.Fields(t)
	if err != nil {
		panic(fmt.Sprintf("config: the settings %s: %v", t, err))
	}
	var list []field
	for _, f := range read {
		list = append(list, field{Field: f})
		if t == reflect.TypeFor[Config]() && f.Name == "workers" {
			list = append(list, sections(read)...)
		}
	}
	return list
}

// sections are those of the kinds of distribution that this program has, beside
// the settings of the top level.
func sections(top []setting.Field) []field {
	var list []field
	for _, k := range distribute.List() {
		if k.Section == "" {
			continue
		}
		if slices.ContainsFunc(top, func(f setting.Field) bool { return f.Name == k.Section }) {
			panic(fmt.Sprintf("config: the kind %q cannot have the section %s, which is a setting of every project", k.Name, k.Section))
		}
		doc := "settings of the " + k.Name + " master"
		list = append(list, field{setting.Field{Name: k.Section, Type: reflect.TypeOf(k.Settings), Doc: doc}, k.Name})
	}
	return list
}

// in is the setting's value in a section.
func (f field) in(section reflect.Value) reflect.Value {
	if f.kind != "" {
		return reflect.ValueOf(section.Addr().Interface().(*Config).sections[f.kind]).Elem()
	}
	return section.FieldByIndex(f.Index)
}

// find is the field with a name, or that once had it.
func find(list []field, name string) (f field, old, ok bool) {
	for _, f := range list {
		if f.Name == name || f.Formerly == name && name != "" {
			return f, f.Name != name, true
		}
	}
	return field{}, false, false
}

// setDefaults fills v, a section, with its defaults, and the sections in it with
// theirs.
func setDefaults(v reflect.Value) {
	for _, f := range fields(v.Type()) {
		if f.Type.Kind() == reflect.Struct {
			setDefaults(f.in(v))
			continue
		}
		if err := f.SetDefault(v); err != nil {
			panic(fmt.Sprintf("config: the settings %s: %v", v.Type(), err))
		}
	}
}

// want is what the field takes, for the error about a value of another kind.
func (f field) want() string {
	if options := f.Options(); options != nil {
		return "one of " + strings.Join(options, ", ")
	}
	if f.Ruled() && f.Type.Kind() == reflect.String {
		return f.Limits()
	}
	return setting.Want(f.Type)
}

var indices = regexp.MustCompile(`\[[0-9]+\]`)

// generic is a path without its indices: workers[2].port is workers[].port.
func generic(path string) string { return indices.ReplaceAllString(path, "[]") }

// paths maps the generic path of every setting to it.
func paths(t reflect.Type) map[string]field {
	all := map[string]field{}
	walk(t, "", func(path string, f field) { all[path] = f })
	return all
}

// walk visits every setting, a section before what is in it.
func walk(t reflect.Type, prefix string, visit func(path string, f field)) {
	for _, f := range fields(t) {
		path := join(prefix, f.Name)
		visit(path, f)
		switch {
		case f.Type.Kind() == reflect.Struct:
			walk(f.Type, path, visit)
		case f.Type == reflect.TypeFor[Workers]():
			walk(reflect.TypeFor[Worker](), path+"[]", visit)
		case f.Type.Kind() == reflect.Map && f.Type.Elem().Kind() == reflect.Struct:
			walk(f.Type.Elem(), path+"[]", visit)
		}
	}
}

// current is the path of a setting that may have been named by an old name.
func current(path string) string {
	t, now := reflect.TypeFor[Config](), ""
	for name := range strings.SplitSeq(path, ".") {
		if t == nil || t.Kind() != reflect.Struct || strings.Contains(name, "[") {
			return path
		}
		f, _, ok := find(fields(t), name)
		if !ok {
			return path
		}
		t, now = f.Type, join(now, f.Name)
	}
	return now
}
