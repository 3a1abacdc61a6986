package setting

import (
	"fmt"
	"reflect"
	"strings"
)

// Schemer is implemented by a type that takes more than one kind of value, such
// as a count or a word. It reads itself (UnmarshalJSON or UnmarshalText), and
// refuses there what it cannot use.
type Schemer interface {
	// ParamSchema names the type in words and gives its JSON Schema.
	ParamSchema() (typ string, schema map[string]any)
}

func schemer(t reflect.Type) (Schemer, bool) {
	s, ok := reflect.New(t).Interface().(Schemer)
	return s, ok
}

// TypeName describes the values of a type in words.
func TypeName(t reflect.Type) string {
	if s, ok := schemer(t); ok {
		name, _ := s.ParamSchema()
		return name
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "whole number >= 0"
	case reflect.Float32, reflect.Float64:
		return "number"
	case reflect.Slice:
		return "list of " + TypeName(t.Elem())
	case reflect.Struct:
		return "mapping of settings"
	case reflect.Map:
		return "mapping of names to settings"
	case reflect.Pointer:
		return TypeName(t.Elem())
	default:
		return "text"
	}
}

// Want is TypeName with its article.
func Want(t reflect.Type) string {
	switch name := TypeName(t); name {
	case "text", "true or false":
		return name
	default:
		return Article(name)
	}
}

// Article puts a or an before a noun.
func Article(noun string) string {
	if noun != "" && strings.ContainsRune("aeio", rune(noun[0])) {
		return "an " + noun
	}
	return "a " + noun
}

// JSONType is what a type is called in JSON (integer, number, boolean, string,
// "array of" one of those), and its schema. Other types are an error.
func JSONType(t reflect.Type) (string, map[string]any, error) {
	if s, ok := schemer(t); ok {
		name, schema := s.ParamSchema()
		return name, schema, nil
	}
	var name string
	switch t.Kind() {
	case reflect.Bool:
		name = "boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		name = "integer"
	case reflect.Float32, reflect.Float64:
		name = "number"
	case reflect.String:
		name = "string"
	case reflect.Slice:
		item, items, err := JSONType(t.Elem())
		return "array of " + item, map[string]any{"type": "array", "items": items}, err
	case reflect.Pointer:
		return JSONType(t.Elem())
	default:
		return "", nil, fmt.Errorf("it cannot be a %s", t)
	}
	schema := map[string]any{"type": name}
	if name == "integer" && t.Bits() < 64 || t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64 {
		schema["format"] = fmt.Sprintf("%s%d", strings.TrimRight(t.Kind().String(), "0123456789"), t.Bits()) // such as uint8
	}
	return name, schema, nil
}
