package moments

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/gochimera/chimera/learner"
)

// The blocks of a linear model's parameters, by which Fold and Unfold know
// them: outputs x features coefficients and, if there are any, one intercept
// per output.
const (
	CoefBlock      = "coef"
	InterceptBlock = "intercept"
)

// Fold takes the parameters of a linear model from the standard scale to that
// of the data: the model with the folded parameters answers for x as the one
// with params does for the standardised x. It returns new parameters, in the
// same blocks.
//
// It refuses blocks that are not a linear model's. A model without intercept
// can take up scales but no means (see ScaleOnly).
func (s Scaling) Fold(params []float64, blocks []learner.Block) ([]float64, error) {
	return s.refold(params, blocks, func(coef []float64) (shift float64) {
		floats.Div(coef, s.Scale)
		return -floats.Dot(coef, s.Mean)
	})
}

// Unfold is the inverse of Fold.
func (s Scaling) Unfold(params []float64, blocks []learner.Block) ([]float64, error) {
	return s.refold(params, blocks, func(coef []float64) (shift float64) {
		shift = floats.Dot(coef, s.Mean)
		floats.Mul(coef, s.Scale)
		return shift
	})
}

// refold changes each output's coefficients by change, which says how much its
// intercept shifts.
func (s Scaling) refold(params []float64, blocks []learner.Block, change func(coef []float64) float64) ([]float64, error) {
	total := 0
	for _, b := range blocks {
		total += b.Len()
	}
	if total != len(params) {
		return nil, fmt.Errorf("%d parameters given, the blocks have %d", len(params), total)
	}
	out := slices.Clone(params)
	var coef, intercept []float64
	for rest, i := out, 0; i < len(blocks); i++ {
		part := rest[:blocks[i].Len()]
		rest = rest[len(part):]
		switch blocks[i].Name {
		case CoefBlock:
			coef = part
		case InterceptBlock:
			intercept = part
		default:
			return nil, fmt.Errorf("block %q is no part of a linear model, so the scale of X cannot be folded into it", blocks[i].Name)
		}
	}
	features := len(s.Scale)
	outputs := 0
	if features > 0 {
		outputs = len(coef) / features
	}
	switch {
	case outputs == 0 || len(coef) != outputs*features:
		return nil, fmt.Errorf("%d coefficients for a scaling of %d features", len(coef), features)
	case intercept != nil && len(intercept) != outputs:
		return nil, fmt.Errorf("%d intercepts for %d outputs", len(intercept), outputs)
	case intercept == nil && slices.ContainsFunc(s.Mean, func(m float64) bool { return m != 0 }):
		return nil, errors.New("a model without intercept cannot take up the means of the features: use ScaleOnly")
	}
	for o := range outputs {
		shift := change(coef[o*features : (o+1)*features])
		if intercept != nil {
			intercept[o] += shift
		}
	}
	return out, nil
}
