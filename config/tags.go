package config

import (
	"reflect"
	"regexp"
	"strings"
)

// setting is one field of a section, read from its tags.
type setting struct {
	reflect.StructField
	name  string
	index int
}

// settings lists the fields of a section that a file can set.
func settings(t reflect.Type) []setting {
	var list []setting
	for i := range t.NumField() {
		f := t.Field(i)
		if name := f.Tag.Get("yaml"); f.IsExported() && name != "-" {
			list = append(list, setting{f, name, i})
		}
	}
	return list
}

// setDefaults fills v, a section, with its default tags, and the sections in it with
// theirs. A tag that cannot be read is a mistake in this package, which its tests find.
func setDefaults(v reflect.Value) {
	for _, f := range settings(v.Type()) {
		if f.Type.Kind() == reflect.Struct {
			setDefaults(v.Field(f.index))
			continue
		}
		if text, ok := f.Tag.Lookup("default"); ok {
			if problem, _ := setScalar(v.Field(f.index), asIf(v.Field(f.index), text), f.want()); problem != "" {
				panic("config: default of " + f.name + ": " + problem)
			}
		}
	}
}

// asIf reads text that is not YAML, but a tag, a variable or a flag: for a
// setting that is text it is just that, quotes or not.
func asIf(v reflect.Value, text string) scalar {
	if v.Kind() == reflect.String {
		return scalar{text: text}
	}
	return plain(text)
}

// typeName is what a value of a type is called.
func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[Duration]():
		return "duration"
	case reflect.TypeFor[Size]():
		return "size"
	case reflect.TypeFor[Params]():
		return "mapping of parameters to values"
	case reflect.TypeFor[Workers]():
		return "list of workers, or their number"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "whole number"
	case reflect.Uint64:
		return "whole number >= 0"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + typeName(t.Elem())
	case reflect.Struct:
		return "mapping of settings"
	default:
		return "text"
	}
}

// kindName is typeName with its article.
func kindName(t reflect.Type) string {
	switch name := typeName(t); name {
	case "text", "true or false":
		return name
	default:
		return "a " + name
	}
}

// want is what the field takes, for the error about a value of another kind.
func (f setting) want() string {
	if options := f.options(); options != nil {
		return "one of " + strings.Join(options, ", ")
	}
	if f.Tag.Get("validate") != "" && f.Type.Kind() == reflect.String {
		return f.limits()
	}
	return kindName(f.Type)
}

// options are the values of a field that has a list of them.
func (f setting) options() []string {
	for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
		if list, ok := strings.CutPrefix(rule, "oneof="); ok {
			return strings.Fields(list)
		}
		if rule == launcherRule {
			return LauncherNames()
		}
	}
	return nil
}

// limits puts the validate tag into words.
func (f setting) limits() string {
	var words []string
	for rule := range strings.SplitSeq(f.Tag.Get("validate"), ",") {
		name, arg, _ := strings.Cut(rule, "=")
		if f.Type == reflect.TypeFor[Size]() && arg != "" {
			var z Size
			if z.UnmarshalText([]byte(arg)) == nil {
				arg = z.String()
			}
		}
		switch name {
		case "gte":
			words = append(words, ">= "+arg)
		case "gt":
			words = append(words, "> "+arg)
		case "lt":
			words = append(words, "< "+arg)
		case "lte":
			words = append(words, "<= "+arg)
		case "min":
			words = append(words, "at least "+arg)
		case "max":
			words = append(words, "at most "+arg)
		case "oneof":
			words = append(words, "one of "+strings.Join(strings.Fields(arg), ", "))
		case launcherRule:
			words = append(words, "one of "+strings.Join(LauncherNames(), ", "))
		default:
			if r, ok := textRules[name]; ok {
				words = append(words, r.words)
			}
		}
	}
	return strings.Join(words, " and ")
}

var indices = regexp.MustCompile(`\[[0-9]+\]`)

// generic is a path without its indices: workers[2].port is workers[].port.
func generic(path string) string { return indices.ReplaceAllString(path, "[]") }

// paths maps the generic path of every setting to it.
func paths(t reflect.Type) map[string]setting {
	all := map[string]setting{}
	walk(t, "", func(path string, f setting) { all[path] = f })
	return all
}

// walk visits every setting, a section before what is in it.
func walk(t reflect.Type, prefix string, visit func(path string, f setting)) {
	for _, f := range settings(t) {
		path := join(prefix, f.name)
		visit(path, f)
		switch {
		case f.Type.Kind() == reflect.Struct:
			walk(f.Type, path, visit)
		case f.Type == reflect.TypeFor[Workers]():
			walk(reflect.TypeFor[Worker](), path+"[]", visit)
		}
	}
}
