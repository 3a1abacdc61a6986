package learnertest

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// answers is what a model says of some rows.
type answers struct {
	predicted []float64
	proba     *mat.Dense // nil if the model is no Classifier

	transformed *mat.Dense // nil if the model is no Transformer
}

func askOf(m learner.Estimator, x *mat.Dense) (answers, error) {
	predicted, err := m.Predict(context.Background(), x)
	if err != nil {
		return answers{}, fmt.Errorf("predict: %w", err)
	}
	a := answers{predicted: predicted}
	if c, ok := m.(learner.Classifier); ok {
		if a.proba, err = c.PredictProba(context.Background(), x); err != nil {
			return answers{}, fmt.Errorf("predict probabilities: %w", err)
		}
	}
	if t, ok := m.(learner.Transformer); ok {
		if a.transformed, err = t.Transform(context.Background(), x); err != nil {
			return answers{}, fmt.Errorf("transform: %w", err)
		}
	}
	return a, nil
}

// clone copies a, so that what the model handed out can be written over.
func (a answers) clone() answers {
	c := answers{predicted: append([]float64(nil), a.predicted...)}
	if a.proba != nil {
		c.proba = mat.DenseCopyOf(a.proba)
	}
	if a.transformed != nil {
		c.transformed = mat.DenseCopyOf(a.transformed)
	}
	return c
}

// differs describes the first bit in which b differs from a; "" if none does.
func (a answers) differs(b answers) string {
	return a.compare(b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// tolerance is how far sums in another order may move an answer, relative to
// the larger of 1 and the answer.
const tolerance = 1e-9

// leaves describes the first value of b that is further than tolerance from
// a's; "" if none is. Where probabilities say
// that a class was a close call, the class itself may differ.
func (a answers) leaves(b answers) string {
	near := func(x, y float64) bool { return x == y || math.Abs(x-y) <= tolerance*max(1, math.Abs(x)) }
	if a.proba != nil && b.proba != nil && len(a.predicted) == len(b.predicted) {
		b = b.clone()
		for i := range b.predicted {
			if closeCall(a.proba.RawRowView(i)) {
				b.predicted[i] = a.predicted[i]
			}
		}
	}
	return a.compare(b, near)
}

func (a answers) compare(b answers, equal func(x, y float64) bool) string {
	if len(a.predicted) != len(b.predicted) {
		return fmt.Sprintf("%d answers became %d", len(a.predicted), len(b.predicted))
	}
	for i, v := range a.predicted {
		if !equal(v, b.predicted[i]) {
			return fmt.Sprintf("row %d: Predict answered %v, now %v", i, v, b.predicted[i])
		}
	}
	if d := compareDense(a.proba, b.proba, equal); d != "" {
		return "PredictProba: " + d
	}
	if d := compareDense(a.transformed, b.transformed, equal); d != "" {
		return "Transform: " + d
	}
	return ""
}

// compareDense describes the first value of b that does not equal a's; "" if all do. Both may be nil.
func compareDense(a, b *mat.Dense, equal func(x, y float64) bool) string {
	if a == nil || b == nil {
		if a != b {
			return "answers on one side only"
		}
		return ""
	}
	rows, cols := a.Dims()
	if r, c := b.Dims(); r != rows || c != cols {
		return fmt.Sprintf("%d x %d values became %d x %d", rows, cols, r, c)
	}
	for i := range rows {
		for j := range cols {
			if v, w := a.At(i, j), b.At(i, j); !equal(v, w) {
				return fmt.Sprintf("row %d, column %d: it answered %v, now %v", i, j, v, w)
			}
		}
	}
	return ""
}

// row is the part of a about one row.
func (a answers) row(i int) answers {
	r := answers{predicted: a.predicted[i : i+1]}
	if a.proba != nil {
		r.proba = mat.DenseCopyOf(a.proba.Slice(i, i+1, 0, a.proba.RawMatrix().Cols))
	}
	if a.transformed != nil {
		r.transformed = mat.DenseCopyOf(a.transformed.Slice(i, i+1, 0, a.transformed.RawMatrix().Cols))
	}
	return r
}

// closeCall reports whether the two largest probabilities are as good as equal.
func closeCall(p []float64) bool {
	first, second := math.Inf(-1), math.Inf(-1)
	for _, v := range p {
		if v > first {
			first, second = v, first
		} else if v > second {
			second = v
		}
	}
	return first-second < 1e-6
}

// bitsDiffer describes the first difference in bits of two slices; "" if none.
func bitsDiffer(a, b []float64) string {
	if len(a) != len(b) {
		return fmt.Sprintf("%d values became %d", len(a), len(b))
	}
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return fmt.Sprintf("value %d was %v, now %v", i, a[i], b[i])
		}
	}
	return ""
}

// denseDiffer is bitsDiffer for matrices.
func denseDiffer(a, b *mat.Dense) string {
	rows, cols := a.Dims()
	if r, c := b.Dims(); r != rows || c != cols {
		return fmt.Sprintf("%d x %d values became %d x %d", rows, cols, r, c)
	}
	for i := range rows {
		if d := bitsDiffer(a.RawRowView(i), b.RawRowView(i)); d != "" {
			return fmt.Sprintf("row %d: %s", i, d)
		}
	}
	return ""
}
