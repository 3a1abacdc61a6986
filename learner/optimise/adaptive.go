package optimise

import (
	"math"

	"github.com/gochimera/chimera/internal/kernel"
)

// AdaGrad divides each step by the root of the sum of squares so far:
// s += g^2; p -= lr g / (sqrt(s) + Epsilon) (Duchi, Hazan, Singer, "Adaptive
// Subgradient Methods for Online Learning and Stochastic Optimization", 2011).
type AdaGrad struct {
	Epsilon float64
	memory
}

// Step takes one step.
func (o *AdaGrad) Step(params, grad []float64, lr float64) {
	o.begin(1, params, grad)
	sum := o.vectors[0]
	for i, g := range grad {
		s := sum[i] + g*g
		sum[i] = s
		params[i] -= lr * g / (math.Sqrt(s) + o.Epsilon)
	}
}

// State returns the sums of squares.
func (o *AdaGrad) State() State { return o.state(NameAdaGrad) }

// Restore is the inverse of State.
func (o *AdaGrad) Restore(s State) error { return o.restore(NameAdaGrad, 1, s) }

// Adam follows the running mean of the gradient, in units of its running root
// mean square, both corrected for having begun at 0 (Kingma and Ba, "Adam: A
// Method for Stochastic Optimization", 2015, algorithm 1):
//
//	m = Beta1 m + (1-Beta1) g            v = Beta2 v + (1-Beta2) g^2
//	p -= lr m/(1-Beta1^t) / (sqrt(v/(1-Beta2^t)) + Epsilon)
type Adam struct {
	Beta1, Beta2, Epsilon float64
	memory
}

// Step takes one step.
func (o *Adam) Step(params, grad []float64, lr float64) { o.step(params, grad, lr, 0) }

// step is Adam's, with each parameter first shrunk by shrink times itself.
func (o *Adam) step(params, grad []float64, lr, shrink float64) {
	o.begin(2, params, grad)
	t := float64(o.steps)
	kernel.Adam{
		Beta1: o.Beta1, Beta2: o.Beta2, Epsilon: o.Epsilon,
		Rate: lr / (1 - math.Pow(o.Beta1, t)), Unbias: 1 / math.Sqrt(1-math.Pow(o.Beta2, t)), Shrink: shrink,
	}.Step(params, grad, o.vectors[0], o.vectors[1])
}

// State returns the two moments.
func (o *Adam) State() State { return o.state(NameAdam) }

// Restore is the inverse of State.
func (o *Adam) Restore(s State) error { return o.restore(NameAdam, 2, s) }

// AdamW is Adam with the decay of weights apart from the gradient:
// p -= lr WeightDecay p, then as Adam (Loshchilov and Hutter, "Decoupled Weight
// Decay Regularization", 2019, algorithm 2, its schedule and step size in one as lr). It
// decays all parameters it is given: intercepts want an optimiser of their own.
type AdamW struct {
	Adam
	WeightDecay float64
}

// Step takes one step.
func (o *AdamW) Step(params, grad []float64, lr float64) {
	o.step(params, grad, lr, lr*o.WeightDecay)
}

// State returns the two moments.
func (o *AdamW) State() State { return o.state(NameAdamW) }

// Restore is the inverse of State.
func (o *AdamW) Restore(s State) error { return o.restore(NameAdamW, 2, s) }

var (
	_ Optimiser = (*AdaGrad)(nil)
	_ Optimiser = (*Adam)(nil)
	_ Optimiser = (*AdamW)(nil)
)
