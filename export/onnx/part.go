package onnx

import (
	"fmt"
	"math"

	"github.com/gochimera/chimera/export"
	"github.com/gochimera/chimera/learner"
)

// part is what one member answers: rows x 1 values of a regression, else rows x classes probabilities, of float64.
func (b *builder) part(p export.Part, features value) (value, error) {
	if p.Forest != nil {
		if err := thresholdsOnly(p.Forest); err != nil {
			return "", err
		}
		scores := b.cast(b.trees(p.Forest, features), float64s)
		return b.link(p.Forest.Link, scores)
	}
	v := features
	for _, l := range p.Network.Layers {
		var err error
		if v, err = b.layer(l, v); err != nil {
			return "", err
		}
	}
	return b.link(p.Network.Link, v)
}

// link makes answers of scores, rows x outputs.
func (b *builder) link(l learner.Link, scores value) (value, error) {
	classes := len(b.model.Classes)
	switch classes {
	case 0:
		return b.regression(l, scores)
	case 1: // it is certain
		return b.binary("Add", b.binary("Mul", scores, b.number("zero", 0)), b.number("one", 1)), nil
	}
	switch l {
	case learner.IdentityLink:
		return scores, nil
	case learner.SoftmaxLink:
		return b.op("Softmax", []value{scores}, intAttr("axis", 1)), nil
	case learner.LogisticLink:
		return b.shares(scores, func(v value) value { return b.op("Sigmoid", []value{v}) }), nil
	case learner.ClippedLink:
		return b.shares(scores, func(v value) value {
			clipped := b.op("Clip", []value{v, b.number("low", -1), b.number("high", 1)})
			return b.binary("Div", b.binary("Add", clipped, b.number("one", 1)), b.number("two", 2))
		}), nil
	case learner.MarginLink:
		var class value
		if classes == 2 {
			positive := b.cast(b.binary("Greater", scores, b.number("zero", 0)), int64s)
			class = b.op("Reshape", []value{positive, b.integers("flat", -1)})
		} else {
			class = b.op("ArgMax", []value{scores}, intAttr("axis", 1), intAttr("keepdims", 0))
		}
		return b.certain(class), nil
	case learner.ExpLink:
	}
	return "", fmt.Errorf("its link %q is none of a classification", l)
}

func (b *builder) regression(l learner.Link, scores value) (value, error) {
	switch l {
	case learner.IdentityLink:
		return scores, nil
	case learner.ExpLink:
		return b.op("Exp", []value{scores}), nil
	case learner.LogisticLink:
		return b.op("Sigmoid", []value{scores}), nil
	case learner.ClippedLink, learner.SoftmaxLink, learner.MarginLink:
	}
	return "", fmt.Errorf("its link %q is none of a regression", l)
}

// shares makes probabilities of a function of each score, as learner.Link says.
func (b *builder) shares(scores value, of func(value) value) value {
	classes := len(b.model.Classes)
	if classes == 2 {
		return b.join([]value{of(b.op("Neg", []value{scores})), of(scores)})
	}
	each := of(scores)
	sum := b.op("ReduceSum", []value{each, b.integers("axes", 1)}, intAttr("keepdims", 1))
	none := b.binary("Equal", sum, b.number("zero", 0))
	return b.op("Where", []value{none, b.number("alike", 1/float64(classes)), b.binary("Div", each, sum)})
}

// certain is 1 for each row's class, a vector, and 0 for the others.
func (b *builder) certain(class value) value {
	k := len(b.model.Classes)
	unit := make([]float64, k*k)
	for c := range k {
		unit[c*k+c] = 1
	}
	return b.op("Gather", []value{b.doubles("unit", []int64{int64(k), int64(k)}, unit), class})
}

// layer computes one layer of a network.
func (b *builder) layer(l learner.NetworkLayer, x value) (value, error) {
	in, out := int64(l.In), int64(l.Out)
	switch l.Kind {
	case learner.DenseLayer:
		product := b.binary("MatMul", x, b.doubles(l.Name+".coef", []int64{in, out}, l.Params[0]))
		return b.opAs(l.Name, "Add", []value{product, b.doubles(l.Name+".intercept", []int64{1, out}, l.Params[1])}), nil
	case learner.NormLayer:
		mean := func(v value) value {
			return b.op("ReduceMean", []value{v}, intsAttr("axes", []int64{1}), intAttr("keepdims", 1))
		}
		distance := b.binary("Sub", x, mean(x))
		variance := b.binary("Add", mean(b.binary("Mul", distance, distance)), b.number(l.Name+".epsilon", l.Params[2][0]))
		normal := b.binary("Div", distance, b.op("Sqrt", []value{variance}))
		scaled := b.binary("Mul", normal, b.doubles(l.Name+".gain", []int64{1, out}, l.Params[0]))
		return b.opAs(l.Name, "Add", []value{scaled, b.doubles(l.Name+".bias", []int64{1, out}, l.Params[1])}), nil
	case learner.ReLULayer:
		return b.opAs(l.Name, "Relu", []value{x}), nil
	case learner.TanhLayer:
		return b.opAs(l.Name, "Tanh", []value{x}), nil
	case learner.LogisticLayer:
		return b.opAs(l.Name, "Sigmoid", []value{x}), nil
	case learner.GELULayer: // runtimes have Erf for float32 only
		narrow := b.cast(b.binary("Div", x, b.number("root", math.Sqrt2)), float32s)
		erf := b.cast(b.op("Erf", []value{narrow}), float64s)
		normal := b.binary("Div", b.binary("Add", erf, b.number("one", 1)), b.number("two", 2))
		return b.opAs(l.Name, "Mul", []value{x, normal}), nil
	case learner.IdentityLayer:
		return x, nil
	}
	return "", fmt.Errorf("layer %s is of the kind %q, which ONNX has no operator for", l.Name, l.Kind)
}
