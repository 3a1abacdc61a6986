package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/gochimera/chimera/internal/setting"
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
	notes  []string
	bad    map[string]bool // paths of what could not be read, whose limits are not checked

	known map[reflect.Type][]field
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
	case reflect.Map:
		d.columns(path, n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.scalar(path, n, v.Elem(), want)
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
	if problem, advice := asText(path, scalarOf(n)).Set(v, want); problem != "" {
		d.fail(path, problem, advice)
	}
}

// resolve refuses the parts of YAML that a configuration does not need. Aliases
// would put a value where it was not written, and could grow without bound.
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
	list := d.fields(v.Type())
	names := make([]string, len(list))
	for i, f := range list {
		names[i] = f.Name
	}
	for _, e := range entries {
		f, old, ok := find(list, e.name)
		switch {
		case !ok:
			d.add(e.at, join(path, e.name), "unknown setting", hint(suggest.Hint(e.name, names)))
			continue
		case old && slices.ContainsFunc(entries, func(other entry) bool { return other.name == f.Name }):
			d.add(e.at, join(path, e.name), "this is the old name of "+f.Name+", which is given too", "remove it")
			continue
		case old:
			d.noteOld(e.at, join(path, e.name), f)
		}
		d.value(join(path, f.Name), e.value, f.in(v), f.want())
	}
}

// fields lists the settings of a section.
func (d *decoder) fields(t reflect.Type) []field {
	list, ok := d.known[t]
	if !ok {
		list = fields(t)
		d.known[t] = list
	}
	return list
}

// noteOld notes that a setting was given by its old name.
func (d *decoder) noteOld(at place, path string, f field) {
	source := at.file
	if at.line > 0 {
		source = fmt.Sprintf("%s:%d:%d", at.file, at.line, at.column)
	}
	note := fmt.Sprintf("%s: %s is now called %s; the old name still works", source, path, f.Name)
	if !slices.Contains(d.notes, note) {
		d.notes = append(d.notes, note)
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
		d.value(index(path, i), item, v.Index(i), setting.Want(v.Type().Elem()))
	}
}

// hint turns what suggest.Hint returns into a clause of its own.
func hint(clause string) string { return strings.TrimPrefix(clause, "; ") }

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func index(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
