package penalty

import (
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
)

// Kind names a penalty, as scikit-learn does.
type Kind string

// The penalties.
const (
	None       Kind = "none"
	L2         Kind = "l2"
	L1         Kind = "l1"
	ElasticNet Kind = "elasticnet"
)

// Penalty is, summed over the penalised parameters w,
//
//	Alpha ( r |w| + (1-r) w^2 / 2 )
//
// where r is 0 for l2, 1 for l1 and L1Ratio for elasticnet (Zou, Hastie 2005).
// It is added to the mean loss of the rows, not to their sum.
//
// The squares are differentiable: a step counts them in by AddGradient. The
// absolute values are not where it matters, at 0: the step is followed by Prox
// (forward-backward splitting: Duchi, Singer 2009), which is what makes
// coefficients exactly 0.
type Penalty struct {
	Kind    Kind
	Alpha   float64 // >= 0
	L1Ratio float64 // in [0, 1]; of elasticnet only

	// Scale, if there is one, has a number for each feature by which its coefficients are divided before
	// they are penalised: those of standardised features, if the penalty is that on the scale of the data.
	Scale []float64
	// Implicit leaves the squares to Prox too, so that no strength makes a step of gradient descent
	// diverge (Parikh, Boyd, "Proximal Algorithms", 2014, section 6.5.3).
	Implicit bool
}

// Check refuses an unknown kind and strengths out of range.
func (p Penalty) Check() error {
	switch p.Kind {
	case None, L2, L1, ElasticNet:
	default:
		return &learner.ParamError{Param: "penalty", Reason: "want one of none, l2, l1, elasticnet, not " + string(p.Kind)}
	}
	if !numeric.IsFinite(p.Alpha) || p.Alpha < 0 {
		return &learner.ParamError{Param: "alpha", Reason: "it must be finite and >= 0"}
	}
	if !(p.L1Ratio >= 0 && p.L1Ratio <= 1) {
		return &learner.ParamError{Param: "l1_ratio", Reason: "it must be between 0 and 1"}
	}
	return nil
}

// strengths are the factors of |w| and of w^2 / 2.
func (p Penalty) strengths() (l1, l2 float64) {
	switch p.Kind {
	case L2:
		return 0, p.Alpha
	case L1:
		return p.Alpha, 0
	case ElasticNet:
		return p.Alpha * p.L1Ratio, p.Alpha * (1 - p.L1Ratio)
	default:
		return 0, 0
	}
}

// Value is the penalty of params, which blocks describe one after the other.
func (p Penalty) Value(params []float64, blocks []learner.Block) float64 {
	l1, l2 := p.strengths()
	if l1 == 0 && l2 == 0 {
		return 0
	}
	var sizes, squares float64
	penalised(blocks, func(from, to int) {
		for i, w := range params[from:to] {
			w *= p.factor(i)
			sizes += math.Abs(w)
			squares += w * w
		}
	})
	return l1*sizes + l2*squares/2
}

// factor is what the i-th parameter of a block is multiplied by before it is penalised.
func (p Penalty) factor(i int) float64 {
	if p.Scale == nil {
		return 1
	}
	return 1 / p.Scale[i%len(p.Scale)]
}

// AddGradient adds the gradient of the penalty's squares to grad, which is
// that of the mean loss; of an implicit one nothing.
func (p Penalty) AddGradient(params []float64, blocks []learner.Block, grad []float64) {
	_, l2 := p.strengths()
	if l2 == 0 || p.Implicit {
		return
	}
	penalised(blocks, func(from, to int) {
		g := grad[from:to]
		for i, w := range params[from:to] {
			f := p.factor(i)
			g[i] += l2 * f * f * w
		}
	})
}

// Prox moves params to where the penalty's absolute values take them after a
// step of the given learning rate: each penalised parameter comes closer to 0
// by rate times the strength of |w|, and stops there (soft thresholding). The
// squares of an implicit penalty then make it smaller by a factor.
func (p Penalty) Prox(params []float64, blocks []learner.Block, rate float64) {
	l1, l2 := p.strengths()
	if !p.Implicit {
		l2 = 0
	}
	if l1 == 0 && l2 == 0 {
		return
	}
	penalised(blocks, func(from, to int) {
		part := params[from:to]
		for i, w := range part {
			f := p.factor(i)
			by := rate * l1 * f
			switch {
			case w > by:
				w -= by
			case w < -by:
				w += by
			default:
				w = 0
			}
			if l2 > 0 {
				w /= 1 + rate*l2*f*f
			}
			part[i] = w
		}
	})
}

// Subgradient makes grad, which has had AddGradient, the smallest subgradient
// of loss and penalty: 0 at a minimum, even where absolute values are not
// differentiable.
func (p Penalty) Subgradient(params []float64, blocks []learner.Block, grad []float64) {
	l1, l2 := p.strengths()
	if !p.Implicit {
		l2 = 0
	}
	penalised(blocks, func(from, to int) {
		g := grad[from:to]
		for i, w := range params[from:to] {
			f := p.factor(i)
			g[i] += l2 * f * f * w
			switch {
			case w > 0:
				g[i] += l1 * f
			case w < 0:
				g[i] -= l1 * f
			default:
				g[i] = math.Copysign(max(math.Abs(g[i])-l1*f, 0), g[i])
			}
		}
	})
}

// penalised calls do with the place of each penalised block.
func penalised(blocks []learner.Block, do func(from, to int)) {
	from := 0
	for _, b := range blocks {
		to := from + b.Len()
		if b.Penalised {
			do(from, to)
		}
		from = to
	}
}
