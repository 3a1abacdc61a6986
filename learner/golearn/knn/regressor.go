//go:build cgo

package knn

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-knn-regressor", registry.Entry[Params, *Regressor]{
		Task: learner.Regression, Summary: "Mean of the k nearest neighbours by golearn's linear search.", Reference: reference,
		Traits: traits, Cgo: true, New: NewRegressor,
	})
}

// Regressor answers the mean target of the nearest training rows.
type Regressor struct {
	params Params
	y      []float64 // of the training rows
	search *search   // nil before Fit
}

// NewRegressor makes an unfitted regressor.
func NewRegressor(p Params, _ learner.Env) (*Regressor, error) { return &Regressor{params: p}, nil }

// Fit keeps a copy of the rows. Row weights must be whole numbers; rows are
// repeated.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := checkFit(ctx, train, learner.Regression)
	if err != nil {
		return err
	}
	s, err := newSearch(t.X, m.params.NNeighbors)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.y, m.search = t.Y, s
	return nil
}

// Predict answers the mean target of the neighbours of each row of x.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.search.checkPredict(x); err != nil {
		return nil, err
	}
	ask, err := m.search.asker(ctx, x)
	if err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	means := make([]float64, rows)
	for i := range means {
		neighbours, err := ask(i)
		if err != nil {
			return nil, err
		}
		for n, row := range neighbours { // updated one by one, the mean cannot overflow
			share := 1 / float64(n+1)
			means[i] = (1-share)*means[i] + share*m.y[row]
		}
	}
	return means, nil
}

const regressorKind = "golearn.knn.regressor"

// MarshalBinary stores the fitted model, which is its training rows; see
// package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) {
	if m.search == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(regressorKind, snapshotVersion)
	w.Int(m.search.k)
	w.Floats(m.y)
	m.search.write(w)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, regressorKind, snapshotVersion)
	if err != nil {
		return err
	}
	k, y := r.Int(), r.FiniteFloats()
	s, err := readSearch(r, k, len(y))
	if err != nil {
		return err
	}
	m.y, m.search = y, s
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
)
