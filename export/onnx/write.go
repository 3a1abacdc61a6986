package onnx

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
)

// Options say how a model is written.
type Options struct {
	// Prepared: the model takes the prepared features instead of the columns.
	Prepared bool
	// Float64: numbers that go in and come out are float64 instead of float32.
	Float64 bool
}

// The versions of what is written.
const (
	irVersion = 8
	opset     = 15
	mlOpset   = 3
)

// Write writes a model. The error is an *export.Error if the model cannot be expressed, else that of w.
func Write(w io.Writer, m *export.Model, o Options) error {
	if o.Prepared {
		m = m.OfFeatures()
	}
	parts, err := m.Parts()
	if err != nil {
		return err
	}
	b := builder{graph: graph{taken: map[string]bool{}}, model: m, outer: float32s}
	if o.Float64 {
		b.outer = float64s
	}
	for _, reserved := range []string{"value", "label", "probabilities"} { // names of outputs, which no column takes
		b.taken[reserved] = true
	}
	if err := b.answers(parts, b.features()); err != nil {
		return err
	}
	model, err := b.proto()
	if err != nil {
		return err
	}
	_, err = w.Write(model)
	return err
}

// builder makes the graph of one model.
type builder struct {
	graph
	model *export.Model
	outer elem // of numbers that go in and come out
}

// proto is the ModelProto.
func (b *builder) proto() (message, error) {
	name := b.model.Name
	if name == "" {
		name = "chimera"
	}
	var m message
	m.number(1, irVersion)
	m.text(2, "chimera")
	m.message(7, b.graph.proto(name))
	for _, o := range []struct {
		domain  string
		version int64
	}{{"", opset}, {ml, mlOpset}} {
		var set message
		set.text(1, o.domain)
		set.number(2, o.version)
		m.message(8, set)
	}
	notes := []struct {
		key   string
		value any
	}{{"columns", b.model.Columns()}, {"classes", b.model.Classes}}
	for _, n := range notes {
		data, err := json.Marshal(n.value)
		if err != nil {
			return nil, fmt.Errorf("note the %s: %w", n.key, err)
		}
		if string(data) != "null" {
			m.message(14, property(n.key, string(data)))
		}
	}
	if t := b.model.Threshold; t != 0 {
		m.message(14, property("threshold", strconv.FormatFloat(t, 'g', -1, 64)))
	}
	return m, nil
}

func property(key, v string) message {
	var p message
	p.text(1, key)
	p.text(2, v)
	return p
}

// result adds a node whose value is an output. Its name was kept for it.
func (b *builder) result(name, kind string, in []value, of elem, dims []int64, attributes ...attribute) {
	delete(b.taken, name)
	b.output(b.opAs(name, kind, in, attributes...), of, dims...)
}

// answers makes outputs of what the parts answer for the features.
func (b *builder) answers(parts []export.Part, features value) error {
	classes := int64(len(b.model.Classes))
	var all []value
	for _, p := range parts {
		v, err := b.part(p, features)
		if err != nil {
			return &export.Error{Member: p.Member, Reason: err.Error()}
		}
		if b.model.Combine == export.Vote {
			v = b.vote(v)
		}
		if len(parts) > 1 {
			v = b.binary("Mul", v, b.number("share", p.Share))
		}
		all = append(all, v)
	}
	combined := all[0]
	if len(all) > 1 {
		combined = b.op("Sum", all)
	}
	if classes == 0 {
		b.result("value", "Cast", []value{combined}, b.outer, []int64{0, 1}, intAttr("to", int64(b.outer)))
		return nil
	}
	b.label(combined)
	b.result("probabilities", "Cast", []value{combined}, b.outer, []int64{0, classes}, intAttr("to", int64(b.outer)))
	return nil
}

// vote is 1 for the most probable class, the first of equals, and 0 for the others.
func (b *builder) vote(proba value) value {
	return b.certain(b.op("ArgMax", []value{proba}, intAttr("axis", 1), intAttr("keepdims", 0)))
}

// label is the output of the class.
func (b *builder) label(proba value) {
	var class value
	if t := b.model.Threshold; t != 0 {
		second := b.op("Gather", []value{proba, b.integers("second", 1)}, intAttr("axis", 1))
		above := b.cast(b.binary("GreaterOrEqual", second, b.number("threshold", t)), int64s)
		class = b.op("Reshape", []value{above, b.integers("flat", -1)})
	} else {
		class = b.op("ArgMax", []value{proba}, intAttr("axis", 1), intAttr("keepdims", 0))
	}
	names := make([]string, len(b.model.Classes))
	for k, c := range b.model.Classes {
		names[k] = string(c)
	}
	if numbers, ok := wholeNumbers(b.model.Classes); ok {
		b.result("label", "Gather", []value{b.integers("classes", numbers...), class}, int64s, []int64{0})
		return
	}
	b.result("label", "Gather", []value{b.texts("classes", names), class}, stringsT, []int64{0})
}

// wholeNumbers are the classes as numbers, if all are whole ones that an int64 holds.
func wholeNumbers(classes []learner.Label) ([]int64, bool) {
	numbers := make([]int64, len(classes))
	for k, c := range classes {
		n, err := strconv.ParseInt(string(c), 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != string(c) {
			return nil, false
		}
		numbers[k] = n
	}
	return numbers, true
}
