package linear

import (
	"context"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

const coordinateDescentReference = "Tibshirani 1996 and Zou and Hastie 2005; coordinate descent of Friedman, Hastie and Tibshirani 2010"

func init() {
	registry.Register("lasso", registry.Entry[LassoParams, *ElasticNet]{
		Task: learner.Regression, Summary: "Least squares with a penalty on the coefficients' absolute values, which makes many of them 0.",
		Reference: coordinateDescentReference, New: NewLasso,
	})
	registry.Register("elastic-net", registry.Entry[ElasticNetParams, *ElasticNet]{
		Task: learner.Regression, Summary: "Least squares with penalties on the coefficients' absolute values and on their squares.",
		Reference: coordinateDescentReference, New: NewElasticNet,
	})
}

// LassoParams are the parameters of lasso.
type LassoParams struct {
	Alpha        float64 `json:"alpha" default:"1" validate:"gte=0" training:"objective"`
	FitIntercept bool    `json:"fit_intercept" default:"true"`
	MaxIter      int     `json:"max_iter" default:"1000" validate:"gte=1" training:"own"`
	Tol          float64 `json:"tol" default:"0.0001" validate:"gte=0" training:"own"`
}

// ElasticNetParams are the parameters of elastic-net.
type ElasticNetParams struct {
	Alpha        float64 `json:"alpha" default:"1" validate:"gte=0" training:"objective"`
	L1Ratio      float64 `json:"l1_ratio" default:"0.5" validate:"gte=0,lte=1" training:"objective"`
	FitIntercept bool    `json:"fit_intercept" default:"true"`
	MaxIter      int     `json:"max_iter" default:"1000" validate:"gte=1" training:"own"`
	Tol          float64 `json:"tol" default:"0.0001" validate:"gte=0" training:"own"`
}

// ElasticNet minimises, with W the sum of the weights,
//
//	sum of weight (y - x coef - intercept)^2 / (2 W)
//	+ alpha l1_ratio sum of |coef| + alpha (1 - l1_ratio) sum of coef^2 / 2
//
// by cyclic coordinate descent on the Gram matrix, which is formed once; a
// round then costs features^2, whatever the number of rows. Lasso is the case
// of an l1_ratio of 1.
type ElasticNet struct {
	Regressor
	params ElasticNetParams
	env    learner.Env
	ended  *learner.Convergence // nil if no Fit made the model
}

// NewElasticNet makes an unfitted model.
func NewElasticNet(p ElasticNetParams, env learner.Env) (*ElasticNet, error) {
	return &ElasticNet{Regressor: Regressor{kind: "linear.elastic-net", hasIntercept: p.FitIntercept}, params: p, env: env}, nil
}

// NewLasso makes an unfitted model whose penalty is on absolute values only.
func NewLasso(p LassoParams, env learner.Env) (*ElasticNet, error) {
	m, err := NewElasticNet(ElasticNetParams{Alpha: p.Alpha, L1Ratio: 1, FitIntercept: p.FitIntercept, MaxIter: p.MaxIter, Tol: p.Tol}, env)
	if err == nil {
		m.kind = "linear.lasso"
	}
	return m, err
}

// Fit finds the minimum to the tolerance asked for. It logs a warning if
// max_iter rounds did not get there; the model is then what they reached.
func (m *ElasticNet) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	var weight float64
	for i := range train.Len() {
		weight += train.Weight(i)
	}
	l1, l2 := m.params.Alpha*m.params.L1Ratio*weight, m.params.Alpha*(1-m.params.L1Ratio)*weight
	var f function
	var err error
	ended := learner.Ended(true, 0, "")
	if l1 == 0 { // smooth: there is a closed form
		f, err = leastSquares(ctx, train, m.hasIntercept, l2, m.env)
	} else {
		f, ended, err = m.descend(ctx, train, l1, l2)
	}
	if err != nil {
		return err
	}
	m.become(f)
	m.ended = ended
	return nil
}

// Convergence is how the last Fit ended; without a penalty on absolute values there is nothing to iterate.
func (m *ElasticNet) Convergence() *learner.Convergence { return m.ended.Clone() }

// Init sets all parameters to 0.
func (m *ElasticNet) Init(s learner.Schema) ([]learner.Block, error) {
	m.ended = nil
	return m.Regressor.Init(s)
}

// SetParameters is the inverse of Parameters.
func (m *ElasticNet) SetParameters(p []float64) error {
	err := m.Regressor.SetParameters(p)
	if err == nil {
		m.ended = nil
	}
	return err
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *ElasticNet) UnmarshalBinary(data []byte) error {
	err := m.Regressor.UnmarshalBinary(data)
	if err == nil {
		m.ended = nil
	}
	return err
}

const descentAdvice = "raise max_iter, or alpha, or scale the features"

func (m *ElasticNet) descend(ctx context.Context, train learner.Dataset, l1, l2 float64) (function, *learner.Convergence, error) {
	procs := max(m.env.Procs, 1)
	g, err := newDesign(ctx, train, m.hasIntercept, procs)
	if err != nil {
		return function{}, nil, err
	}
	gram, err := g.gram(ctx, procs)
	if err != nil {
		return function{}, nil, err
	}
	problem := lasso{normal: g.normal(gram), l1: make([]float64, g.features), l2: make([]float64, g.features)}
	for j, s := range g.scale[:g.features] { // the penalties are on the data's scale
		problem.l1[j] = l1 * s * g.scale[g.features]
		problem.l2[j] = l2 * s * s
	}
	scaled, rounds, gap, err := problem.solve(ctx, m.params.Tol, m.params.MaxIter)
	if err != nil {
		return function{}, nil, err
	}
	wanted := m.params.Tol * problem.normal.yy
	if gap > wanted && m.env.Log != nil {
		m.env.Log.WarnContext(ctx, "coordinate descent did not converge", "advice", descentAdvice, "rounds", rounds, "gap", gap, "wanted", wanted)
	}
	f, err := g.unscale(scaled, g.offset(gram.RawSymmetric().Data)(scaled))
	return f, learner.Ended(gap <= wanted, rounds, descentAdvice), err
}

// Penalty is as in the objective.
func (m *ElasticNet) Penalty() learner.Penalty {
	return learner.Penalty{L1: m.params.Alpha * m.params.L1Ratio, L2: m.params.Alpha * (1 - m.params.L1Ratio), Beside: learner.MeanLoss}
}

var (
	_ learner.Penalised     = (*ElasticNet)(nil)
	_ learner.Coefficienter = (*ElasticNet)(nil)
	_ learner.Snapshotter   = (*ElasticNet)(nil)
	_ learner.Convergent    = (*ElasticNet)(nil)
)
