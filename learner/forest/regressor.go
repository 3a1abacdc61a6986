package forest

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("forest-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Random forest: the mean of trees grown from bootstraps, each split the best of some features.",
		Reference: forestSource, Traits: traits, New: NewRegressor,
	})
	registry.Register("extra-trees-regressor", registry.Entry[ExtraTreesRegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Extremely randomised trees: the mean of trees whose thresholds are drawn at random.",
		Reference: extraTreesSource, Traits: traits, New: NewExtraTreesRegressor,
	})
}

// Regressor is a forest for numbers.
type Regressor struct {
	params   ClassifierParams
	random   bool // extremely randomised trees
	env      learner.Env
	ensemble *ensemble // nil before Fit
}

// NewRegressor makes an unfitted random forest. The error is a
// *learner.ParamError.
func NewRegressor(p RegressorParams, env learner.Env) (*Regressor, error) {
	params := p.forClasses()
	if err := params.check(); err != nil {
		return nil, err
	}
	return &Regressor{params: params, env: env}, nil
}

// NewExtraTreesRegressor makes an unfitted forest of extremely randomised
// trees. The error is a *learner.ParamError.
func NewExtraTreesRegressor(p ExtraTreesRegressorParams, env learner.Env) (*Regressor, error) {
	m, err := NewRegressor(p.forForests(), env)
	if err != nil {
		return nil, err
	}
	m.random = true
	return m, nil
}

// Fit grows the trees, on as many threads as the environment allows.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, traits); err != nil {
		return err
	}
	e, err := grow(ctx, train, m.params, m.random, m.env)
	if err != nil {
		return err
	}
	m.ensemble = e
	return nil
}

// Predict answers the mean of the trees' answers for each row of x.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return m.ensemble.answer(ctx, x, m.env.Procs)
}

// FeatureImportances is the share of each feature in the decrease of the
// impurity, over all trees; nil before Fit.
func (m *Regressor) FeatureImportances() []float64 { return m.ensemble.importances() }

// OOBScore is the out-of-bag R2. It is false before a Fit with oob_score, if
// every tree drew every row, and if all targets are equal.
func (m *Regressor) OOBScore() (r2 float64, ok bool) { return m.ensemble.oobScore() }

// MarshalBinary stores the fitted forest; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) { return m.ensemble.marshal(regressorKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	e, err := unmarshal(data, regressorKind, learner.Regression)
	if err != nil {
		return err
	}
	m.ensemble = e
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
	_ learner.Importancer = (*Regressor)(nil)
)
