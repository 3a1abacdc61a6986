package linear_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/learner/numeric"
	"github.com/gochimera/chimera/registry"
)

// pseudoInverse is the minimum-norm solution of centred least squares by
// the singular values of the whole matrix.
func pseudoInverse(t *testing.T, d learner.Dataset, rank int) []float64 {
	t.Helper()
	n, features := d.X.Dims()
	x, y := mat.DenseCopyOf(d.X), mat.NewVecDense(n, append([]float64(nil), d.Y...))
	means := make([]float64, features+1)
	for j := range features {
		means[j] = floats.Sum(mat.Col(nil, j, d.X)) / float64(n)
	}
	means[features] = floats.Sum(d.Y) / float64(n)
	for i := range n {
		floats.Sub(x.RawRowView(i), means[:features])
		y.SetVec(i, y.AtVec(i)-means[features])
	}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		t.Fatal("no singular values")
	}
	var b mat.VecDense
	svd.SolveVecTo(&b, y, rank)
	coef := b.RawVector().Data
	return append(coef, means[features]-floats.Dot(coef, means[:features]))
}

func TestDependentFeatures(t *testing.T) {
	base := random(1, 40, 3, constant(1), constant(2))
	combine := func(columns ...func(row []float64) float64) learner.Dataset {
		d := learner.Dataset{X: mat.NewDense(40, len(columns), nil), Y: base.Y}
		for i := range 40 {
			for j, f := range columns {
				d.X.Set(i, j, f(base.X.RawRowView(i)))
			}
		}
		return d
	}
	a := func(r []float64) float64 { return r[0] }
	b := func(r []float64) float64 { return r[1] }
	c := func(r []float64) float64 { return r[2] }
	for _, tc := range []struct {
		name string
		data learner.Dataset
		rank int
	}{
		{"a column twice", combine(a, b, a), 2},
		{"a sum of two columns", combine(a, b, c, func(r []float64) float64 { return r[0] + r[1] }), 3},
		{"the same in other units", combine(a, func(r []float64) float64 { return 1000 * r[0] }), 1},
		{"a constant column", combine(a, func([]float64) float64 { return 0.1 }, c), 2},
		{"only zeros", combine(func([]float64) float64 { return 0 }), 0},
		{"more features than rows", random(2, 5, 12, constant(1), constant(0)), 4},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := fitted(t, "linear-regression", `{}`, tc.data)
			if tc.rank == 0 {
				if got[0] != 0 {
					t.Errorf("coefficient %v, want 0", got[0])
				}
				return
			}
			want := pseudoInverse(t, tc.data, tc.rank)
			for j := range want {
				if math.Abs(got[j]-want[j]) > 1e-10*max(1, floats.Norm(want, 2)) {
					t.Errorf("coefficient %d: got %v, want %v", j, got[j], want[j])
				}
			}
		})
	}
}

func TestExtremeValues(t *testing.T) {
	huge := random(1, 30, 2, constant(1e300), constant(0))
	near(t, fitted(t, "linear-regression", `{}`, huge), exact(huge, 0, true), 1e-10)
	m, err := registry.New("linear-regression", nil, learner.Env{})
	if err != nil {
		t.Fatal(err)
	}
	tiny := learner.Dataset{X: mat.NewDense(3, 1, []float64{0, 1e-200, 2e-200}), Y: []float64{0, 1e200, 2e200}}
	if err := m.Fit(context.Background(), tiny); err == nil {
		t.Error("a coefficient of 1e400: no error")
	}
}

func TestPeersScore(t *testing.T) {
	for _, tc := range []struct {
		learner string
		r2      float64
	}{
		{"linear-regression", 0.3594},
		{"ridge", 0.3570},
	} {
		t.Run(tc.learner, func(t *testing.T) {
			train, test := testdata.Load(t, "diabetes")
			m, err := registry.New(tc.learner, nil, learner.Env{})
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Fit(context.Background(), train); err != nil {
				t.Fatal(err)
			}
			y, err := m.Predict(context.Background(), test.X)
			if err != nil {
				t.Fatal(err)
			}
			if got := r2(y, test.Y); math.Abs(got-tc.r2) > 0.0005 {
				t.Errorf("R2 %.4f, scikit-learn has %.4f", got, tc.r2)
			}
		})
	}
}

func r2(predicted, y []float64) float64 {
	mean := floats.Sum(y) / float64(len(y))
	var residual, total float64
	for i, v := range y {
		residual += (v - predicted[i]) * (v - predicted[i])
		total += (v - mean) * (v - mean)
	}
	return 1 - residual/total
}

// TestHugeValues: values at the end of what a float64 holds give a model or an
// error, never a panic or a model of NaN.
func TestHugeValues(t *testing.T) {
	for _, size := range []float64{1e-300, 1e150, 1e300, 1.7e308} {
		for _, name := range []string{"linear-regression", "ridge", "lasso", "elastic-net", "logistic-regression", "linear-svc"} {
			for _, params := range []string{`{}`, `{"fit_intercept": false}`, `{"penalty": "l1"}`, `{"penalty": "none"}`, `{"loss": "hinge"}`} {
				d := random(1, 30, 2, constant(1), constant(0))
				largest := mat.Max(d.X)
				d.X.Apply(func(_, _ int, v float64) float64 { return math.Min(math.Max(v/largest, -1), 1) * size }, d.X)
				if name == "logistic-regression" || name == "linear-svc" {
					d = labelled(d, 3)
				}
				m, err := registry.New(name, []byte(params), learner.Env{})
				if err != nil {
					continue // not a parameter of this learner
				}
				if err := m.Fit(context.Background(), d); err != nil {
					t.Logf("%s %s, %g: %v", name, params, size, err)
					continue
				}
				coef, intercept := m.(learner.Coefficienter).Coefficients()
				for _, v := range append(append([]float64(nil), coef.RawMatrix().Data...), intercept...) {
					if !numeric.IsFinite(v) {
						t.Errorf("%s %s, %g: a coefficient of %v", name, params, size, v)
					}
				}
				t.Logf("%s %s, %g: %v", name, params, size, coef.RawMatrix().Data)
			}
		}
	}
}
