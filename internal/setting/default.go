package setting

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
)

// SetDefault writes the field's default into the struct v; without one it leaves
// v alone. A default that cannot be read is a mistake in the struct's tags.
func (f Field) SetDefault(v reflect.Value) error {
	if !f.HasDefault {
		return nil
	}
	if err := f.readDefault(v.FieldByIndex(f.Index)); err != nil {
		return fmt.Errorf("%s: default %q: %w", f.Name, f.Default, err)
	}
	return nil
}

// readDefault reads the tag: text as it is, everything else as JSON.
func (f Field) readDefault(v reflect.Value) error {
	_, own := v.Addr().Interface().(json.Unmarshaler)
	u, isText := v.Addr().Interface().(encoding.TextUnmarshaler)
	switch {
	case own:
	case isText:
		return u.UnmarshalText([]byte(f.Default))
	case v.Kind() == reflect.String:
		v.SetString(f.Default)
		return nil
	}
	return json.Unmarshal([]byte(f.Default), v.Addr().Interface())
}

// DefaultJSON is the default as JSON; without a tag it is the zero value.
func (f Field) DefaultJSON() (json.RawMessage, error) {
	v := reflect.New(f.Type)
	switch _, own := v.Interface().(json.Unmarshaler); {
	case !f.HasDefault && f.Type.Kind() == reflect.Slice && !own:
		return json.RawMessage("[]"), nil
	case f.HasDefault:
		if err := f.readDefault(v.Elem()); err != nil {
			return nil, fmt.Errorf("%s: default %q: %w", f.Name, f.Default, err)
		}
	}
	if _, isText := v.Interface().(encoding.TextUnmarshaler); isText && !f.hasMarshaler(v) {
		text, err := For(f.Type, f.Default).JSON()
		return json.RawMessage(text), err
	}
	return json.Marshal(v.Interface())
}

// hasMarshaler reports whether a value writes itself.
func (f Field) hasMarshaler(v reflect.Value) bool {
	_, asJSON := v.Interface().(json.Marshaler)
	_, asText := v.Interface().(encoding.TextMarshaler)
	return asJSON || asText
}
