package setting

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Violation is a setting that does not meet its rules.
type Violation struct {
	Path  string // within the struct, as in workers[2].port
	Rule  string // the first that it does not meet
	Value reflect.Value
	// Unchecked is set if nothing in this program can check the rule, so that no value passes it; see [CheckOthersWith].
	Unchecked bool
}

// Violations lists what in a struct, given by a pointer, does not meet its rules, in the order of the fields. Structs within it, and
// those in a list whose rules have dive, are part of it.
func (r Reader) Violations(settings any) ([]Violation, error) {
	found, others, err := r.violations(reflect.ValueOf(settings).Elem(), "")
	if err != nil || len(others) == 0 {
		return found, err
	}
	if !ChecksOthers() {
		return append(found, others...), nil
	}
	for _, f := range CheckOthers(r, settings) {
		asked := slices.ContainsFunc(others, func(v Violation) bool { return v.Path == f.Path || v.holds(f.Path) })
		reported := slices.ContainsFunc(found, func(v Violation) bool { return v.Path == f.Path })
		if asked && !reported {
			found = append(found, Violation{Path: f.Path, Rule: f.Rule, Value: reflect.ValueOf(f.Value)})
		}
	}
	return found, nil
}

// holds reports whether a path is that of an item of the violation's setting.
func (v Violation) holds(path string) bool {
	return len(path) > len(v.Path) && path[:len(v.Path)] == v.Path && path[len(v.Path)] == '['
}

// violations are those of a struct by the rules that this package knows, and where there are others.
func (r Reader) violations(section reflect.Value, prefix string) (found, others []Violation, err error) {
	fields, err := r.Fields(section.Type())
	if err != nil {
		return nil, nil, err
	}
	for _, f := range fields {
		path := f.Name
		if prefix != "" {
			path = prefix + "." + f.Name
		}
		v := section.FieldByIndex(f.Index)
		broken := f.violations(v, f.rules, path)
		found = append(found, broken...)
		if unknown := f.Others(); len(unknown) > 0 && len(broken) == 0 {
			others = append(others, Violation{Path: path, Rule: unknown[0], Value: v, Unchecked: true})
		}
		for i, inner := range structs(v, f.rules) {
			within := path
			if v.Kind() == reflect.Slice {
				within = fmt.Sprintf("%s[%d]", path, i)
			}
			more, unknown, err := r.violations(inner, within)
			if err != nil {
				return nil, nil, err
			}
			found, others = append(found, more...), append(others, unknown...)
		}
	}
	return found, others, nil
}

// structs are those in a setting whose own settings have rules.
func structs(v reflect.Value, r rules) []reflect.Value {
	switch {
	case v.Kind() == reflect.Struct:
		return []reflect.Value{v}
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct && r.items != nil:
		all := make([]reflect.Value, v.Len())
		for i := range all {
			all[i] = v.Index(i)
		}
		return all
	default:
		return nil
	}
}

// violations are the first rule that a value does not meet, or else those that its items do not meet.
func (f Field) violations(v reflect.Value, r rules, path string) []Violation {
	for _, one := range r.own {
		if one.name == "omitempty" {
			if v.IsZero() {
				return nil
			}
			continue
		}
		if !f.meets(v, one) {
			return []Violation{{Path: path, Rule: one.name, Value: v}}
		}
	}
	if r.items == nil || v.Kind() != reflect.Slice {
		return nil
	}
	var all []Violation
	for i := range v.Len() {
		all = append(all, f.violations(v.Index(i), *r.items, fmt.Sprintf("%s[%d]", path, i))...)
	}
	return all
}

// meets reports whether a value meets a rule; one that this package does not know is met.
func (f Field) meets(v reflect.Value, r rule) bool {
	if text, ok := f.texts[r.name]; ok {
		return text.Valid == nil || text.Valid(v.String())
	}
	switch {
	case v.Kind() == reflect.Pointer: // package validator knows whether to follow it
		return true
	case r.name == "required":
		return !v.IsZero()
	case r.name == "options":
		return slices.Contains(f.options, v.String())
	case r.name == "oneof" && f.options != nil:
		return slices.Contains(f.options, v.String())
	case r.name == "oneof":
		return slices.Contains(words(r.arg), written(v))
	case r.name == "len":
		return compared(v, rule{"gte", r.arg}) && compared(v, rule{"lte", r.arg})
	default:
		return compared(v, r)
	}
}

// written is a text or a whole number as a rule has it.
func written(v reflect.Value) string {
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	default:
		return v.String()
	}
}

// compared reports whether a number, or how many characters or items there are, meets a rule about its size.
func compared(v reflect.Value, r rule) bool {
	bound, err := strconv.ParseFloat(r.arg, 64)
	n, sized := magnitude(v)
	counted := v.Kind() == reflect.String || v.Kind() == reflect.Slice
	if err != nil || !sized || counted && (r.name == "eq" || r.name == "ne") { // those compare texts, which package validator does
		return true
	}
	switch r.name {
	case "gte", "min":
		return n >= bound
	case "gt":
		return n > bound
	case "lte", "max":
		return n <= bound
	case "lt":
		return n < bound
	case "eq":
		return n == bound
	case "ne":
		return n != bound
	default:
		return true
	}
}

// magnitude is what rules about sizes compare.
func magnitude(v reflect.Value) (n float64, sized bool) {
	switch {
	case v.CanInt():
		return float64(v.Int()), true
	case v.CanUint():
		return float64(v.Uint()), true
	case v.CanFloat():
		return v.Float(), true
	case v.Kind() == reflect.String:
		return float64(utf8.RuneCountInString(v.String())), true
	case v.Kind() == reflect.Slice:
		return float64(v.Len()), true
	default:
		return 0, false
	}
}
