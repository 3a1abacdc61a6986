package boosting

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// traits are those of both learners.
var traits = learner.Traits{AllowsMissing: true, KeepsScale: true, Ordinals: true}

const source = "Friedman 2001, Greedy function approximation: a gradient boosting machine; Ke et al. 2017, LightGBM"

func init() {
	registry.Register("boosting-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Gradient boosting: a sum of trees, each of which corrects those before it, grown on histograms.",
		Reference: source, Traits: traits, New: NewClassifier,
	})
}

// Classifier is boosted trees for classes.
type Classifier struct {
	trainer *trainer
	model   *model // nil before Fit
}

// NewClassifier makes an unfitted classifier. The error is a *learner.ParamError.
func NewClassifier(p ClassifierParams, env learner.Env) (*Classifier, error) {
	t, err := p.trainer(env)
	if err != nil {
		return nil, err
	}
	return &Classifier{trainer: t}, nil
}

// Fit grows the trees, on as many threads as the environment allows.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	own := *m.trainer
	own.ahead = aheadInProcess
	fit := &Classifier{trainer: &own}
	if err := learner.FitBySums(ctx, fit, train); err != nil {
		return err
	}
	m.model = fit.model
	return nil
}

// Start is the first state of a training by sums.
func (m *Classifier) Start(s learner.Schema) ([]float64, error) { return m.trainer.start(s) }

// Shape is how long the sums are that a state asks for.
func (m *Classifier) Shape(s learner.Schema, state []float64) (counts, reals int) {
	return m.trainer.shape(s, state)
}

// Part checks rows and puts them into bins, when those are known.
func (m *Classifier) Part(ctx context.Context, rows learner.Dataset) (learner.Part, error) {
	return m.trainer.newPart(ctx, rows)
}

// Advance makes the next state.
func (m *Classifier) Advance(ctx context.Context, s learner.Schema, state []float64, sums *learner.Sums) (learner.Advance, error) {
	return m.trainer.advance(ctx, s, state, sums)
}

// SetState makes the model of the last state.
func (m *Classifier) SetState(s learner.Schema, state []float64) error {
	made, err := m.trainer.model(s, state)
	if err != nil {
		return err
	}
	m.model = made
	return nil
}

// PredictProba answers rows x classes of the schema.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	scores, err := m.model.scores(ctx, x, m.trainer.procs)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	k, link := len(m.model.base), m.model.loss.link(len(m.model.base))
	proba := mat.NewDense(rows, m.model.classes, nil)
	for i := range rows {
		if err := link.Probabilities(scores[i*k:(i+1)*k], proba.RawRowView(i)); err != nil {
			return nil, err
		}
	}
	return proba, nil
}

// Predict answers the class with the highest probability for each row of x; of equal ones the first.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := m.PredictProba(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	classes := make([]float64, rows)
	for i := range classes {
		classes[i] = float64(numeric.ArgMax(proba.RawRowView(i)))
	}
	return classes, nil
}

// FeatureImportances is the share of each feature in the gain of the splits; nil before Fit.
func (m *Classifier) FeatureImportances() []float64 { return m.model.shares() }

func (m *model) shares() []float64 {
	if m == nil {
		return nil
	}
	return slices.Clone(m.importances)
}

// MarshalBinary stores the fitted trees; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) { return m.model.marshal(classifierKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	read, err := unmarshal(data, classifierKind)
	if err != nil {
		return err
	}
	m.model = read
	return nil
}

// Forest is the fitted trees as plain arrays; nil before Fit.
func (m *Classifier) Forest() *learner.Forest { return m.model.plain() }

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Summable    = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
	_ learner.Importancer = (*Classifier)(nil)
	_ learner.Forester    = (*Classifier)(nil)
)
