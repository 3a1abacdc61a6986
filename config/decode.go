package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/internal/suggest"
)

// place is where a setting was given: in a file, or by a variable or a flag
// (then line is 0).
type place struct {
	file         string
	line, column int
}

// places maps a field's path to where it was given.
type places map[string]place

// nearest is the place of a path, or of what it is a part of.
func (p places) nearest(path string) place {
	for {
		if at, ok := p[path]; ok || path == "" {
			return at
		}
		path = parent(path)
	}
}

// parent is the path of what a path is a part of; "" has none.
func parent(path string) string { return path[:max(strings.LastIndexAny(path, ".["), 0)] }

// decoder writes YAML nodes into structs and collects everything that is wrong.
type decoder struct {
	source string // the file, variable or flag that is being read
	isFile bool
	places places
	keys   places // where the names of what is in params stand
	errs   Errors
	bad    map[string]bool // paths of what could not be read, whose limits are not checked
}

// nodeDecoder is a setting with more than one shape.
type nodeDecoder interface {
	decodeNode(d *decoder, path string, n ast.Node)
}

func (d *decoder) placeOf(n ast.Node) place {
	if !d.isFile {
		return place{file: d.source}
	}
	at := position(n)
	return place{d.source, at.Line, at.Column}
}

// add reports a problem at a place.
func (d *decoder) add(at place, path, problem, hint string) {
	d.errs = append(d.errs, &Error{File: at.file, Line: at.line, Column: at.column, Field: path, Problem: problem, Hint: hint})
}

// fail reports that what was given for path cannot be used.
func (d *decoder) fail(path, problem, hint string) {
	d.bad[path] = true
	d.add(d.places.nearest(path), path, problem, hint)
}

// unusable reports whether path, or what it is a part of, could not be read.
func (d *decoder) unusable(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.bad[path] {
			return true
		}
	}
	return false
}

// value decodes a node into v; want says what is allowed, for the error.
func (d *decoder) value(path string, n ast.Node, v reflect.Value, want string) {
	n, ok := d.resolve(path, n)
	if !ok {
		return
	}
	if _, ok := n.(*ast.NullNode); ok {
		return // as if it were not given
	}
	d.places[path] = d.placeOf(n)
	if own, ok := v.Addr().Interface().(nodeDecoder); ok {
		own.decodeNode(d, path, n)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(path, n, v)
	case reflect.Slice:
		d.list(path, n, v, want)
	default:
		d.scalar(path, n, v, want)
	}
}

func (d *decoder) scalar(path string, n ast.Node, v reflect.Value, want string) {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode:
		d.fail(path, "want "+want+", got "+describe(n), "")
		return
	}
	if problem, advice := setScalar(v, scalarOf(n), want); problem != "" {
		d.fail(path, problem, advice)
	}
}

// resolve refuses the YAML that a configuration does without. Aliases would
// let a value stand where it was not written, and grow without bound.
func (d *decoder) resolve(path string, n ast.Node) (ast.Node, bool) {
	var what string
	switch n.(type) {
	case *ast.AnchorNode:
		what = "an anchor (&)"
	case *ast.AliasNode:
		what = "an alias (*)"
	case *ast.TagNode:
		what = "a tag (!)"
	case *ast.MappingNode, *ast.MappingValueNode, *ast.SequenceNode, *ast.NullNode, *ast.BoolNode, *ast.IntegerNode,
		*ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.StringNode, *ast.LiteralNode:
		return n, true
	default:
		what = "this kind of YAML"
	}
	d.places[path] = d.placeOf(n)
	d.fail(path, what+" is not supported here", "write the value out; what workers share belongs to the top level")
	return nil, false
}

// entry is one key of a mapping.
type entry struct {
	name  string
	at    place // of the name
	value ast.Node
}

