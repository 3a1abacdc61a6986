package linear

import (
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("ridge", registry.Entry[RidgeParams, *Ridge]{
		Task: learner.Regression, Summary: "Least squares with a penalty on the squares of the coefficients.",
		Reference: "Hoerl and Kennard 1970", Traits: learner.Traits{NonNegativeLoss: true}, New: NewRidge,
	})
}

// RidgeParams are the parameters of ridge.
type RidgeParams struct {
	Alpha        float64 `json:"alpha" default:"1" validate:"gte=0" training:"objective"`
	FitIntercept bool    `json:"fit_intercept" default:"true"`
}

// Ridge minimises the sum of weight (y - x coef - intercept)^2 plus alpha times the sum of
// coef^2.
//
// A master of the kind summation trains it too, in one round; see squares.
type Ridge struct{ squares }

// NewRidge makes an unfitted model.
func NewRidge(p RidgeParams, env learner.Env) (*Ridge, error) {
	return &Ridge{squares{Regressor: Regressor{kind: "linear.ridge", hasIntercept: p.FitIntercept}, alpha: p.Alpha, env: env}}, nil
}

// Penalty is that of half the objective, since the loss of a row is half its squared error.
func (m *Ridge) Penalty() learner.Penalty {
	return learner.Penalty{L2: m.alpha, Beside: learner.TotalLoss}
}

var (
	_ learner.Penalised     = (*Ridge)(nil)
	_ learner.Summable      = (*Ridge)(nil)
	_ learner.Coefficienter = (*Ridge)(nil)
	_ learner.Snapshotter   = (*Ridge)(nil)
)
