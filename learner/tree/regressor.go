package tree

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("tree-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Decision tree (CART) that answers a number, the mean of its leaves.",
		Reference: source, Traits: traits, New: NewRegressor,
	})
}

// Regressor is one decision tree for numbers.
type Regressor struct {
	params RegressorParams
	env    learner.Env
	tree   *Tree // nil before Fit
}

// NewRegressor makes an unfitted tree.
func NewRegressor(p RegressorParams, env learner.Env) (*Regressor, error) {
	return &Regressor{params: p, env: env}, nil
}

// Fit grows a new tree.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, traits); err != nil {
		return err
	}
	tree, err := fit(ctx, train, m.params.forClasses(), m.env)
	if err != nil {
		return err
	}
	m.tree = tree
	return nil
}

// Predict answers the mean target of the training rows in each row's leaf, or
// the median with absolute_error, by weight.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	places, err := m.tree.find(ctx, x)
	if err != nil {
		return nil, err
	}
	y := make([]float64, len(places))
	for i, at := range places {
		y[i] = m.tree.Values(at)[0]
	}
	return y, nil
}

// FeatureImportances is the share of each feature in the decrease of the
// impurity; nil before Fit.
func (m *Regressor) FeatureImportances() []float64 { return m.tree.copyImportances() }

// Tree is the fitted tree; nil before Fit.
func (m *Regressor) Tree() *Tree { return m.tree }

// MarshalBinary stores the fitted tree; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) { return m.tree.marshal(regressorKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	tree, err := unmarshal(data, regressorKind, learner.Regression)
	if err != nil {
		return err
	}
	m.tree = tree
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
	_ learner.Importancer = (*Regressor)(nil)
)