// mapping lists the entries of a mapping node, without the repeated ones,
// which it reports.
func (d *decoder) mapping(path string, n ast.Node, want string) ([]entry, bool) {
	var nodes []*ast.MappingValueNode
	switch v := n.(type) {
	case *ast.MappingNode:
		nodes = v.Values
	case *ast.MappingValueNode:
		nodes = []*ast.MappingValueNode{v}
	default:
		d.fail(path, "want "+want+", got "+describe(n), "")
		return nil, false
	}
	lines := map[string]place{}
	entries := make([]entry, 0, len(nodes))
	for _, node := range nodes {
		at := d.placeOf(node.Key)
		var name string
		switch key := node.Key.(type) {
		case *ast.StringNode:
			name = key.Value
		case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
			name = key.GetToken().Value
		default:
			d.add(at, path, "this kind of key is not supported here", "a key is plain text")
			continue
		}
		if first, ok := lines[name]; ok {
			d.add(at, join(path, name), "given twice", fmt.Sprintf("the first is on line %d", first.line))
			continue
		}
		lines[name] = at
		entries = append(entries, entry{name, at, node.Value})
	}
	return entries, true
}

// structure decodes a mapping into the fields that its keys name.
func (d *decoder) structure(path string, n ast.Node, v reflect.Value) {
	entries, ok := d.mapping(path, n, "a mapping of settings")
	if !ok {
		return
	}
	fields := settings(v.Type())
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	for _, e := range entries {
		sub, i := join(path, e.name), slices.Index(names, e.name)
		if i < 0 {
			d.add(e.at, sub, "unknown setting", hint(suggest.Hint(e.name, names)))
			continue
		}
		d.value(sub, e.value, v.Field(fields[i].index), fields[i].want())
	}
}

func (d *decoder) list(path string, n ast.Node, v reflect.Value, want string) {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		d.fail(path, "want "+want+", got "+describe(n), "")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(list.Values), len(list.Values)))
	for i, item := range list.Values {
		if _, null := item.(*ast.NullNode); null {
			d.places[index(path, i)] = d.placeOf(item)
			d.fail(index(path, i), "an empty entry", "")
			continue
		}
		d.value(index(path, i), item, v.Index(i), kindName(v.Type().Elem()))
	}
}

// setScalar writes s into v, or says why it cannot.
func setScalar(v reflect.Value, s scalar, want string) (problem, advice string) {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(s.text)); err != nil {
			return err.Error(), ""
		}
		return "", ""
	}
	err := errKind
	switch {
	case v.Kind() == reflect.String && s.kind == textScalar:
		v.SetString(s.text)
		err = nil
	case v.Kind() == reflect.Bool && s.kind == boolScalar:
		v.SetBool(strings.EqualFold(s.text, "true"))
		err = nil
	case v.CanInt() && s.kind == intScalar:
		var n int64
		n, err = strconv.ParseInt(s.text, 0, v.Type().Bits())
		v.SetInt(n)
	case v.CanUint() && s.kind == intScalar:
		var n uint64
		n, err = strconv.ParseUint(s.text, 0, v.Type().Bits())
		v.SetUint(n)
	case v.CanFloat() && (s.kind == intScalar || s.kind == floatScalar):
		var f float64
		if f, err = strconv.ParseFloat(s.text, 64); err == nil && math.IsInf(f, 0) {
			err = errKind
		}
		v.SetFloat(f)
	}
	switch {
	case err == nil:
		return "", ""
	case errors.Is(err, strconv.ErrRange):
		advice = "the number is out of range"
	case v.Kind() == reflect.String && !strings.HasPrefix(want, "one of "):
		advice = "put it in quotes if it is meant as text"
	}
	got := clip(s.text)
	if s.kind == textScalar {
		got = quote(s.text)
	}
	return "want " + want + ", got " + got, advice
}

// errKind is about a value of another kind than the field.
var errKind = errors.New("another kind of value")

// hint turns what suggest.Hint returns into a clause of its own.
func hint(clause string) string { return strings.TrimPrefix(clause, "; ") }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
