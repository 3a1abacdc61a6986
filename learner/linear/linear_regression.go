package linear

import (
	"context"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("linear-regression", registry.Entry[LinearRegressionParams, *LinearRegression]{
		Task: learner.Regression, Summary: "Ordinary least squares.",
		Reference: "Gauss 1809; solved as in Golub and Van Loan, Matrix Computations, 2013, section 5.3",
		Traits:    learner.Traits{NonNegativeLoss: true}, New: NewLinearRegression,
	})
}

// LinearRegressionParams are the parameters of linear-regression.
type LinearRegressionParams struct {
	FitIntercept bool `json:"fit_intercept" default:"true" doc:"whether there is an intercept; without one the data is taken as centred"`
}

// LinearRegression is ordinary least squares: it minimises the sum of weight (y
// - x coef - intercept)^2. Of several minima, which there are if features are
// dependent or outnumber the rows, it takes the one whose coefficients have the
// least norm.
type LinearRegression struct {
	Regressor
	env learner.Env
}

// NewLinearRegression makes an unfitted model.
func NewLinearRegression(p LinearRegressionParams, env learner.Env) (*LinearRegression, error) {
	return &LinearRegression{Regressor: Regressor{kind: "linear.linear-regression", hasIntercept: p.FitIntercept}, env: env}, nil
}

// Fit solves the least-squares problem; see leastSquares for how.
func (m *LinearRegression) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	f, err := leastSquares(ctx, train, m.hasIntercept, 0, m.env)
	if err != nil {
		return err
	}
	m.become(f)
	return nil
}

var (
	_ learner.Differentiable = (*LinearRegression)(nil)
	_ learner.Coefficienter  = (*LinearRegression)(nil)
	_ learner.Snapshotter    = (*LinearRegression)(nil)
)
