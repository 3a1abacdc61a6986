package sgd_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"github.com/gochimera/chimera/learner"
)

// whole are parameters for gradient descent on all rows, to the end.
const whole = `"batch_size": 1000, "learning_rate": "constant", "eta0": %v, "tol": 0, "max_iter": %d`

// Long runs of squared_error with l2 reach the solution of ridge's normal
// equations.
func TestReachesRidge(t *testing.T) {
	d := data(80, 0)
	for _, intercept := range []bool{true, false} {
		for _, standard := range []bool{true, false} {
			t.Run(fmt.Sprintf("intercept %t, standardize %t", intercept, standard), func(t *testing.T) {
				const alpha = 0.05
				n := newNaive(d, "squared_error", 0, alpha, intercept, standard)
				a, b := mat.NewDense(n.size(), n.size(), nil), mat.NewVecDense(n.size(), nil)
				var total float64
				for i, row := range n.x {
					if intercept {
						row = append(append([]float64(nil), row...), 1)
					}
					v := mat.NewVecDense(len(row), row)
					a.RankOne(a, n.w[i], v, v)
					b.AddScaledVec(b, n.w[i]*n.y[i], v)
					total += n.w[i]
				}
				for j := range n.scale {
					a.Set(j, j, a.At(j, j)+alpha*total)
				}
				var want mat.VecDense
				if err := want.SolveVec(a, b); err != nil {
					t.Fatal(err)
				}
				m := fitted(t, "sgd-regressor", fmt.Sprintf(`{"alpha": %v, "fit_intercept": %t, "standardize": %t, `+whole+`}`, alpha, intercept, standard, 0.15,
					4000), learner.Env{}, d)
				if far := farthest(n.onData(want.RawVector().Data), m.Parameters()); far > 1e-6 {
					t.Errorf("parameters %v, off by %.2g from %v", m.Parameters(), far, n.onData(want.RawVector().Data))
				}
			})
		}
	}
}

// Long runs of the smooth losses reach what L-BFGS finds.
func TestReachesLBFGS(t *testing.T) {
	for _, tc := range []struct {
		loss    string
		classes int
		eta0    float64
	}{
		{"log_loss", 2, 1}, {"log_loss", 3, 1}, {"squared_hinge", 2, 0.1}, {"squared_hinge", 3, 0.1}, {"modified_huber", 2, 0.1}, {"modified_huber", 3, 0.1},
		{"huber", 0, 0.2}, {"squared_epsilon_insensitive", 0, 0.1},
	} {
		t.Run(fmt.Sprintf("%s, %d classes", tc.loss, tc.classes), func(t *testing.T) {
			d := data(80, tc.classes)
			n := newNaive(d, tc.loss, 0, 0.01, true, true)
			found, err := optimize.Minimize(optimize.Problem{
				Func: func(p []float64) float64 {
					v, _ := n.objective(p, 0, 80)
					return v
				},
				Grad: func(grad, p []float64) {
					_, g := n.objective(p, 0, 80)
					copy(grad, g)
				},
			}, make([]float64, n.size()), &optimize.Settings{GradientThreshold: 1e-8}, &optimize.LBFGS{})
			if err != nil {
				t.Fatal(err)
			}
			epsilon := ""
			if tc.classes == 0 {
				epsilon = `"epsilon": 0.5, `
			}
			m := fitted(t, learnerOf(d), fmt.Sprintf(`{"loss": %q, "alpha": 0.01, %s`+whole+`}`, tc.loss, epsilon, tc.eta0, 6000), learner.Env{}, d)
			want := n.onData(found.X)
			if far := farthest(want, m.Parameters()); far > 1e-6 {
				t.Errorf("parameters %v, off by %.2g from %v", m.Parameters(), far, want)
			}
		})
	}
}

