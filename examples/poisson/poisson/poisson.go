// Package poisson is a learner of your own: Poisson regression, for counts.
// Its gradient makes it fit for the parameter server, which does the rest.
package poisson

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("poisson-regressor", registry.Entry[struct{}, *Regressor]{
		Task: learner.Regression, Summary: "Counts whose logarithm of the mean is linear in the features.", Reference: "Nelder and Wedderburn 1972",
		New: func(struct{}, learner.Env) (*Regressor, error) { return &Regressor{}, nil },
	})
}

// Regressor predicts exp(x coef + intercept).
type Regressor struct {
	p      []float64 // one coefficient per feature, then the intercept
	fitted bool
	second *mat.SymDense // Gradient adds the second derivatives, if not nil
}

// Init prepares parameters of 0.
func (m *Regressor) Init(s learner.Schema) ([]learner.Block, error) {
	if s.Task() != learner.Regression || len(s.Features) == 0 {
		return nil, fmt.Errorf("poisson regression needs features, and a target that is a number")
	}
	m.p, m.fitted = make([]float64, len(s.Features)+1), false
	return []learner.Block{{Name: "coef", Shape: []int{1, len(s.Features)}, Penalised: true}, {Name: "intercept", Shape: []int{1}}}, nil
}

// Parameters returns a copy.
func (m *Regressor) Parameters() []float64 { return slices.Clone(m.p) }

// SetParameters replaces them.
func (m *Regressor) SetParameters(p []float64) error {
	if len(p) != len(m.p) || !numeric.FiniteSum(p) {
		return fmt.Errorf("want %d finite parameters, got %d", len(m.p), len(p))
	}
	m.p, m.fitted = slices.Clone(p), true
	return nil
}

// Gradient sums up weight (mean - count log mean) over the rows, and its slopes.
func (m *Regressor) Gradient(ctx context.Context, _ learner.Step, batch learner.Dataset, into []float64) (loss, weight float64, err error) {
	if err := learner.CheckFit(batch, learner.Regression, learner.Traits{}); err != nil {
		return 0, 0, err
	}
	if len(m.p) != len(into) || batch.X.RawMatrix().Cols+1 != len(into) || slices.Min(batch.Y) < 0 {
		return 0, 0, &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("want %d columns, and counts that are not negative", len(m.p)-1)}
	}
	clear(into)
	for i, y := range batch.Y {
		row := append(mat.Row(nil, i, batch.X), 1) // for the intercept
		if w, score := batch.Weight(i), floats.Dot(m.p, row); w > 0 {
			loss, weight = loss+w*(math.Exp(score)-y*score), weight+w
			floats.AddScaled(into, w*(math.Exp(score)-y), row)
			if m.second != nil {
				m.second.SymRankOne(m.second, w*math.Exp(score), mat.NewVecDense(len(row), row))
			}
		}
	}
	return loss, weight, ctx.Err()
}

// Fit is for one process; the parameter server goes by Gradient alone. It is
// Newton's method, with steps halved until they lower the loss.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	n := train.X.RawMatrix().Cols + 1
	best, lowest, step, slope := make([]float64, n), math.MaxFloat64, mat.NewVecDense(n, nil), mat.NewVecDense(n, nil)
	for try, gain := 0, math.Inf(1); try < 300 && gain > 1e-14*math.Abs(lowest); try++ {
		at := &Regressor{p: make([]float64, n), second: mat.NewSymDense(n, nil)}
		floats.SubTo(at.p, best, step.RawVector().Data)
		loss, _, err := at.Gradient(ctx, learner.Step{}, train, slope.RawVector().Data)
		if err != nil {
			return err
		}
		if !(loss <= lowest) { // it went too far
			step.ScaleVec(0.5, step)
			continue
		}
		gain, best, lowest = lowest-loss, at.p, loss
		for j, ridge := 0, 1e-12*mat.Trace(at.second); j < n; j++ { // for columns that repeat each other
			at.second.SetSym(j, j, at.second.At(j, j)+ridge)
		}
		_ = step.SolveVec(at.second, slope) // its error is a warning
	}
	m.p, m.fitted = best, true
	return nil
}

// Predict answers the mean of each row.
func (m *Regressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(m.p)-1, learner.Traits{}); err != nil {
		return nil, err
	}
	y := make([]float64, x.RawMatrix().Rows)
	for i := range y {
		y[i] = min(math.Exp(floats.Dot(m.p[:len(m.p)-1], x.RawRowView(i))+m.p[len(m.p)-1]), math.MaxFloat64)
	}
	return y, nil
}

var _ learner.Differentiable = (*Regressor)(nil)
