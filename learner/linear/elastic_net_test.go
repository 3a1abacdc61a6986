package linear_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/gochimera/chimera/learner"
	"github.com/gochimera/chimera/registry"
)

// TestElasticNetOptimality checks the conditions that hold at the minimum and
// nowhere else (Friedman, Hastie, Tibshirani 2010, section 2), from the data: the
// slope of the squared error by a coefficient is the penalty's, or, where the
// coefficient is 0, at most that.
func TestElasticNetOptimality(t *testing.T) {
	correlated := random(7, 90, 6, constant(1), constant(3))
	for i := range 90 {
		correlated.X.Set(i, 5, correlated.X.At(i, 4)+0.1*correlated.X.At(i, 5))
	}
	units := random(8, 80, 5, func(j int) float64 { return math.Pow(100, float64(j-2)) }, constant(1))
	weighted := random(9, 70, 4, constant(1), constant(0))
	weighted.Weights = make([]float64, 70)
	for i := range weighted.Weights {
		weighted.Weights[i] = float64(i % 4)
	}
	for _, tc := range []struct {
		name string
		data learner.Dataset
	}{
		{"correlated", correlated}, {"columns in other units", units}, {"weighted", weighted},
		{"more features than rows", random(10, 12, 30, constant(1), constant(0))},
	} {
		for _, alpha := range []float64{0.01, 1, 3} {
			for _, ratio := range []float64{0.1, 0.5, 1} {
				for _, intercept := range []bool{true, false} {
					t.Run(fmt.Sprintf("%s/alpha=%g/l1_ratio=%g/intercept=%v", tc.name, alpha, ratio, intercept), func(t *testing.T) {
						params := fmt.Sprintf(`{"alpha": %g, "l1_ratio": %g, "fit_intercept": %v, "tol": 1e-14, "max_iter": 200000}`, alpha, ratio, intercept)
						checkElasticNet(t, tc.data, fitted(t, "elastic-net", params, tc.data), alpha*ratio, alpha*(1-ratio), intercept)
					})
				}
			}
		}
	}
}

func checkElasticNet(t *testing.T, d learner.Dataset, b []float64, l1, l2 float64, intercept bool) {
	t.Helper()
	n, features := d.X.Dims()
	slope := make([]float64, features+1)
	size := make([]float64, features+1)
	var weight float64
	for i := range n {
		weight += d.Weight(i)
	}
	for i := range n {
		residual := d.Y[i] - b[features]
		for j := range features {
			residual -= b[j] * d.X.At(i, j)
		}
		w := d.Weight(i) / weight
		for j := range features {
			slope[j] += w * residual * d.X.At(i, j)
			size[j] += w * math.Abs(d.Y[i]*d.X.At(i, j))
		}
		slope[features] += w * residual
		size[features] += w * math.Abs(d.Y[i])
	}
	if intercept && math.Abs(slope[features]) > 1e-9*size[features] {
		t.Errorf("the residuals' mean is %v", slope[features])
	}
	zeros := 0
	for j := range features {
		tolerance := 1e-5 * max(size[j], l1)
		if b[j] == 0 {
			zeros++
			if math.Abs(slope[j]) > l1+tolerance {
				t.Errorf("coefficient %d is 0 but its slope is %v, above %v", j, slope[j], l1)
			}
			continue
		}
		if want := math.Copysign(l1, b[j]) + l2*b[j]; math.Abs(slope[j]-want) > tolerance {
			t.Errorf("coefficient %d is %v: its slope is %v, want %v", j, b[j], slope[j], want)
		}
	}
	t.Logf("%d of %d coefficients are 0", zeros, features)
}

// TestLassoOfOrthogonalFeatures: there the solution is known, each
// least-squares coefficient moved towards 0 by alpha.
func TestLassoOfOrthogonalFeatures(t *testing.T) {
	d := learner.Dataset{
		X: mat.NewDense(4, 3, []float64{1, 1, 1, 1, -1, -1, -1, 1, -1, -1, -1, 1}),
		Y: make([]float64, 4),
	}
	for i := range 4 {
		d.Y[i] = 10 + 5*d.X.At(i, 0) - 2*d.X.At(i, 1) + 0.5*d.X.At(i, 2)
	}
	got := fitted(t, "lasso", `{"alpha": 0.75, "tol": 0}`, d)
	want := []float64{4.25, -1.25, 0, 10}
	for j, w := range want {
		if math.Abs(got[j]-w) > 1e-12 {
			t.Errorf("coefficient %d: got %v, want %v", j, got[j], w)
		}
	}
}

// TestElasticNetEnds: without absolute values it is ridge with alpha W, without a penalty linear regression.
func TestElasticNetEnds(t *testing.T) {
	d := random(3, 50, 4, constant(1), constant(1))
	near(t, fitted(t, "elastic-net", `{"alpha": 0.3, "l1_ratio": 0}`, d), exact(d, 0.3*50, true), 1e-10)
	near(t, fitted(t, "lasso", `{"alpha": 0}`, d), exact(d, 0, true), 1e-10)
}

func TestElasticNetSaysWhenItStopsEarly(t *testing.T) {
	var log bytes.Buffer
	m, err := registry.New("lasso", []byte(`{"alpha": 0.001, "max_iter": 1, "tol": 1e-12}`), learner.Env{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	d := random(3, 50, 4, constant(1), constant(1))
	for i := range 50 {
		d.X.Set(i, 1, d.X.At(i, 0)+0.1*d.X.At(i, 1))
	}
	if err := m.Fit(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "did not converge") {
		t.Errorf("the log says %q", log.String())
	}
}
