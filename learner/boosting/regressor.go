package boosting

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("boosting-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "Gradient boosting: a sum of trees, each of which corrects those before it, grown on histograms.",
		Reference: source, Traits: traits, New: NewRegressor,
	})
}

// Regressor is boosted trees for numbers.
type Regressor struct {
	trainer *trainer
	model   *model // nil before Fit
}

// NewRegressor makes an unfitted regressor. The error is a *learner.ParamError.
func NewRegressor(p RegressorParams, env learner.Env) (*Regressor, error) {
	t, err := p.trainer(env)
	if err != nil {
		return nil, err
	}
	return &Regressor{trainer: t}, nil
}

// Fit grows the trees, on as many threads as the environment allows.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	own := *m.trainer
	own.ahead = aheadInProcess
	fit := &Regressor{trainer: &own}
	if err := learner.FitBySums(ctx, fit, train); err != nil {
		return err
	}
	m.model = fit.model
	return nil
}

// Start is the first state of a training by sums.
func (m *Regressor) Start(s learner.Schema) ([]float64, error) { return m.trainer.start(s) }

// Shape is how long the sums are that a state asks for.
func (m *Regressor) Shape(s learner.Schema, state []float64) (counts, reals int) {
	return m.trainer.shape(s, state)
}

// Part checks rows and puts them into bins, when those are known.
func (m *Regressor) Part(ctx context.Context, rows learner.Dataset) (learner.Part, error) {
	return m.trainer.newPart(ctx, rows)
}

// Advance makes the next state.
func (m *Regressor) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	return m.trainer.advance(ctx, s, state, sums)
}

// SetState makes the model of the last state.
func (m *Regressor) SetState(s learner.Schema, state []float64) error {
	made, err := m.trainer.model(s, state)
	if err != nil {
		return err
	}
	m.model = made
	return nil
}

// Predict answers one number for each row of x.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	scores, err := m.model.scores(ctx, x, m.trainer.procs)
	if err == nil && m.model.loss != squaredError {
		for i, s := range scores {
			scores[i] = m.model.loss.answer(s)
		}
	}
	return scores, err
}

// FeatureImportances is the share of each feature in the gain of the splits; nil before Fit.
func (m *Regressor) FeatureImportances() []float64 { return m.model.shares() }

// MarshalBinary stores the fitted trees; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) { return m.model.marshal(regressorKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	read, err := unmarshal(data, regressorKind)
	if err != nil {
		return err
	}
	m.model = read
	return nil
}

// Forest is the fitted trees as plain arrays; nil before Fit.
func (m *Regressor) Forest() *learner.Forest { return m.model.plain() }

var (
	_ learner.Summable    = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
	_ learner.Importancer = (*Regressor)(nil)
	_ learner.Forester    = (*Regressor)(nil)
)
