package linear_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// exact solves the least-squares problem with a ridge of alpha in rational
// numbers: the normal equations by Gauss elimination, without any rounding.
// It returns the coefficients, then the intercept if there is one. It shares
// nothing with the package.
func exact(d learner.Dataset, alpha float64, intercept bool) []float64 {
	n, features := d.X.Dims()
	columns := features
	if intercept {
		columns++
	}
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	a := make([][]*big.Rat, columns) // normal equations, the right-hand side last
	for i := range a {
		a[i] = make([]*big.Rat, columns+1)
		for j := range a[i] {
			a[i][j] = new(big.Rat)
		}
		if i < features {
			a[i][i] = rat(alpha)
		}
	}
	for r := range n {
		row := make([]*big.Rat, 0, columns+1)
		for j := range features {
			row = append(row, rat(d.X.At(r, j)))
		}
		if intercept {
			row = append(row, rat(1))
		}
		row = append(row, rat(d.Y[r]))
		w := rat(d.Weight(r))
		for i := range columns {
			for j := range row {
				term := new(big.Rat).Mul(row[i], row[j])
				a[i][j].Add(a[i][j], term.Mul(term, w))
			}
		}
	}
	for i := range a {
		for k := i; a[i][i].Sign() == 0; k++ {
			a[i], a[k] = a[k], a[i]
		}
		for k := range a {
			if k == i || a[k][i].Sign() == 0 {
				continue
			}
			f := new(big.Rat).Quo(a[k][i], a[i][i])
			for j := i; j <= columns; j++ {
				a[k][j].Sub(a[k][j], new(big.Rat).Mul(f, a[i][j]))
			}
		}
	}
	b := make([]float64, columns)
	for i := range b {
		b[i], _ = new(big.Rat).Quo(a[i][columns], a[i][i]).Float64()
	}
	return b
}

// random is a data set of independent normal features, the j-th multiplied by
// scale(j) and moved by shift(j).
func random(seed uint64, n, features int, scale, shift func(j int) float64) learner.Dataset {
	rng := learner.NewRand(seed)
	d := learner.Dataset{X: mat.NewDense(n, features, nil), Y: make([]float64, n)}
	for i := range n {
		for j := range features {
			z := rng.NormFloat64()
			d.X.Set(i, j, z*scale(j)+shift(j))
			d.Y[i] += z * float64(j+1)
		}
		d.Y[i] += rng.NormFloat64()
	}
	return d
}

func constant(v float64) func(int) float64 { return func(int) float64 { return v } }

// fitted is the named learner fitted to d; it returns coefficients and, if
// there is one, the intercept.
func fitted(tb testing.TB, name, params string, d learner.Dataset) []float64 {
	tb.Helper()
	m, err := registry.New(name, []byte(params), learner.Env{Procs: 2})
	if err != nil {
		tb.Fatal(err)
	}
	if err := m.Fit(context.Background(), d); err != nil {
		tb.Fatal(err)
	}
	coef, intercept := m.(learner.Coefficienter).Coefficients()
	return append(mat.Row(nil, 0, coef), intercept...)
}

// near checks got against want, each value to rel, relative to itself.
func near(t *testing.T, got, want []float64, rel float64) {
	t.Helper()
	for i, w := range want {
		if !(math.Abs(got[i]-w) <= rel*math.Abs(w)) {
			t.Errorf("coefficient %d: got %.17g, want %.17g, off by %.1e of it", i, got[i], w, math.Abs(got[i]-w)/math.Abs(w))
		}
	}
}

func powers(x []float64, degree int, y func(float64) float64) learner.Dataset {
	d := learner.Dataset{X: mat.NewDense(len(x), degree, nil), Y: make([]float64, len(x))}
	for i, v := range x {
		for j := range degree {
			d.X.Set(i, j, math.Pow(v, float64(j+1)))
		}
		d.Y[i] = y(v)
	}
	return d
}

func upTo(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i)
	}
	return x
}

