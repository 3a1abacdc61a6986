package cart

import (
	"context"

	"github.com/sjwhitworth/golearn/trees"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/golearn/internal/splittree"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-cart-regressor", registry.Entry[RegressorParams, *Regressor]{
		Task: learner.Regression, Summary: "golearn's CART regression tree, for small data.",
		Reference: "Breiman, Friedman, Olshen, Stone (1984), Classification and regression trees",
		Traits:    traits, New: NewRegressor,
	})
}

// RegressorParams are the parameters of golearn-cart-regressor.
type RegressorParams struct {
	Criterion string `json:"criterion" default:"squared_error" validate:"oneof=squared_error absolute_error"`
	MaxDepth  int    `json:"max_depth" default:"0" validate:"gte=0"`
	MaxRows   int    `json:"max_rows" default:"5000" validate:"gte=1"`
}

// Regressor is golearn's CART tree: it answers the mean of the training
// targets in a leaf.
type Regressor struct {
	params RegressorParams
	width  int
	tree   *splittree.Tree // nil before Fit
}

// NewRegressor makes an unfitted regressor.
func NewRegressor(p RegressorParams, _ learner.Env) (*Regressor, error) {
	return &Regressor{params: p}, nil
}

// Fit grows the tree. Row weights must be whole numbers; rows are repeated.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	t, grid, err := prepare(ctx, train, learner.Regression, m.params.MaxRows)
	if err != nil {
		return err
	}
	if !numeric.FiniteSum(t.Y) {
		return &learner.DataError{Row: -1, Column: -1, Name: "y",
			Reason: "the targets are so large that their sum overflows, and golearn forms it for the mean of a leaf; rescale them"}
	}
	criterion := trees.MSE
	if m.params.Criterion == "absolute_error" {
		criterion = trees.MAE
	}
	var tree *splittree.Tree
	err = instances.Call("CART regressor", func() error {
		grown := trees.NewDecisionTreeRegressor(criterion, depth(m.params.MaxDepth))
		if err := grown.Fit(grid.DenseInstances); err != nil {
			return err
		}
		tree = splittree.FromCARTRegressor(grown)
		return nil
	})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.width, m.tree = t.Width(), tree
	return nil
}

// Predict answers the mean of each row's leaf.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	return predict(ctx, m.tree, m.width, x)
}

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) {
	if m.tree == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(regressorKind, snapshotVersion)
	w.Int(m.width)
	m.tree.Write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, regressorKind, snapshotVersion)
	if err != nil {
		return err
	}
	width := r.Count(widthLimit)
	tree := splittree.ReadTree(r, width, 1, func(float64) bool { return true })
	if err := r.Close(); err != nil {
		return err
	}
	m.width, m.tree = width, tree
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
)
