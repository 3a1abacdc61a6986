package tree

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

// traits are those of both learners.
var traits = learner.Traits{AllowsMissing: true, KeepsScale: true, Ordinals: true}

const source = "Breiman, Friedman, Olshen, Stone 1984, Classification and Regression Trees"

func init() {
	registry.Register("tree-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "Decision tree (CART) that answers a class, by the impurity of its leaves.",
		Reference: source, Traits: traits, New: NewClassifier,
	})
}

// Classifier is one decision tree for classes.
type Classifier struct {
	params ClassifierParams
	env    learner.Env
	tree   *Tree // nil before Fit
}

// NewClassifier makes an unfitted tree.
func NewClassifier(p ClassifierParams, env learner.Env) (*Classifier, error) {
	return &Classifier{params: p, env: env}, nil
}

// Fit grows a new tree.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Classification, traits); err != nil {
		return err
	}
	tree, err := fit(ctx, train, m.params, m.env)
	if err != nil {
		return err
	}
	m.tree = tree
	return nil
}

// fit grows one tree over data that has been checked.
func fit(ctx context.Context, train learner.Dataset, p ClassifierParams, env learner.Env) (*Tree, error) {
	_, features := train.X.Dims()
	g, err := p.growth(features, env)
	if err != nil {
		return nil, err
	}
	if p.ClassWeight == "balanced" {
		train.Weights = learner.Balanced(train.Y, train.Weights, len(train.Classes))
	}
	table, err := newTable(train, Resolution(p.FeatureResolution))
	if err != nil {
		return nil, err
	}
	if p.Splitter == histogram {
		if err := table.useBins(p.MaxBins); err != nil {
			return nil, err
		}
	}
	if err := table.prepare(ctx, env.Procs); err != nil {
		return nil, err
	}
	tree, err := table.Grow(ctx, g)
	if err != nil {
		return nil, err
	}
	return tree, ctx.Err()
}

// Predict answers the class with the highest probability for each row of x; of
// equal ones the first.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	places, err := m.tree.find(ctx, x)
	if err != nil {
		return nil, err
	}
	y := make([]float64, len(places))
	for i, at := range places {
		y[i] = float64(likeliest(m.tree.Values(at)))
	}
	return y, nil
}

// PredictProba answers the shares of the classes among the training rows of
// each row's leaf, by weight: rows x classes of the schema.
func (m *Classifier) PredictProba(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	places, err := m.tree.find(ctx, x)
	if err != nil {
		return nil, err
	}
	k := m.tree.Outputs()
	p := make([]float64, 0, len(places)*k)
	for _, at := range places {
		p = append(p, m.tree.Values(at)...)
	}
	return mat.NewDense(len(places), k, p), nil
}

// FeatureImportances is the share of each feature in the decrease of the
// impurity; nil before Fit.
func (m *Classifier) FeatureImportances() []float64 { return m.tree.copyImportances() }

// Tree is the fitted tree; nil before Fit.
func (m *Classifier) Tree() *Tree { return m.tree }

// The names of the stored models and the newest version of their encoding.
const (
	classifierKind  = "tree.classifier"
	regressorKind   = "tree.regressor"
	snapshotVersion = 1
)

// MarshalBinary stores the fitted tree; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) { return m.tree.marshal(classifierKind) }

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	tree, err := unmarshal(data, classifierKind, learner.Classification)
	if err != nil {
		return err
	}
	m.tree = tree
	return nil
}

// find is FindAll for data from outside; t may be nil.
func (t *Tree) find(ctx context.Context, x *mat.Dense) ([]int, error) {
	if t == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, t.features, traits); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	places := make([]int, rows)
	return places, t.FindAll(ctx, x, places)
}

func (t *Tree) copyImportances() []float64 {
	if t == nil {
		return nil
	}
	return slices.Clone(t.importances)
}

func (t *Tree) marshal(kind string) ([]byte, error) {
	if t == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	t.Write(w)
	return w.Seal(), nil
}

func unmarshal(data []byte, kind string, task learner.Task) (*Tree, error) {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return nil, err
	}
	tree := ReadTree(r, task)
	if err := r.Close(); err != nil {
		return nil, err
	}
	return tree, nil
}

var (
	_ learner.Classifier  = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
	_ learner.Importancer = (*Classifier)(nil)
)
