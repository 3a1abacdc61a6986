package setting

import "reflect"

// Of are the violations of a value of the field.
func (f Field) Of(v reflect.Value) []Violation { return f.violations(v, f.rules, f.Name) }
