package sgd_test

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gochimera/chimera/internal/testdata"
	"github.com/gochimera/chimera/learner"
	_ "github.com/gochimera/chimera/learner/linear"
	"github.com/gochimera/chimera/registry"
)

// objective is the mean log loss or half the mean squared error, plus alpha / 2 times the squared coefficients, straight from its definition.
func objective(d learner.Dataset, alpha float64, coef *mat.Dense, intercept []float64) float64 {
	value := alpha / 2 * math.Pow(mat.Norm(coef, 2), 2)
	for i := range d.Len() {
		scores := make([]float64, len(intercept))
		for o := range scores {
			scores[o] = floats.Dot(coef.RawRowView(o), d.X.RawRowView(i)) + intercept[o]
		}
		var loss float64
		switch {
		case d.Classes == nil:
			loss = (scores[0] - d.Y[i]) * (scores[0] - d.Y[i]) / 2
		case len(scores) == 1:
			loss = math.Log1p(math.Exp((1 - 2*d.Y[i]) * scores[0]))
		default:
			loss = floats.LogSumExp(scores) - scores[int(d.Y[i])]
		}
		value += loss / float64(d.Len())
	}
	return value
}

// At their defaults the descents come within 0.2 % of the minimum, which logistic-regression (by L-BFGS) and ridge (in closed form) have,
// or the fit says that they may not have; and where the objective curves enough, they do and say so. Features are standardised.
func TestDescentSaysHowFarItIs(t *testing.T) {
	settled := 0
	for _, set := range []string{"iris", "wine", "breast_cancer", "digits", "diabetes"} {
		for _, alpha := range []float64{1e-4, 1} {
			d, _ := testdata.Load(t, set)
			n, cols := d.X.Dims()
			for j := range cols {
				column := mat.Col(nil, j, d.X)
				mean, deviation := stat.PopMeanStdDev(column, nil)
				for i := range n {
					d.X.Set(i, j, (column[i]-mean)/max(deviation, 1e-12))
				}
			}
			fit := func(name, params string) (value float64, ended *learner.Convergence) {
				m, err := registry.New(name, []byte(params), learner.Env{Seed: 1, Procs: 1})
				if err != nil {
					t.Fatal(err)
				}
				if err := m.Fit(t.Context(), d); err != nil {
					t.Fatal(err)
				}
				if c, ok := m.(learner.Convergent); ok {
					ended = c.Convergence()
				}
				coef, intercept := m.(learner.Coefficienter).Coefficients()
				return objective(d, alpha, coef, intercept), ended
			}
			name := "sgd-classifier"
			var best float64
			if d.Classes == nil {
				name = "sgd-regressor"
				best, _ = fit("ridge", fmt.Sprintf(`{"alpha": %g}`, alpha*float64(n)))
			} else {
				best, _ = fit("logistic-regression", fmt.Sprintf(`{"C": %g, "tol": 1e-9, "max_iter": 10000}`, 1/(alpha*float64(n))))
			}
			params := []string{`{}`}
			if alpha == 1 {
				params = []string{`{"alpha": 1}`, `{"alpha": 1, "learning_rate": "adaptive", "eta0": 0.05, "tol": 1e-6}`}
			}
			for _, p := range params {
				value, ended := fit(name, p)
				excess := value/best - 1
				t.Logf("%s %s: %.4f %% above %.6g, %+v", set, p, 100*excess, best, *ended)
				if excess < -1e-6 || ended.Converged && excess > 0.002 {
					t.Errorf("%s %s: the objective is %.4f %% above %.6g, the descent says %+v", set, p, 100*excess, best, ended)
				}
				if ended.Converged {
					settled++
				}
			}
		}
	}
	if settled == 0 {
		t.Error("no descent says that it has come to the minimum")
	}
}
