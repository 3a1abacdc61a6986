package linear

import (
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
//
// A master of the kind summation trains it too, in one round; see squares.
type LinearRegression struct{ squares }

// NewLinearRegression makes an unfitted model.
func NewLinearRegression(p LinearRegressionParams, env learner.Env) (*LinearRegression, error) {
	return &LinearRegression{squares{Regressor: Regressor{kind: "linear.linear-regression", hasIntercept: p.FitIntercept}, env: env}}, nil
}

var (
	_ learner.Differentiable = (*LinearRegression)(nil)
	_ learner.Summable       = (*LinearRegression)(nil)
	_ learner.Coefficienter  = (*LinearRegression)(nil)
	_ learner.Snapshotter    = (*LinearRegression)(nil)
)
