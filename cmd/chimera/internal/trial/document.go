package trial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gochimera/chimera/internal/cell"
)

// Document is the text of a chimera.yaml whose settings can be changed. Comments stay with the settings
// that they are about, and settings stay in their order.
type Document struct {
	root     yaml.MapSlice
	comments yaml.CommentMap
}

// ParseDocument reads the text of a chimera.yaml, which package config has accepted.
func ParseDocument(text []byte) (*Document, error) {
	d := &Document{comments: yaml.CommentMap{}}
	if err := yaml.UnmarshalWithOptions(text, &d.root, yaml.UseOrderedMap(), yaml.CommentToMap(d.comments)); err != nil {
		return nil, fmt.Errorf("reading chimera.yaml as YAML: %w", err)
	}
	return d, nil
}

// ParseValue reads one value as chimera.yaml would have it: "3", "[10, 20]", "gini".
func ParseValue(text string) (any, error) {
	var v any
	if err := yaml.UnmarshalWithOptions([]byte(text), &v, yaml.UseOrderedMap()); err != nil {
		return nil, fmt.Errorf("%q is no YAML value", text)
	}
	return v, nil
}

// Clone is a copy that can be changed by itself.
func (d *Document) Clone() *Document {
	return &Document{root: copyOf(d.root).(yaml.MapSlice), comments: d.comments}
}

func copyOf(v any) any {
	switch v := v.(type) {
	case yaml.MapSlice:
		out := make(yaml.MapSlice, len(v))
		for i, item := range v {
			out[i] = yaml.MapItem{Key: item.Key, Value: copyOf(item.Value)}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = copyOf(item)
		}
		return out
	default:
		return v
	}
}

// Set sets what a path names, such as "params.alpha". Sections that are missing, or that are no mapping,
// become mappings.
func (d *Document) Set(path string, value any) {
	d.root = set(d.root, strings.Split(path, "."), value)
}

func set(in yaml.MapSlice, path []string, value any) yaml.MapSlice {
	i := slices.IndexFunc(in, func(item yaml.MapItem) bool { return item.Key == path[0] })
	if i < 0 {
		in, i = append(in, yaml.MapItem{Key: path[0]}), len(in)
	}
	if len(path) > 1 {
		below, _ := in[i].Value.(yaml.MapSlice)
		value = set(below, path[1:], value)
	}
	in[i].Value = value
	return in
}

// Remove removes a setting of the top level.
func (d *Document) Remove(name string) { d.root = without(d.root, name) }

func without(in yaml.MapSlice, names ...string) yaml.MapSlice {
	return slices.DeleteFunc(in, func(item yaml.MapItem) bool {
		name, _ := item.Key.(string)
		return slices.Contains(names, name)
	})
}

// withoutColumn removes what is said of a column that rows do not have in a trial. Its name is trimmed and in lower case.
func (d *Document) withoutColumn(column string) {
	how, ok := d.Get("prepare").(yaml.MapSlice)
	if !ok || column == "" {
		return
	}
	is := func(v any) bool { return cell.Name(fmt.Sprint(v)) == column }
	if dropped, ok := get(how, []string{"drop"}).([]any); ok {
		d.Set("prepare.drop", slices.DeleteFunc(dropped, is))
	}
	if columns, ok := get(how, []string{"columns"}).(yaml.MapSlice); ok {
		d.Set("prepare.columns", slices.DeleteFunc(columns, func(item yaml.MapItem) bool { return is(item.Key) }))
	}
}

// Get is what a path names, or nil.
func (d *Document) Get(path string) any { return get(d.root, strings.Split(path, ".")) }

func get(in yaml.MapSlice, path []string) any {
	for _, item := range in {
		if item.Key != path[0] {
			continue
		}
		if len(path) == 1 {
			return item.Value
		}
		below, _ := item.Value.(yaml.MapSlice)
		return get(below, path[1:])
	}
	return nil
}

// SetParam sets a parameter of the learners that have it: of the default learner, and of the workers that
// name a learner or this parameter themselves. It is false if there is none. has says which learners have it.
func (d *Document) SetParam(name string, value any, has func(learner string) bool) bool {
	found := false
	usual, _ := d.Get("learner").(string)
	if usual != "" && has(usual) {
		d.Set("params."+name, value)
		found = true
	}
	workers, _ := d.Get("workers").([]any)
	for i, w := range workers {
		worker, ok := w.(yaml.MapSlice)
		if !ok {
			continue
		}
		own, _ := get(worker, []string{"learner"}).(string)
		switch {
		case own != "" && has(own), own == "" && found && get(worker, []string{"params", name}) != nil:
			workers[i] = set(worker, []string{"params", name}, value)
			found = true
		}
	}
	return found
}

// Text is the document as YAML.
func (d *Document) Text() ([]byte, error) {
	text, err := yaml.MarshalWithOptions(d.root, yaml.WithComment(d.comments), yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("writing chimera.yaml: %w", err)
	}
	return text, nil
}
