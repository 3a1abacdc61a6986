package onnx

import (
	"fmt"
	"strings"
)

// graph is a GraphProto in the making: nodes in the order in which they compute, each with one output.
type graph struct {
	nodes, initializers, inputs, outputs []message
	taken                                map[string]bool // names of values
}

// value is the name of what an input, an initializer or a node gives.
type value string

// The domain of the operators for classical learners.
const ml = "ai.onnx.ml"

// name makes a name that is not taken.
func (g *graph) name(want string) value {
	name := want
	for n := 2; g.taken[name]; n++ {
		name = fmt.Sprintf("%s_%d", want, n)
	}
	g.taken[name] = true
	return value(name)
}

func (g *graph) input(name string, of elem, dims ...int64) value {
	v := g.name(name)
	g.inputs = append(g.inputs, valueInfo(string(v), of, dims))
	return v
}

// output declares that a value, which has the name, is an output.
func (g *graph) output(v value, of elem, dims ...int64) {
	g.outputs = append(g.outputs, valueInfo(string(v), of, dims))
}

// op adds a node of ai.onnx or, as ml/Name, of ai.onnx.ml, and returns what it gives.
func (g *graph) op(kind string, in []value, attributes ...attribute) value {
	return g.opAs(strings.ToLower(kind[strings.LastIndex(kind, "/")+1:]), kind, in, attributes...)
}

// opAs is op with a name for what it gives.
func (g *graph) opAs(name, kind string, in []value, attributes ...attribute) value {
	out := g.name(name)
	var n message
	for _, v := range in {
		n.text(1, string(v))
	}
	n.text(2, string(out))
	n.text(3, string(out))
	domain := ""
	if rest, is := strings.CutPrefix(kind, "ml/"); is {
		kind, domain = rest, ml
	}
	n.text(4, kind)
	for _, a := range attributes {
		n.message(5, message(a))
	}
	if domain != "" {
		n.text(7, domain)
	}
	g.nodes = append(g.nodes, n)
	return out
}

func (g *graph) doubles(name string, dims []int64, values []float64) value {
	v := g.name(name)
	g.initializers = append(g.initializers, doubles(string(v), dims, values))
	return v
}

// number is one float64, which goes with values of every shape.
func (g *graph) number(name string, v float64) value { return g.doubles(name, nil, []float64{v}) }

func (g *graph) integers(name string, values ...int64) value {
	v := g.name(name)
	g.initializers = append(g.initializers, integers(string(v), []int64{int64(len(values))}, values))
	return v
}

func (g *graph) texts(name string, values []string) value {
	v := g.name(name)
	g.initializers = append(g.initializers, texts(string(v), values))
	return v
}

func (g *graph) cast(v value, to elem) value {
	return g.op("Cast", []value{v}, intAttr("to", int64(to)))
}

func (g *graph) binary(kind string, a, b value) value { return g.op(kind, []value{a, b}) }

// join puts the columns of several values side by side.
func (g *graph) join(all []value) value {
	if len(all) == 1 {
		return all[0]
	}
	return g.op("Concat", all, intAttr("axis", 1))
}

// proto is the GraphProto.
func (g *graph) proto(name string) message {
	var m message
	for _, n := range g.nodes {
		m.message(1, n)
	}
	m.text(2, name)
	for _, i := range g.initializers {
		m.message(5, i)
	}
	for _, v := range g.inputs {
		m.message(11, v)
	}
	for _, v := range g.outputs {
		m.message(12, v)
	}
	return m
}
