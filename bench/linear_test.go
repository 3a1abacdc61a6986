package bench_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/bench/shapes"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/linear"
)

// plainRidge is ridge as one writes it with gonum: the normal equations of
// centred data by Cholesky's factorisation. It returns the coefficients.
func plainRidge(d learner.Dataset, alpha float64) ([]float64, error) {
	rows, cols := d.X.Dims()
	n, y := float64(rows), mat.NewVecDense(rows, d.Y)
	ones := mat.NewVecDense(rows, nil)
	for i := range rows {
		ones.SetVec(i, 1)
	}
	var mean, xy mat.VecDense
	mean.MulVec(d.X.T(), ones)
	mean.ScaleVec(1/n, &mean)
	xy.MulVec(d.X.T(), y)
	xy.AddScaledVec(&xy, -mat.Sum(y), &mean)

	gram := mat.NewSymDense(cols, nil)
	gram.SymOuterK(1, d.X.T())
	gram.SymRankOne(gram, -n, &mean)
	for j := range cols {
		gram.SetSym(j, j, gram.At(j, j)+alpha)
	}
	var chol mat.Cholesky
	if !chol.Factorize(gram) {
		return nil, errors.New("the Gram matrix is singular")
	}
	var coef mat.VecDense
	err := chol.SolveVecTo(&coef, &xy)
	return coef.RawVector().Data, err
}

// BenchmarkLinear fits least squares and ridge to 276,967 rows x 34 columns.
func BenchmarkLinear(b *testing.B) {
	d := shapes.Heart(1)
	for _, c := range []struct {
		name, work string
		alpha      float64
	}{{"linear-regression", "linear_regression_heart", 0}, {"ridge", "ridge_heart", 1}} {
		for _, procs := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/procs=%d", c.name, procs), func(b *testing.B) {
				m := fitted(b, c.name, "", procs, d)
				ours, _ := m.(learner.Coefficienter).Coefficients()
				theirs, err := plainRidge(d, c.alpha)
				if err != nil {
					b.Fatal(err)
				}
				if !floats.EqualApprox(ours.RawRowView(0), theirs, 1e-8) {
					b.Fatalf("the two disagree: %v and %v", ours.RawRowView(0), theirs)
				}
				took := compare(b, "gonum",
					func() error { return m.Fit(b.Context(), d) },
					func() error { _, err := plainRidge(d, c.alpha); return err })
				besidePeers(b, c.work, took)
			})
		}
	}
}

// plainLogistic is logistic regression of two classes as one writes it with
// gonum: the data standardised, two products with it a gradient.
type plainLogistic struct {
	x      *mat.Dense // standardised, and a column of ones
	y      []float64
	sd     []float64 // the penalty, of strength 1, is on the data's own scale
	mean   []float64
	scores *mat.VecDense
}

func newPlainLogistic(d learner.Dataset) *plainLogistic {
	rows, cols := d.X.Dims()
	p := &plainLogistic{x: mat.NewDense(rows, cols+1, nil), y: d.Y, scores: mat.NewVecDense(rows, nil)}
	for j := range cols {
		column := mat.Col(nil, j, d.X)
		mean, sd := stat.PopMeanStdDev(column, nil)
		p.mean, p.sd = append(p.mean, mean), append(p.sd, sd)
		for i, v := range column {
			p.x.Set(i, j, (v-mean)/sd)
		}
	}
	for i := range rows {
		p.x.Set(i, cols, 1)
	}
	return p
}

// at is the mean loss with its penalty at v; it writes the gradient.
func (p *plainLogistic) at(gradient, v []float64) float64 {
	n := float64(len(p.y))
	p.scores.MulVec(p.x, mat.NewVecDense(len(v), v))
	var loss float64
	for i, s := range p.scores.RawVector().Data {
		loss += max(s, 0) - p.y[i]*s + math.Log1p(math.Exp(-math.Abs(s)))
		p.scores.SetVec(i, (1/(1+math.Exp(-s))-p.y[i])/n)
	}
	loss /= n
	mat.NewVecDense(len(v), gradient).MulVec(p.x.T(), p.scores)
	for j, sd := range p.sd {
		loss += v[j] * v[j] / (sd * sd) / (2 * n)
		gradient[j] += v[j] / (sd * sd) / n
	}
	return loss
}

// minimum stops where our learner does: no derivative beyond 0.0001.
func (p *plainLogistic) minimum() (float64, error) {
	var last []float64 // gonum asks for the value and the gradient one by one
	var value float64
	gradient := make([]float64, len(p.sd)+1)
	at := func(v []float64) {
		if !slices.Equal(v, last) {
			last = append(last[:0], v...)
			value = p.at(gradient, v)
		}
	}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(v []float64) float64 { at(v); return value },
		Grad: func(into, v []float64) { at(v); copy(into, gradient) },
	}, make([]float64, len(p.sd)+1), &optimize.Settings{GradientThreshold: 1e-4, Converger: optimize.NeverTerminate{}}, &optimize.LBFGS{})
	if err != nil {
		return 0, err
	}
	return result.F, nil
}

// BenchmarkLogisticRegression fits 190,260 rows x 21 columns.
func BenchmarkLogisticRegression(b *testing.B) {
	d := shapes.Diabetes(1)
	for _, procs := range []int{1, 2} {
		b.Run(fmt.Sprintf("procs=%d", procs), func(b *testing.B) {
			m := fitted(b, "logistic-regression", "", procs, d)
			coef, intercept := m.(learner.Coefficienter).Coefficients()
			plain := newPlainLogistic(d)
			theirs, err := plain.minimum()
			if err != nil {
				b.Fatal(err)
			}
			v := make([]float64, len(plain.sd)+1)
			floats.MulTo(v[:len(plain.sd)], coef.RawRowView(0), plain.sd)
			v[len(plain.sd)] = intercept[0] + floats.Dot(coef.RawRowView(0), plain.mean)
			if ours := plain.at(make([]float64, len(v)), v); math.Abs(ours-theirs) > 1e-6 {
				b.Fatalf("the two disagree: a mean loss of %v and %v", ours, theirs)
			}
			took := compare(b, "gonum",
				func() error { return m.Fit(b.Context(), d) },
				func() error { _, err := newPlainLogistic(d).minimum(); return err })
			besidePeers(b, "logistic_regression_diabetes", took)
		})
	}
}
