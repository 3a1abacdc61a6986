package cart

import (
	"context"
	"math"

	"github.com/sjwhitworth/golearn/trees"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-cart-classifier", registry.Entry[ClassifierParams, *Classifier]{
		Task: learner.Classification, Summary: "golearn's CART decision tree, for small data.",
		Reference: "Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees",
		Traits:    traits, New: NewClassifier,
	})
}

// ClassifierParams are the parameters of golearn-cart-classifier.
type ClassifierParams struct {
	Criterion string `json:"criterion" default:"gini" validate:"oneof=gini entropy"`
	MaxDepth  int    `json:"max_depth" default:"0" validate:"gte=0"`
	MaxRows   int    `json:"max_rows" default:"5000" validate:"gte=1"`
}

// Classifier is golearn's CART tree. It knows no probabilities.
type Classifier struct {
	params  ClassifierParams
	width   int
	classes int             // of the schema
	tree    *splittree.Tree // its leaves hold a class of the schema; nil before Fit
}

// NewClassifier makes an unfitted classifier.
func NewClassifier(p ClassifierParams, _ learner.Env) (*Classifier, error) {
	return &Classifier{params: p}, nil
}

// Fit grows the tree. Row weights must be whole numbers; rows are repeated.
func (m *Classifier) Fit(ctx context.Context, train learner.Dataset) error {
	t, grid, err := prepare(ctx, train, learner.Classification, m.params.MaxRows)
	if err != nil {
		return err
	}
	labels := make([]int64, t.Classes.Len())
	for i := range labels {
		labels[i] = int64(i)
	}
	var tree *splittree.Tree
	err = instances.Call("CART classifier", func() error {
		grown := trees.NewDecisionTreeClassifier(m.params.Criterion, depth(m.params.MaxDepth), labels)
		if err := grown.Fit(grid.DenseInstances); err != nil {
			return err
		}
		tree = splittree.FromCARTClassifier(grown, func(label int64) float64 { return float64(t.Classes.Class(int(label))) })
		return nil
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.width, m.classes, m.tree = t.Width(), len(train.Classes), tree
	return nil
}

// Predict answers the largest class in each row's leaf.
func (m *Classifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return predict(ctx, m.tree, m.width, x)
}

const (
	classifierKind  = "golearn.cart.classifier"
	regressorKind   = "golearn.cart.regressor"
	snapshotVersion = 1
)

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Classifier) MarshalBinary() ([]byte, error) {
	if m.tree == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(classifierKind, snapshotVersion)
	w.Int(m.width)
	w.Int(m.classes)
	m.tree.Write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Classifier) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, classifierKind, snapshotVersion)
	if err != nil {
		return err
	}
	width, classes := r.Count(widthLimit), r.Count(widthLimit)
	tree := splittree.ReadTree(r, width, 1, func(class float64) bool {
		return class == math.Trunc(class) && class >= 0 && class < float64(classes)
	})
	if err := r.Close(); err != nil {
		return err
	}
	m.width, m.classes, m.tree = width, classes, tree
	return nil
}

var (
	_ learner.Estimator   = (*Classifier)(nil)
	_ learner.Snapshotter = (*Classifier)(nil)
)
