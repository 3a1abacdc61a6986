package config

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Params are a learner's parameters that differ from its defaults: a name and
// the canonical JSON of a value each.
type Params map[string]json.RawMessage

// JSON is the canonical JSON object: names sorted, no blanks.
func (p Params) JSON() string {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(p)) {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(jsonString(name) + ":")
		b.Write(p[name])
	}
	b.WriteByte('}')
	return b.String()
}

// decodeNode keeps each value as JSON, and where it and its items stand.
func (p *Params) decodeNode(d *decoder, path string, n ast.Node) {
	entries, ok := d.mapping(path, n, "a mapping of parameters to values")
	if !ok {
		return
	}
	*p = make(Params, len(entries))
	for _, e := range entries {
		d.keys[join(path, e.name)] = e.at
		if text, ok := d.json(join(path, e.name), e.value); ok && text != "null" { // null is as if it were not given
			(*p)[e.name] = json.RawMessage(text)
		}
	}
}

// json is a node as canonical JSON.
func (d *decoder) json(path string, n ast.Node) (string, bool) {
	n, ok := d.resolve(path, n)
	if !ok {
		return "", false
	}
	d.places[path] = d.placeOf(n)
	switch v := n.(type) {
	case *ast.SequenceNode:
		items := make([]string, len(v.Values))
		for i, item := range v.Values {
			text, good := d.json(index(path, i), item)
			items[i], ok = text, ok && good
		}
		return "[" + strings.Join(items, ",") + "]", ok
	case *ast.MappingNode, *ast.MappingValueNode:
		entries, ok := d.mapping(path, n, "")
		object := make(Params, len(entries))
		for _, e := range entries {
			text, good := d.json(join(path, e.name), e.value)
			object[e.name], ok = json.RawMessage(text), ok && good
		}
		return object.JSON(), ok
	}
	text, err := scalarOf(n).json()
	if err != nil {
		d.fail(path, err.Error(), "")
		return "", false
	}
	return text, true
}

// json is a scalar as canonical JSON: 5.0 is 5, 1e-4 is 0.0001.
func (s scalar) json() (string, error) {
	switch s.kind {
	case nullScalar:
		return "null", nil
	case boolScalar:
		return strings.ToLower(s.text), nil
	case intScalar:
		v, ok := new(big.Int).SetString(s.text, 0)
		if ok && (v.IsInt64() || v.IsUint64()) {
			return v.String(), nil
		}
		return "", errors.New("the number " + clip(s.text) + " is out of range")
	case floatScalar:
		v, err := strconv.ParseFloat(s.text, 64)
		if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
			return "", errors.New("want a finite number, got " + clip(s.text))
		}
		text, err := json.Marshal(v)
		return string(text), err
	default:
		return jsonString(s.text), nil
	}
}

func jsonString(s string) string {
	text, _ := json.Marshal(s) // a string is always fine
	return string(text)
}
