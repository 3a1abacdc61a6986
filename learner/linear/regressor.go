package linear

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/kernel"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Regressor is a linear function of the features. It is what the regressors of
// this package have in common; by itself it cannot be fitted, but a parameter
// server can train it.
//
// Its parameters are the coefficients, one per feature, then the intercept if it
// has one. The loss of a row is half the squared error, (y - prediction)^2 / 2.
type Regressor struct {
	kind         string // of its snapshots
	hasIntercept bool
	model        function
	fitted       bool
}

// function is x -> x coef + intercept.
type function struct {
	coef      []float64
	intercept float64
}

// Predict returns x coef + intercept, one per row. A row for which that overflows
// is a *learner.DataError.
func (m *Regressor) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(m.model.coef), learner.Traits{}); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	for i := range y {
		if y[i] = m.model.at(x.RawRowView(i)); !numeric.IsFinite(y[i]) {
			return nil, overflows(i)
		}
	}
	return y, nil
}

func (f function) at(row []float64) float64 { return floats.Dot(f.coef, row) + f.intercept }

// Coefficients returns 1 x features coefficients and one intercept.
func (m *Regressor) Coefficients() (coef *mat.Dense, intercept []float64) {
	if !m.fitted {
		return nil, nil
	}
	return mat.NewDense(1, len(m.model.coef), append([]float64(nil), m.model.coef...)), []float64{m.model.intercept}
}

// become replaces the model.
func (m *Regressor) become(f function) { m.model, m.fitted = f, true }

// Init sets all parameters to 0.
func (m *Regressor) Init(s learner.Schema) ([]learner.Block, error) {
	if err := checkSchema(s, learner.Regression); err != nil {
		return nil, err
	}
	m.model, m.fitted = function{coef: make([]float64, len(s.Features))}, false
	blocks := []learner.Block{{Name: "coef", Shape: []int{len(s.Features)}, Penalised: true}}
	if m.hasIntercept {
		blocks = append(blocks, learner.Block{Name: "intercept", Shape: []int{1}})
	}
	return blocks, nil
}

func checkSchema(s learner.Schema, task learner.Task) error {
	if len(s.Features) == 0 {
		return &learner.DataError{Row: -1, Column: -1, Reason: "the schema names no features"}
	}
	if s.Task() != task {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("the schema is for %s, the learner for %s", s.Task(), task)}
	}
	return nil
}

// Parameters returns the coefficients, then the intercept if there is one.
func (m *Regressor) Parameters() []float64 {
	p := append([]float64(nil), m.model.coef...)
	if m.hasIntercept && m.model.coef != nil {
		p = append(p, m.model.intercept)
	}
	return p
}

// SetParameters is the inverse of Parameters.
func (m *Regressor) SetParameters(p []float64) error {
	if err := checkParameters(p, len(m.Parameters())); err != nil {
		return err
	}
	features := len(m.model.coef)
	f := function{coef: append([]float64(nil), p[:features]...)}
	if m.hasIntercept {
		f.intercept = p[features]
	}
	m.become(f)
	return nil
}

var errNoParameters = errors.New("the model has no parameters yet: call Init or Fit first")

func checkParameters(p []float64, want int) error {
	if want == 0 {
		return errNoParameters
	}
	if len(p) != want {
		return fmt.Errorf("%d parameters given, the model has %d", len(p), want)
	}
	if i := numeric.FirstNotFinite(p); i >= 0 {
		return fmt.Errorf("parameter %d is %v", i, p[i])
	}
	return nil
}

// checkGradient checks what is common to the gradients of this package.
func checkGradient(ctx context.Context, d learner.Dataset, task learner.Task, features, parameters, into int) error {
	if parameters == 0 {
		return errNoParameters
	}
	if into != parameters {
		return fmt.Errorf("room for %d derivatives, the model has %d parameters", into, parameters)
	}
	if err := learner.CheckBatch(d, task); err != nil {
		return err
	}
	if _, cols := d.X.Dims(); cols != features {
		return &learner.DataError{Row: -1, Column: -1, Reason: fmt.Sprintf("X has %d columns, the model has %d features", cols, features)}
	}
	return ctx.Err()
}

// Gradient is the gradient of sum of weight (y - prediction)^2 / 2.
func (m *Regressor) Gradient(ctx context.Context, _ learner.Step, batch learner.Dataset, into []float64) (lossSum, weight float64, err error) {
	features := len(m.model.coef)
	if err := checkGradient(ctx, batch, learner.Regression, features, len(m.Parameters()), len(into)); err != nil {
		return 0, 0, err
	}
	clear(into)
	var block [panelRows]float64
	raw := batch.X.RawMatrix()
	step := cachedRows(features)
	for from := 0; from < raw.Rows; from += step {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		residual := block[:min(step, raw.Rows-from)]
		x := blas64.General{Rows: len(residual), Cols: features, Stride: raw.Stride, Data: raw.Data[from*raw.Stride:]}
		kernel.Dots(residual, x, m.model.coef, m.model.intercept)
		for i, v := range residual {
			w := batch.Weight(from + i)
			r := v - batch.Y[from+i]
			lossSum += w * r * r / 2
			weight += w
			residual[i] = w * r
		}
		kernel.AddRows(into[:features], x, residual)
		if m.hasIntercept {
			into[features] += floats.Sum(residual)
		}
	}
	return lossSum, weight, checkFiniteSum(batch, learner.Regression, lossSum, into)
}

// checkFiniteSum looks for a value in the batch that is not finite only if
// the result is not: it would have made it so.
func checkFiniteSum(batch learner.Dataset, task learner.Task, loss float64, gradient []float64) error {
	if numeric.IsFinite(loss) && numeric.AllFinite(gradient) {
		return nil
	}
	if err := learner.CheckFit(batch, task, learner.Traits{}); err != nil {
		return err
	}
	return errors.New("the gradient overflows: the parameters or the features are too large; rescale the features, or lower the learning rate")
}

const snapshotVersion = 1

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(m.kind, snapshotVersion)
	w.Floats(m.model.coef)
	w.Float(m.model.intercept)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, m.kind, snapshotVersion)
	if err != nil {
		return err
	}
	f := function{coef: r.FiniteFloats(), intercept: r.Float()}
	if len(f.coef) == 0 || !numeric.IsFinite(f.intercept) {
		r.Failf("%d coefficients and an intercept of %v", len(f.coef), f.intercept)
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.become(f)
	return nil
}

var _ learner.Coefficienter = (*Regressor)(nil)
