package knn

import (
	"context"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("knn-regressor", registry.Entry[Params, *Regressor]{
		Task: learner.Regression, Summary: "Mean of the nearest rows' targets.",
		Reference: "Cover 1968; kd-tree: Friedman, Bentley and Finkel 1977", New: NewRegressor,
	})
}

// Regressor answers the weighted mean of the neighbours' targets.
type Regressor struct {
	params Params
	procs  int
	model  *model // nil before Fit
}

// NewRegressor makes an unfitted regressor. The error is a *learner.ParamError.
func NewRegressor(p Params, env learner.Env) (*Regressor, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Regressor{params: p, procs: max(env.Procs, 1)}, nil
}

// Fit stores the rows.
func (r *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	m, err := fit(ctx, r.params, learner.Regression, train)
	if err != nil {
		return err
	}
	r.model = m
	return nil
}

// Predict answers a target for each row of x.
func (r *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if err := r.model.ready(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	targets := make([]float64, rows)
	err := r.model.each(ctx, x, r.procs, func(row int, voices []voice) { targets[row] = mean(voices) })
	if err != nil {
		return nil, err
	}
	return targets, nil
}

// mean is updated voice by voice, so that equal targets have exactly that
// mean, and in halves, so that it cannot overflow.
func mean(voices []voice) float64 {
	var half, weight float64
	for _, v := range voices {
		weight += v.weight
		half += float64(v.weight / weight * (v.target/2 - half)) // no system fuses this
	}
	return 2 * half
}

// MarshalBinary stores the fitted model; see package snapshot.
func (r *Regressor) MarshalBinary() ([]byte, error) { return r.model.marshal(regressorKind) }

// UnmarshalBinary reads what MarshalBinary stored. The model predicts with
// the parameters it was fitted with; the next Fit uses the learner's own.
func (r *Regressor) UnmarshalBinary(data []byte) error {
	m, err := unmarshal(data, regressorKind)
	if err != nil {
		return err
	}
	r.model = m
	return nil
}

var (
	_ learner.Estimator   = (*Regressor)(nil)
	_ learner.Snapshotter = (*Regressor)(nil)
)
