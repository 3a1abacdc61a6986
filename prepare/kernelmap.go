package prepare

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
)

// redundant is how little of a landmark, whose kernel with itself is 1, the landmarks before it may leave unexplained.
const redundant = 1e-10

// kernelMap is a Kernel made ready for rows.
type kernelMap struct {
	*Kernel
	weights *mat.Dense  // of RBFSampler: components x features
	offsets []float64   // of RBFSampler
	factor  [][]float64 // of Nystroem: L, its lower triangle row by row
}

// compile makes an approximation ready for rows of so many features.
func (k *Kernel) compile(features int) *kernelMap {
	m := &kernelMap{Kernel: k}
	if k.By == Nystroem {
		m.factor = k.cholesky()
		return m
	}
	m.weights, m.offsets = k.waves(features)
	return m
}

// waves draws the frequencies (components x features) and the phases of RBFSampler.
func (k *Kernel) waves(features int) (weights *mat.Dense, offsets []float64) {
	random := learner.NewRand(k.Seed)
	weights, offsets = mat.NewDense(k.Components, features, nil), make([]float64, k.Components)
	spread := math.Sqrt(2 * k.Gamma)
	for i := range offsets { // component by component: those of fewer components are the first of more
		for j := range features {
			weights.Set(i, j, spread*random.NormFloat64())
		}
		offsets[i] = 2 * math.Pi * random.Float64()
	}
	return weights, offsets
}

// rbf is the kernel of two rows.
func rbf(gamma float64, a, b []float64) float64 {
	sum := 0.0
	for j, v := range a {
		d := v - b[j]
		sum += d * d
	}
	return math.Exp(-gamma * sum)
}

// cholesky is the factor L of the landmarks' kernel.
func (k *Kernel) cholesky() [][]float64 {
	factor := make([][]float64, len(k.Landmarks))
	for i, row := range k.Landmarks {
		l := make([]float64, i+1)
		for j := range i {
			l[j] = (rbf(k.Gamma, row, k.Landmarks[j]) - floats.Dot(l[:j], factor[j][:j])) / factor[j][j]
		}
		l[i] = math.Sqrt(max(1-floats.Dot(l[:i], l[:i]), redundant)) // it was more when landmarks were chosen, but for rounding
		factor[i] = l
	}
	return factor
}

// pivots orders the rows so that each is the one that those before it explain least (Fine and Scheinberg 2001,
// "Efficient SVM training using low-rank kernel representations"), and leaves out those that they explain.
func pivots(gamma float64, rows [][]float64) []int {
	left := make([]float64, len(rows)) // of each row, what is unexplained; negative once it is taken
	factor := make([][]float64, len(rows))
	for i := range left {
		left[i] = 1
	}
	var order []int
	for len(order) < len(rows) {
		next := 0
		for i, v := range left {
			if v > left[next] {
				next = i
			}
		}
		if left[next] <= redundant {
			break
		}
		root := math.Sqrt(left[next])
		left[next] = -1
		for i := range rows {
			if left[i] < 0 {
				continue
			}
			l := (rbf(gamma, rows[i], rows[next]) - floats.Dot(factor[i], factor[next])) / root
			factor[i] = append(factor[i], l)
			left[i] = max(left[i]-l*l, 0)
		}
		order = append(order, next)
	}
	return order
}

// apply is the components of rows of features.
func (m *kernelMap) apply(ctx context.Context, x *mat.Dense) (*mat.Dense, error) {
	rows, features := x.Dims()
	out := mat.NewDense(rows, m.Components, nil)
	step := blockRows(features + m.Components)
	for i := range rows {
		if i%step == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row := x.RawRowView(i)
		for j, v := range row {
			if !finite(v) {
				return nil, &learner.DataError{Row: i, Column: -1, Reason: fmt.Sprintf(
					"feature %d of the row is %v, and an approximated kernel needs a number: set prepare.impute, or leave the column out", j, v)}
			}
		}
		if m.By == Nystroem {
			m.compare(out.RawRowView(i), row)
		} else {
			m.wave(out.RawRowView(i), row)
		}
	}
	return out, nil
}

// wave writes the components of a row by RBFSampler.
func (m *kernelMap) wave(out, row []float64) {
	height := math.Sqrt(2 / float64(m.Components))
	for k := range out {
		out[k] = height * math.Cos(floats.Dot(m.weights.RawRowView(k), row)+m.offsets[k])
	}
}

// compare writes the components of a row by Nystroem: L^-1 times its kernel with the landmarks.
func (m *kernelMap) compare(out, row []float64) {
	for k, landmark := range m.Landmarks {
		l := m.factor[k]
		out[k] = (rbf(m.Gamma, row, landmark) - floats.Dot(l[:k], out[:k])) / l[k]
	}
}
