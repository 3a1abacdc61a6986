package config

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/registry"
)

// Params are a learner's parameters that differ from its defaults: a name and the JSON of a value
// each, canonical but for the numbers, which keep the type that was written (1.0 is not 1): only the
// learner knows whether it matters.
type Params map[string]json.RawMessage

// ParamSchema names the type; which parameters there are depends on the learner.
func (Params) ParamSchema() (string, map[string]any) {
	return "mapping of parameters to values", map[string]any{"type": "object"}
}

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

// canonical brings the numbers whose type does not matter to the learner to their shortest form.
func (p Params) canonical(info registry.Info) Params {
	if len(p) == 0 {
		return p
	}
	out := make(Params, len(p))
	for name, value := range p {
		out[name] = info.Canonical(name, value)
	}
	return out
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
	text, err := scalarOf(n).JSON()
	if err != nil {
		d.fail(path, err.Error(), "")
		return "", false
	}
	return text, true
}

func jsonString(s string) string {
	text, _ := json.Marshal(s) // a string is always fine
	return string(text)
}