// cases are data sets from easy to nasty, with the digits to expect.
func cases() []struct {
	name string
	data learner.Dataset
	rel  float64
} {
	weighted := random(2, 60, 4, constant(1), constant(0))
	weighted.Weights = make([]float64, 60)
	for i := range weighted.Weights {
		weighted.Weights[i] = float64(i%5) / 2
	}
	almostEqual := random(5, 80, 3, constant(1), constant(0)) // two columns that differ in the 6th digit: condition 1e6
	for i := range 80 {
		almostEqual.X.Set(i, 2, almostEqual.X.At(i, 1)+1e-6*almostEqual.X.At(i, 2))
	}
	return []struct {
		name string
		data learner.Dataset
		rel  float64
	}{
		{"well conditioned", random(1, 50, 5, constant(1), constant(0)), 1e-12},
		{"weighted", weighted, 1e-12},
		{"columns from 1e-12 to 1e12", random(3, 60, 5, func(j int) float64 { return math.Pow(10, float64(6*j-12)) }, constant(0)), 1e-11},
		{"means a million times the spread", random(4, 60, 4, constant(1), constant(1e6)), 1e-8},
		{"two columns nearly equal", almostEqual, 1e-8},
		{"Wampler's polynomial of degree 5", powers(upTo(21), 5, func(x float64) float64 { return 1 + x + x*x + x*x*x + x*x*x*x + x*x*x*x*x }), 1e-8},
		{"a polynomial of degree 8", powers(upTo(21), 8, math.Sqrt), 1e-8},
	}
}

func TestLinearRegressionIsExact(t *testing.T) {
	for _, tc := range cases() {
		t.Run(tc.name, func(t *testing.T) {
			near(t, fitted(t, "linear-regression", `{}`, tc.data), exact(tc.data, 0, true), tc.rel)
			near(t, fitted(t, "linear-regression", `{"fit_intercept": false}`, tc.data), exact(tc.data, 0, false), tc.rel)
		})
	}
}

// TestLongley uses the data by which J. W. Longley (1967) showed how programs
// for least squares lose their digits, with NIST's certified coefficients.
func TestLongley(t *testing.T) {
	d := learner.Dataset{
		X: mat.NewDense(16, 6, []float64{
			83.0, 234289, 2356, 1590, 107608, 1947,
			88.5, 259426, 2325, 1456, 108632, 1948,
			88.2, 258054, 3682, 1616, 109773, 1949,
			89.5, 284599, 3351, 1650, 110929, 1950,
			96.2, 328975, 2099, 3099, 112075, 1951,
			98.1, 346999, 1932, 3594, 113270, 1952,
			99.0, 365385, 1870, 3547, 115094, 1953,
			100.0, 363112, 3578, 3350, 116219, 1954,
			101.2, 397469, 2904, 3048, 117388, 1955,
			104.6, 419180, 2822, 2857, 118734, 1956,
			108.4, 442769, 2936, 2798, 120445, 1957,
			110.8, 444546, 4681, 2637, 121950, 1958,
			112.6, 482704, 3813, 2552, 123366, 1959,
			114.2, 502601, 3931, 2514, 125368, 1960,
			115.7, 518173, 4806, 2572, 127852, 1961,
			116.9, 554894, 4007, 2827, 130081, 1962,
		}),
		Y: []float64{60323, 61122, 60171, 61187, 63221, 63639, 64989, 63761, 66019, 67857, 68169, 66513, 68655, 69564, 69331, 70551},
	}
	near(t, fitted(t, "linear-regression", `{}`, d), []float64{
		15.0618722713733, -0.358191792925910e-01, -2.02022980381683, -1.03322686717359, -0.511041056535807e-01, 1829.15146461355, -3482258.63459582,
	}, 1e-10)
}

func TestRidgeIsExact(t *testing.T) {
	for _, tc := range cases() {
		for _, alpha := range []float64{1e-9, 1, 1e4} {
			t.Run(fmt.Sprintf("%s/alpha=%g", tc.name, alpha), func(t *testing.T) {
				for _, intercept := range []bool{true, false} {
					params := fmt.Sprintf(`{"alpha": %g, "fit_intercept": %v}`, alpha, intercept)
					near(t, fitted(t, "ridge", params, tc.data), exact(tc.data, alpha, intercept), 1e-8)
				}
			})
		}
	}
}
