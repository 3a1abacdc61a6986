package linear

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("linear-svc", registry.Entry[LinearSVCParams, *LinearSVC]{
		Task: learner.Classification, Summary: "Linear support vector machine, one class against the rest.",
		Reference: "Cortes and Vapnik 1995; dual coordinate descent of Hsieh et al. 2008 and interior point of Ferris and Munson 2002 (hinge), " +
			"L-BFGS of Nocedal 1980 (squared hinge)", New: NewLinearSVC,
	})
}

// LinearSVCParams are the parameters of linear-svc.
type LinearSVCParams struct {
	Loss         string  `json:"loss" default:"squared_hinge" validate:"oneof=squared_hinge hinge"`
	C            float64 `json:"C" default:"1" validate:"gt=0"`
	ClassWeight  string  `json:"class_weight" default:"none" validate:"oneof=none balanced"`
	FitIntercept bool    `json:"fit_intercept" default:"true"`
	MaxIter      int     `json:"max_iter" default:"1000" validate:"gte=1"`
	Tol          float64 `json:"tol" default:"0.0001" validate:"gte=0"`
}

// LinearSVC minimises, for each class against the rest, or once for two
// classes,
//
//	(sum of coef^2 + intercept^2) / 2 + C * sum of weight * loss
//
// where the loss is max(0, 1 - y score) or its square, with y 1 for the class
// and -1 for the rest. That the intercept is penalised is the custom of
// LIBLINEAR and scikit-learn.
type LinearSVC struct {
	Discriminant
	params LinearSVCParams
	env    learner.Env
}

// NewLinearSVC makes an unfitted model.
func NewLinearSVC(p LinearSVCParams, env learner.Env) (*LinearSVC, error) {
	return &LinearSVC{Discriminant: Discriminant{kind: "linear.linear-svc", hasIntercept: p.FitIntercept}, params: p, env: env}, nil
}

const svcAdvice = "raise max_iter, lower C, or scale the features"

// Fit finds the minimum to the tolerance asked for. It logs a warning if
// max_iter iterations did not get there; the model is then what they reached.
func (m *LinearSVC) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	v, err := newVote(ctx, train, m.params.ClassWeight == "balanced")
	if err != nil {
		return err
	}
	if v.only >= 0 {
		m.become(v.certain(), learner.Ended(true, 0, ""))
		return nil
	}
	var f functions
	var o outcome
	if m.params.Loss == "hinge" {
		f, o, err = m.fitHinge(ctx, train, v)
	} else {
		f, o, err = m.fitSquaredHinge(ctx, train, v)
	}
	if err != nil {
		return err
	}
	if o.slope > m.params.Tol && m.env.Log != nil {
		m.env.Log.WarnContext(ctx, "the support vector machine did not converge",
			"advice", svcAdvice, "iterations", o.iterations, "derivative", o.slope, "wanted", m.params.Tol)
	}
	m.become(v.spread(f), learner.Ended(o.slope <= m.params.Tol, o.iterations, svcAdvice))
	return nil
}

// fitSquaredHinge minimises all classes' functions at once: their sum is least
// where each is.
func (m *LinearSVC) fitSquaredHinge(ctx context.Context, train learner.Dataset, v vote) (functions, outcome, error) {
	procs := max(m.env.Procs, 1)
	s, err := newStandardised(ctx, train, m.hasIntercept, 1/m.params.C, procs)
	if err != nil {
		return functions{}, outcome{}, err
	}
	loss := summed{data: train, loss: squaredHinge, class: v.index, factor: v.factor, outputs: v.outputs(), procs: procs}
	return s.minimise(ctx, loss, penalty{l2: 1 / (m.params.C * s.weight), intercept: true}, m.params.Tol, m.params.MaxIter)
}

// squaredHinge is max(0, 1 - y score)^2, summed over the outputs.
func squaredHinge(scores, y, weights []float64) float64 {
	var loss float64
	for o := range len(scores) / panelRows {
		for i, class := range y {
			side, w := side(class, o, len(scores)/panelRows), weightOf(weights, i)
			at := o*panelRows + i
			margin := max(1-side*scores[at], 0)
			loss += w * margin * margin
			scores[at] = -2 * w * side * margin
		}
	}
	return loss
}

// side is 1 for rows of the class that the output is for, else -1. The only
// output of two classes is for the second.
func side(class float64, output, outputs int) float64 {
	if outputs == 1 {
		output = 1
	}
	if int(class) == output {
		return 1
	}
	return -1
}

// fitHinge solves one dual problem after the other.
func (m *LinearSVC) fitHinge(ctx context.Context, train learner.Dataset, v vote) (functions, outcome, error) {
	_, features := train.X.Dims()
	f := functions{features: features, coef: make([]float64, v.outputs()*features), intercept: make([]float64, v.outputs())}
	var rows []int
	bound := make([]float64, train.Len()) // of each row's dual variable
	for i := range bound {
		bound[i] = m.params.C * train.Weight(i)
		if v.factor != nil {
			bound[i] *= v.factor[int(train.Y[i])]
		}
		if bound[i] > 0 {
			rows = append(rows, i)
		}
	}
	y := make([]float64, train.Len())
	var worst outcome
	for o := range f.intercept {
		for i := range y {
			y[i] = side(v.index[int(train.Y[i])], o, v.outputs())
		}
		rng := learner.NewRand(learner.Seed(m.env.Seed, "linear-svc", string(train.Classes[o])))
		dual := hingeDual{x: train.X, y: y, bound: bound, rows: rows, intercept: m.hasIntercept, order: rng.Shuffle, procs: max(m.env.Procs, 1)}
		coef, intercept, result, err := dual.solve(ctx, m.params.Tol, m.params.MaxIter)
		if err != nil {
			return functions{}, outcome{}, err
		}
		copy(f.coef[o*features:], coef)
		f.intercept[o] = intercept
		worst.iterations, worst.slope = max(worst.iterations, result.iterations), math.Max(worst.slope, result.slope)
	}
	return f, worst, nil
}

var (
	_ learner.Estimator     = (*LinearSVC)(nil)
	_ learner.Coefficienter = (*LinearSVC)(nil)
	_ learner.Snapshotter   = (*LinearSVC)(nil)
	_ learner.Convergent    = (*LinearSVC)(nil)
)
