package worker

import (
	"context"

	"github.com/gochimera/chimera/distribute/aggregation"
	"github.com/gochimera/chimera/internal/wire"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/workers/node"
)

func (w *model) mountExplain() {
	node.Handle(w.Node, aggregation.Explain, w.explain, node.Describe(
		"Feature importances and coefficients of the fitted learner, as far as it has some, and the out-of-bag score of its fit."))
}

// explain tells what the learner of a fit has learned.
func (w *model) explain(_ context.Context, in aggregation.ExplainRequest, _ []node.Array) (aggregation.ExplainAnswer, []node.Array, error) {
	f, err := w.holding(in.FitID)
	if err != nil {
		return aggregation.ExplainAnswer{}, nil, err
	}
	var arrays []node.Array
	if l, ok := f.learner.(learner.Importancer); ok {
		arrays = append(arrays, wire.Vector(aggregation.ArrayImportances, l.FeatureImportances()))
	}
	if l, ok := f.learner.(learner.Coefficienter); ok {
		coef, intercept := l.Coefficients()
		arrays = append(arrays, wire.Dense(aggregation.ArrayCoef, coef), wire.Vector(aggregation.ArrayIntercept, intercept))
	}
	return aggregation.ExplainAnswer{FitID: f.fitID, Features: f.features, OutOfBag: f.outOfBag}, arrays, nil
}