// With l1 the minimum is where each coefficient's slope without l1 is -l1 times its sign,
// or, for a coefficient of 0, no steeper than l1; and some are exactly 0.
func TestReachesTheL1Optimum(t *testing.T) {
	for _, tc := range []struct {
		name, params string
		l1, l2       float64
		classes      int
	}{
		{"l1, squared error", `"penalty": "l1", "alpha": 0.3, `, 0.3, 0, 0},
		{"elasticnet, squared error", `"penalty": "elasticnet", "alpha": 0.4, "l1_ratio": 0.6, `, 0.24, 0.16, 0},
		{"l1, log loss", `"penalty": "l1", "alpha": 0.05, `, 0.05, 0, 2},
		{"elasticnet, softmax", `"penalty": "elasticnet", "alpha": 0.05, "l1_ratio": 0.8, `, 0.04, 0.01, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := data(80, tc.classes)
			loss, eta0 := "squared_error", 0.2
			if tc.classes > 0 {
				loss, eta0 = "log_loss", 1.0
			}
			m := fitted(t, learnerOf(d), fmt.Sprintf(`{"loss": %q, %s`+whole+`}`, loss, tc.params, eta0, 4000), learner.Env{}, d)
			n := newNaive(d, loss, tc.l1, tc.l2, true, true)
			p := m.Parameters() // back on the scale of the descent
			coefs := n.outputs() * len(n.scale)
			for k := range coefs {
				j := k % len(n.scale)
				p[coefs+k/len(n.scale)] += p[k] * n.mean[j]
				p[k] *= n.scale[j]
			}
			_, grad := n.objective(p, 0, 80)
			zeros := 0
			for k, g := range grad {
				switch {
				case k >= coefs:
					if math.Abs(g) > 1e-6 {
						t.Errorf("intercept %d: the slope is %v", k-coefs, g)
					}
				case p[k] == 0:
					zeros++
					if math.Abs(g) > tc.l1+1e-6 {
						t.Errorf("coefficient %d is 0, but the slope is %v", k, g)
					}
				case math.Abs(g+math.Copysign(tc.l1, p[k])) > 1e-6:
					t.Errorf("coefficient %d is %v, but the slope is %v", k, p[k], g)
				}
			}
			if zeros == 0 || zeros == coefs {
				t.Errorf("%d of %d coefficients are 0", zeros, coefs)
			}
		})
	}
}

// Two rows at -1 and 1: the minimum of alpha w^2/2 + max(0, 1-w) is at
// w = min(1, 1/alpha).
func TestReachesTheHingesKink(t *testing.T) {
	d := learner.Dataset{
		Schema: learner.Schema{Features: []string{"x"}, Classes: []learner.Label{"0", "1"}},
		X:      mat.NewDense(2, 1, []float64{-1, 1}), Y: []float64{0, 1},
	}
	for alpha, want := range map[float64]float64{0.5: 1, 1: 1, 2: 0.5, 4: 0.25} {
		t.Run(fmt.Sprint("alpha ", alpha), func(t *testing.T) {
			m := fitted(t, "sgd-classifier", fmt.Sprintf(`{"loss": "hinge", "alpha": %v, "learning_rate": "optimal", "tol": 0, "max_iter": 20000}`, alpha),
				learner.Env{}, d)
			if got := m.Parameters()[0]; math.Abs(got-want) > 1e-3 {
				t.Errorf("w is %v, want %v", got, want)
			}
		})
	}
}

// Shuffled mini-batches with a falling rate come close to the same minimum as
// all rows at once.
func TestMiniBatchesConverge(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		t.Run(fmt.Sprint(classes, " classes"), func(t *testing.T) {
			d := data(400, classes)
			name, eta0 := "squared_error", 0.2
			if classes > 0 {
				name, eta0 = "log_loss", 1.0
			}
			n := newNaive(d, name, 0, 0.05, true, true)
			value := func(params string) float64 {
				m := fitted(t, learnerOf(d), `{"alpha": 0.05, "standardize": false, `+params+`}`, learner.Env{Seed: 3}, learner.Dataset{
					Schema: d.Schema, X: dense(n.x), Y: d.Y, Weights: d.Weights,
				})
				v, _ := n.objective(m.Parameters(), 0, 400)
				return v
			}
			best := value(fmt.Sprintf(whole, 0.2, 3000))
			for _, size := range []int{1, 7, 32} {
				got := value(fmt.Sprintf(`"batch_size": %d, "learning_rate": "invscaling", "eta0": %v, "power_t": 0.6, "tol": 0, "max_iter": 300`, size, eta0))
				if got > best+2e-3*best || got < best-1e-9 {
					t.Errorf("batch_size %d: objective %v, the minimum is %v", size, got, best)
				}
			}
		})
	}
}

func dense(x [][]float64) *mat.Dense {
	m := mat.NewDense(len(x), len(x[0]), nil)
	for i, row := range x {
		m.SetRow(i, row)
	}
	return m
}
