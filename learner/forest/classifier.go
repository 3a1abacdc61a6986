package forest

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// traits are those of all learners of this package.
var traits = learner.Traits{AllowsMissing: true, SamplesRows: true, KeepsScale: true, Ordinals: true}

const (
	forestSource     = "Breiman 2001, Random Forests"
	extraTreesSource = "Geurts, Ernst, Wehenkel 2006, Extremely randomized trees"
)

func init() {
	registry.Register("forest-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Random forest: the mean of trees grown from bootstraps, each split the best of some features.",
		Reference: forestSource, Traits: traits, New: NewClassifier,
	})
	registry.Register("extra-trees-classifier", registry.Entry[ExtraTreesClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Extremely randomised trees: the mean of trees whose thresholds are drawn at random.",
		Reference: extraTreesSource, Traits: traits, New: NewExtraTreesClassifier,
	})
}

// Classifier is a forest for classes.
type Classifier struct {
	params   ClassifierParams
	random   bool // extremely randomised trees
	env      learner.Env
	ensemble *ensemble // nil before Fit
}

// NewClassifier makes an unfitted random forest. The error is a
// *learner.ParamError.
func NewClassifier(p ClassifierParams, env learner.Env) (*Classifier, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Classifier{params: p, env: env}, nil
}

// NewExtraTreesClassifier makes an unfitted forest of extremely randomised
// trees. The error is a *learner.ParamError.
func NewExtraTreesClassifier(p ExtraTreesClassifierParams, env learner.Env) (*Classifier, error) {
	m, err := NewClassifier(p.forForests(), env)
	if err != nil {
		return nil, err
	}
	m.random = true
	return m, nil
}

// Fit grows the trees, on as many threads as the environment allows.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, traits); err != nil {
		return err
	}
	e, err := grow(ctx, train, m.params, m.random, m.env)
	if err != nil {
		return err
	}
	m.ensemble = e
	return nil
}

// Predict answers the class with the highest probability for each row of x; of
// equal ones the first.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	p, err := m.ensemble.answer(ctx, x, m.env.Procs)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	k := m.ensemble.outputs()
	classes := make([]float64, rows)
	for i := range classes {
		classes[i] = float64(likeliest(p[i*k:][:k]))
	}
	return classes, nil
}

// PredictProba answers the mean of the trees' class shares: rows x classes of
// the schema.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	p, err := m.ensemble.answer(ctx, x, m.env.Procs)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	return mat.NewDense(rows, m.ensemble.outputs(), p), nil
}

// FeatureImportances is the share of each feature in the decrease of the
// impurity, over all trees; nil before Fit.
func (m *Classifier) FeatureImportances() []float64 { return m.ensemble.importances() }

// OOBScore is the out-of-bag accuracy. It is false before a Fit with oob_score,
// and if every tree drew every row.
func (m *Classifier) OOBScore() (accuracy float64, ok bool) { return m.ensemble.oobScore() }

func (e *ensemble) oobScore() (float64, bool) {
	if e == nil || math.IsNaN(e.oob) {
		return 0, false
	}
	return e.oob, true
}

// MarshalBinary stores the fitted forest; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) { return m.ensemble.marshal(classifierKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	e, err := unmarshal(data, classifierKind, learner.Classification)
	if err != nil {
		return err
	}
	m.ensemble = e
	return nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
	_ learner.Importancer = (*Classifier)(nil)
)
