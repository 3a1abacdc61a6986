// Package poisson is a learner of one's own: Poisson regression, for counts.
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
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("poisson-regressor", registry.Entry[Params, *Regressor]{
		Task: learner.Regression, Summary: "Counts whose logarithm of the mean is linear in the features.", Reference: "Nelder and Wedderburn 1972", New: New,
	})
}

// Params are its parameters in chimera.yaml: none.
type Params struct{}

// Regressor predicts exp(x coef + intercept).
type Regressor struct {
	p      []float64 // one coefficient a feature, then the intercept
	fitted bool
}

// New makes an unfitted model.
func New(Params, learner.Env) (*Regressor, error) { return &Regressor{}, nil }

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
	if total := floats.Sum(p); len(p) != len(m.p) || total-total != 0 {
		return fmt.Errorf("want %d finite parameters, got %d", len(m.p), len(p))
	}
	m.p, m.fitted = slices.Clone(p), true
	return nil
}

// Gradient sums up weight (mean - count log mean) over the rows, and its slopes.
func (m *Regressor) Gradient(ctx context.Context, _ learner.Step, batch learner.Dataset, into []float64) (loss, weight float64, err error) {
	if err := check(batch, len(into)); err != nil {
		return 0, 0, err
	}
	loss, weight = slopes(batch, m.p, into, nil)
	if total := loss + floats.Sum(into); total-total != 0 {
		if err := learner.CheckFit(batch, learner.Regression, learner.Traits{}); err != nil {
			return 0, 0, err // a value that is not finite
		}
		return 0, 0, fmt.Errorf("the mean of a row is too large: lower the learning rate")
	}
	return loss, weight, ctx.Err()
}

func check(d learner.Dataset, parameters int) error {
	if err := learner.CheckBatch(d, learner.Regression); err != nil {
		return err
	}
	if _, cols := d.X.Dims(); cols+1 != parameters {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the model %d", cols, parameters-1)}
	}
	if i := slices.IndexFunc(d.Y, func(y float64) bool { return y < 0 }); i >= 0 {
		return &learner.DataError{Row: i, Column: -1, Name: "y", Reason: "a count is not negative"}
	}
	return nil
}

// slopes sums up the loss, its gradient and, if wanted, its second derivatives.
func slopes(d learner.Dataset, p, gradient []float64, second *mat.SymDense) (loss, weight float64) {
	clear(gradient)
	row := make([]float64, len(p))
	for i, y := range d.Y {
		row[copy(row, d.X.RawRowView(i))] = 1
		w, score := d.Weight(i), floats.Dot(p, row)
		if w == 0 {
			continue
		}
		loss, weight = loss+w*(math.Exp(score)-y*score), weight+w
		floats.AddScaled(gradient, w*(math.Exp(score)-y), row)
		if second != nil {
			second.SymRankOne(second, w*math.Exp(score), mat.NewVecDense(len(row), row))
		}
	}
	return loss, weight
}

// Fit is for one process; the parameter server goes by Gradient alone. It is
// Newton's method, damped where a step would not lower the loss (Marquardt 1963).
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	if err := learner.CheckFit(train, learner.Regression, learner.Traits{}); err != nil {
		return err
	}
	n := train.X.RawMatrix().Cols + 1
	if err := check(train, n); err != nil {
		return err
	}
	p, next, best, damping, gradient := make([]float64, n), make([]float64, n), math.Inf(1), 1e-3, mat.NewVecDense(n, nil)
	var second *mat.SymDense
	for range 200 {
		if err := ctx.Err(); err != nil {
			return err
		}
		slope, bend := mat.NewVecDense(n, nil), mat.NewSymDense(n, nil)
		loss, weight := slopes(train, next, slope.RawVector().Data, bend)
		if gain := best - loss; gain >= 0 {
			p, best, damping, gradient, second = next, loss, damping/10, slope, bend
			if gain <= 1e-13*math.Abs(loss) {
				break
			}
		} else {
			damping *= 10
		}
		damped := mat.NewSymDense(n, nil)
		damped.CopySym(second)
		for j := range n {
			damped.SetSym(j, j, damped.At(j, j)+(damping+1e-9)*weight)
		}
		var step mat.VecDense
		if step.SolveVec(damped, gradient) != nil { // too close to singular: damp more
			damping *= 10
			continue
		}
		next = slices.Clone(p)
		floats.AddScaled(next, -1, step.RawVector().Data)
	}
	m.p, m.fitted = p, true
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
