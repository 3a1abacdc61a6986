//go:build cgo

package linear

import (
	"context"
	"errors"
	"slices"

	"github.com/sjwhitworth/golearn/linear_models"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/golearn/internal/instances"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
	"github.com/gochimera/chimera/registry"
)

func init() {
	registry.Register("golearn-linear-regression", registry.Entry[Params, *Regressor]{
		Task: learner.Regression, Summary: "golearn's least squares, for small data.", Reference: "Golub, Van Loan (2013), Matrix computations, section 5.3.3",
		Traits: traits, Cgo: true, New: New,
	})
}

// traits: golearn takes the columns in the order of a map, which changes the
// last digits.
var traits = learner.Traits{NonDeterministic: true, NotCancellable: true, WholeWeights: true}

// Params are the parameters of golearn-linear-regression.
type Params struct {
	MaxRows int `json:"max_rows" default:"3000" validate:"gte=1"`
}

// Regressor is golearn's least squares: a coefficient per feature and an
// intercept.
type Regressor struct {
	params    Params
	coef      []float64 // nil before Fit
	intercept float64
}

// New makes an unfitted regressor.
func New(p Params, _ learner.Env) (*Regressor, error) { return &Regressor{params: p}, nil }

// Fit solves for the coefficients. Row weights must be whole numbers; rows are
// repeated.
func (m *Regressor) Fit(ctx context.Context, train learner.Dataset) error {
	t, err := instances.Prepare(train, learner.Regression)
	if err != nil {
		return err
	}
	if err := t.Limit(m.params.MaxRows, "golearn's least squares takes memory that grows with their square; raise max_rows, or use "+
		"linear-regression"); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	columns, err := columnsOf(t.X, train.Features)
	if err != nil {
		return err
	}
	y, err := newColumn(t.Y, -1, "y")
	if err != nil {
		return err
	}
	kept := independent(columns)
	solution, err := solve(columns, kept, y)
	if err != nil {
		return err
	}
	coef, intercept := make([]float64, len(columns)), y.centre
	for i, j := range kept {
		coef[j] = solution[i] * y.scale / columns[j].scale
		intercept -= coef[j] * columns[j].centre
	}
	if !numeric.IsFinite(intercept) || !numeric.AllFinite(coef) {
		return errors.New("the coefficients are too large for a float: scale the features or the target")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.coef, m.intercept = coef, intercept
	return nil
}

// solve has golearn regress y on the kept columns, all centred and scaled, and
// returns their coefficients.
func solve(columns []column, kept []int, y column) ([]float64, error) {
	if len(kept) == 0 || y.scale == 0 {
		return make([]float64, len(kept)), nil
	}
	shown := instances.Columns{Features: instances.Floats("x", len(kept)), Targets: instances.Floats("y", 1)}
	train, err := shown.Grid(len(y.values))
	if err != nil {
		return nil, err
	}
	for i, v := range y.values {
		train.SetTarget(i, 0, v)
		for k, j := range kept {
			train.SetFeature(i, k, columns[j].values[i])
		}
	}
	units, err := shown.Grid(len(kept) + 1) // the last row is 0
	if err != nil {
		return nil, err
	}
	for k := range kept {
		units.SetFeature(k, k, 1)
	}
	var answers *mat.Dense
	err = instances.Call("linear regression", func() error {
		model := linear_models.NewLinearRegression()
		if err := model.Fit(train.DenseInstances); err != nil {
			return err
		}
		predicted, err := model.Predict(units.DenseInstances)
		if err != nil {
			return err
		}
		answers, err = shown.Answers(predicted)
		return err
	})
	if err != nil {
		return nil, err
	}
	solution := make([]float64, len(kept))
	for k := range solution {
		// The intercept is a rounding error, as all is centred, so nothing is lost.
		solution[k] = answers.At(k, 0) - answers.At(len(kept), 0)
	}
	return solution, nil
}

// Predict answers intercept + coefficients * row for each row of x. A row for
// which that overflows is a *learner.DataError.
func (m *Regressor) Predict(ctx context.Context, x *mat.Dense) ([]float64, error) {
	if m.coef == nil {
		return nil, learner.ErrNotFitted
	}
	if err := learner.CheckPredict(x, len(m.coef), traits); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	answers := make([]float64, rows)
	for i := range answers {
		answers[i] = m.intercept
		for j, v := range x.RawRowView(i) {
			answers[i] += m.coef[j] * v
		}
		if !numeric.IsFinite(answers[i]) {
			return nil, &learner.DataError{Row: i, Column: -1, Reason: "its values are too large: the prediction overflows"}
		}
	}
	return answers, nil
}

// Coefficients returns 1 x features coefficients and the intercept; nil before
// Fit.
func (m *Regressor) Coefficients() (coef *mat.Dense, intercept []float64) {
	if m.coef == nil {
		return nil, nil
	}
	return mat.NewDense(1, len(m.coef), slices.Clone(m.coef)), []float64{m.intercept}
}

const (
	kind            = "golearn.linear"
	snapshotVersion = 1
)

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Regressor) MarshalBinary() ([]byte, error) {
	if m.coef == nil {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(kind, snapshotVersion)
	w.Floats(m.coef)
	w.Floats([]float64{m.intercept})
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Regressor) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, kind, snapshotVersion)
	if err != nil {
		return err
	}
	coef, intercept := r.FiniteFloats(), r.FiniteFloats()
	if len(coef) == 0 || len(intercept) != 1 {
		r.Failf("%d coefficients and %d intercepts", len(coef), len(intercept))
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.coef, m.intercept = coef, intercept[0]
	return nil
}

var (
	_ learner.Estimator     = (*Regressor)(nil)
	_ learner.Coefficienter = (*Regressor)(nil)
	_ learner.Snapshotter   = (*Regressor)(nil)
)
