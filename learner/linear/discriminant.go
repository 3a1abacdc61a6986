package linear

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/learner/snapshot"
)

// Discriminant is a linear function of the features for each class, the largest
// of which wins; of two classes there is one function, which is positive for
// the second. It is what the classifiers of this package have in common; by
// itself it cannot be fitted.
type Discriminant struct {
	kind         string // of its snapshots
	hasIntercept bool
	model        functions
	fitted       bool
	ended        *learner.Convergence // of the Fit that made the model; nil if none did
}

// functions are linear functions of the same features.
type functions struct {
	classes, features int
	coef              []float64 // outputs x features
	intercept         []float64 // one per output
}

func newFunctions(classes, features int) functions {
	outputs := classes
	if classes <= 2 {
		outputs = 1
	}
	return functions{classes, features, make([]float64, outputs*features), make([]float64, outputs)}
}

func (f functions) outputs() int { return len(f.intercept) }

// certain is the score of a class that is known to be the only one, and less
// that of a class known to have no rows: exp(-certain) is as good as 0, and
// that it is finite lets it be a parameter like others.
const certain = 745

// scores writes one score per output for one row.
func (f functions) scores(row, into []float64) {
	for o := range into {
		into[o] = floats.Dot(f.coef[o*f.features:(o+1)*f.features], row) + f.intercept[o]
	}
}

// each calls do with the scores of each row of x. A row whose scores overflow is
// an error: they tell nothing then.
func (f functions) each(x *mat.Dense, do func(i int, scores []float64)) error {
	rows, _ := x.Dims()
	scores := make([]float64, f.outputs())
	for i := range rows {
		f.scores(x.RawRowView(i), scores)
		if !numeric.AllFinite(scores) {
			return overflows(i)
		}
		do(i, scores)
	}
	return nil
}

// overflows says that the row's prediction is beyond what a float64 holds.
func overflows(row int) error {
	return &learner.DataError{Row: row, Column: -1, Reason: "its values are too large: the prediction overflows"}
}

// class is the class that the scores are for.
func (f functions) class(scores []float64) int {
	switch {
	case f.classes == 1:
		return 0
	case f.classes == 2 && scores[0] > 0:
		return 1
	case f.classes == 2:
		return 0
	}
	return numeric.ArgMax(scores)
}

// check is what comes first in Predict and PredictProba.
func (m *Discriminant) check(x *mat.Dense) error {
	if !m.fitted {
		return learner.ErrNotFitted
	}
	return learner.CheckPredict(x, m.model.features, learner.Traits{})
}

// Predict returns the class of the largest score, one per row. A row whose
// scores overflow is a *learner.DataError.
func (m *Discriminant) Predict(_ context.Context, x *mat.Dense) ([]float64, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	y := make([]float64, rows)
	if err := m.model.each(x, func(i int, scores []float64) { y[i] = float64(m.model.class(scores)) }); err != nil {
		return nil, err
	}
	return y, nil
}

// proba is rows x classes probabilities, for scores that are logits: of the second of two classes, or of all for a softmax.
func (m *Discriminant) proba(x *mat.Dense) (*mat.Dense, error) {
	if err := m.check(x); err != nil {
		return nil, err
	}
	rows, _ := x.Dims()
	proba := mat.NewDense(rows, m.model.classes, nil)
	err := m.model.each(x, func(i int, scores []float64) {
		row := proba.RawRowView(i)
		switch m.model.classes {
		case 1:
			row[0] = 1
		case 2:
			small := math.Exp(-math.Abs(scores[0]))
			row[0], row[1] = small/(1+small), 1/(1+small)
			if scores[0] <= 0 {
				row[0], row[1] = row[1], row[0]
			}
		default:
			copy(row, scores)
			numeric.Softmax(row)
		}
	})
	if err != nil {
		return nil, err
	}
	return proba, nil
}

// Coefficients returns classes x features coefficients and one intercept
// per class, or one row of them and one intercept if there are two classes.
func (m *Discriminant) Coefficients() (coef *mat.Dense, intercept []float64) {
	if !m.fitted {
		return nil, nil
	}
	return mat.NewDense(m.model.outputs(), m.model.features, slices.Clone(m.model.coef)), slices.Clone(m.model.intercept)
}

// become replaces the model; ended is nil if no Fit made the new one.
func (m *Discriminant) become(f functions, ended *learner.Convergence) {
	m.model, m.fitted, m.ended = f, true, ended
}

// Convergence is how the last Fit ended.
func (m *Discriminant) Convergence() *learner.Convergence { return m.ended.Clone() }

// blocks describes the parameter vector.
func (m *Discriminant) blocks() []learner.Block {
	blocks := []learner.Block{{Name: "coef", Shape: []int{m.model.outputs(), m.model.features}, Penalised: true}}
	if m.hasIntercept {
		blocks = append(blocks, learner.Block{Name: "intercept", Shape: []int{m.model.outputs()}})
	}
	return blocks
}

func (m *Discriminant) parameters() []float64 {
	if m.hasIntercept {
		return slices.Concat(m.model.coef, m.model.intercept)
	}
	return slices.Clone(m.model.coef)
}

func (m *Discriminant) setParameters(p []float64) error {
	if err := checkParameters(p, len(m.parameters())); err != nil {
		return err
	}
	f := newFunctions(m.model.classes, m.model.features)
	copy(f.intercept, p[copy(f.coef, p):])
	m.become(f, nil)
	return nil
}

// MarshalBinary stores the fitted model; see package snapshot.
func (m *Discriminant) MarshalBinary() ([]byte, error) {
	if !m.fitted {
		return nil, learner.ErrNotFitted
	}
	w := snapshot.NewWriter(m.kind, snapshotVersion)
	w.Int(m.model.classes)
	w.Int(m.model.features)
	w.Floats(m.model.coef)
	w.Floats(m.model.intercept)
	return w.Seal(), nil
}

// UnmarshalBinary reads what MarshalBinary stored.
func (m *Discriminant) UnmarshalBinary(data []byte) error {
	r, err := snapshot.NewReader(data, m.kind, snapshotVersion)
	if err != nil {
		return err
	}
	f := functions{classes: r.Count(len(data)), features: r.Count(len(data)), coef: r.FiniteFloats(), intercept: r.FiniteFloats()}
	if want := f.classes; f.classes == 0 || len(f.intercept) != want && (want > 2 || len(f.intercept) != 1) || f.features == 0 ||
		len(f.coef) != len(f.intercept)*f.features {
		r.Failf("%d coefficients and %d intercepts for %d classes and %d features", len(f.coef), len(f.intercept), f.classes, f.features)
	}
	if err := r.Close(); err != nil {
		return err
	}
	m.become(f, nil)
	return nil
}

var _ learner.Coefficienter = (*Discriminant)(nil)
