package knn

import (
	"context"
	"math"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

const (
	classifierKind  = "knn.classifier"
	regressorKind   = "knn.regressor"
	snapshotVersion = 1
	colsLimit       = 1 << 30 // of a stored model; it is only a number to compare with
)

// marshal stores the parameters and the training rows; a kd-tree is grown
// again when they are read.
func (m *model) marshal(kind string) ([]byte, error) {
	if m == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	w.Int(m.params.NNeighbors)
	w.String(m.params.Weights)
	w.String(m.params.Algorithm)
	w.Int(m.params.LeafSize)
	w.String(m.params.Metric)
	w.Float(m.params.P)
	w.Int(m.cols)
	w.Schema(m.schema)
	w.Floats(m.targets)
	w.Floats(m.wanted.weights)
	w.Float(m.index.scale)
	w.Floats(m.index.rows())
	return w.Seal(), nil
}

// unmarshal reads what marshal stored.
func unmarshal(data []byte, kind string) (*model, error) {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return nil, err
	}
	m := &model{params: Params{
		NNeighbors: r.Int(), Weights: r.String(), Algorithm: r.String(), LeafSize: r.Int(), Metric: r.String(), P: r.Float(),
	}}
	if err := m.params.check(); err != nil {
		r.Failf("%v", err)
	}
	m.cols, m.schema, m.targets = r.Count(colsLimit), r.Schema(), r.FiniteFloats()
	weights, scale, rows := r.FiniteFloats(), r.Float(), r.FiniteFloats()
	width := newMetric(m.params).preparedWidth(m.cols)
	switch n := len(m.targets); {
	case n == 0 || m.cols == 0 || len(rows)%n != 0 || len(rows)/n != width:
		r.Failf("%d values for %d rows x %d columns", len(rows), n, m.cols)
	case m.schema.Features != nil && len(m.schema.Features) != m.cols:
		r.Failf("%d feature names for %d columns", len(m.schema.Features), m.cols)
	case weights != nil && len(weights) != n:
		r.Failf("%d weights for %d rows", len(weights), n)
	case !numeric.IsFinite(scale) || scale <= 0:
		r.Failf("a scale of %v", scale)
	}
	for _, w := range weights {
		if !(w > 0 && w <= float64(m.params.NNeighbors)) {
			r.Failf("a weight of %v", w)
		}
	}
	if kind == classifierKind {
		for _, y := range m.targets {
			if y != math.Trunc(y) || y < 0 || y >= float64(len(m.schema.Classes)) {
				r.Failf("class %v of %d", y, len(m.schema.Classes))
			}
		}
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	m.wanted = newWanted(m.params.NNeighbors, weights)
	if m.index, err = newIndex(context.Background(), m.params, rows, width, scale); err != nil {
		return nil, err
	}
	return m, nil
}
