package mastertest

import (
	"context"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// Registry has the toy learners and nothing else: mean, frequency, and gated, whose fits wait at the
// cluster's gate.
func (c *Cluster) Registry() *registry.Registry {
	reg := &registry.Registry{}
	type none struct{}
	asTheyAre := learner.Traits{KeepsScale: true} // so that predictions are easy to compute by hand
	registry.RegisterIn(reg, "mean", registry.Entry[none, *meanRegressor]{
		Task: learner.Regression, Summary: "A toy.", Traits: asTheyAre,
		New: func(none, learner.Env) (*meanRegressor, error) { return &meanRegressor{}, nil },
	})
	registry.RegisterIn(reg, "frequency", registry.Entry[none, *frequencyClassifier]{
		Task: learner.Classification, Summary: "A toy.", Traits: asTheyAre,
		New: func(none, learner.Env) (*frequencyClassifier, error) { return &frequencyClassifier{}, nil },
	})
	registry.RegisterIn(reg, "gated", registry.Entry[none, *gatedRegressor]{
		Task: learner.Regression, Summary: "A toy.", Traits: asTheyAre,
		New: func(none, learner.Env) (*gatedRegressor, error) { return &gatedRegressor{gate: c.Gate}, nil },
	})
	return reg
}

// meanRegressor predicts the weighted mean of its target plus the row's feature a: easy to compute by
// hand, and wrong if the columns are in the wrong order.
type meanRegressor struct {
	mean *float64
	a    int
}

func (r *meanRegressor) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	var sum, weight float64
	for i, y := range d.Y {
		sum += y * d.Weight(i)
		weight += d.Weight(i)
	}
	mean := sum / weight
	r.mean, r.a = &mean, slices.Index(d.Features, "a")
	return ctx.Err()
}

func (r *meanRegressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if r.mean == nil {
		return nil, learner.ErrNotFitted
	}
	_, features := x.Dims()
	if err := learner.CheckPredict(x, features, learner.Traits{}); err != nil {
		return nil, err
	}
	y := mat.Col(nil, r.a, x)
	for i := range y {
		y[i] += *r.mean
	}
	return y, nil
}

// frequencyClassifier answers every row with the share of each class.
type frequencyClassifier struct{ share []float64 }

func (c *frequencyClassifier) Fit(ctx context.Context, d learner.Dataset) error {
	if err := learner.CheckFit(d, learner.Classification, learner.Traits{}); err != nil {
		return err
	}
	c.share = make([]float64, len(d.Classes))
	for _, y := range d.Y {
		c.share[int(y)] += 1 / float64(len(d.Y))
	}
	return ctx.Err()
}

func (c *frequencyClassifier) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	proba, err := c.PredictProba(ctx, x)
	if err != nil {
		return nil, err
	}
	y := make([]float64, proba.RawMatrix().Rows)
	for i := range y {
		for k, p := range proba.RawRowView(i) {
			if p > proba.At(i, int(y[i])) {
				y[i] = float64(k)
			}
		}
	}
	return y, nil
}

func (c *frequencyClassifier) PredictProba(_ context.Context, x *mat.Dense) (*mat.Dense, error) {
	if c.share == nil {
		return nil, learner.ErrNotFitted
	}
	rows, _ := x.Dims()
	out := mat.NewDense(rows, len(c.share), nil)
	for i := range rows {
		out.SetRow(i, c.share)
	}
	return out, nil
}

// Gate holds fits back while it is closed, and reports when one has begun.
type Gate struct {
	Closed atomic.Bool
	Begun  chan struct{}
	Open   chan struct{}
}

func newGate() *Gate { return &Gate{Begun: make(chan struct{}, 16), Open: make(chan struct{})} }

// gatedRegressor is a meanRegressor whose fit waits at the gate.
type gatedRegressor struct {
	meanRegressor
	gate *Gate
}

func (g *gatedRegressor) Fit(ctx context.Context, d learner.Dataset) error {
	if g.gate.Closed.Load() {
		g.gate.Begun <- struct{}{}
		select {
		case <-g.gate.Open:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return g.meanRegressor.Fit(ctx, d)
}
